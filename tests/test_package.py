"""The library installed as a copy, away from its checkout."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from alexnet_lib.settings import PROJECT

SOURCES = (
    "alexnet_lib",
    "results",
    "pyproject.toml",
    "setup.py",
    "README.md",
    "LICENSE",
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder into which pip has installed a copy."""
    source, target = (tmp_path_factory.mktemp(name) for name in ("source", "target"))
    for name in SOURCES:
        copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        copy(PROJECT / name, source / name)
    offline = ["--no-deps", "--no-build-isolation", "--no-index"]
    command = [sys.executable, "-m", "pip", "install", "-q", *offline]
    command += ["--disable-pip-version-check", "--target", target, source]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def alexnet(home, place, *words, **variables):
    """Run the command from `place` as a user whose home is `home`."""
    names = {k: v for k, v in os.environ.items() if not k.startswith("ALEXNET_")}
    names |= {"HOME": str(home), "PYTHONPATH": str(place)}
    return subprocess.run(
        [sys.executable, "-m", "alexnet_lib", *words],
        cwd=home,
        env=names | variables,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_an_installed_copy_has_the_published_runs(installed, tmp_path):
    ours = alexnet(tmp_path, PROJECT, "report", "--json")
    theirs = alexnet(tmp_path, installed, "report", "--json")
    assert theirs.returncode == 0
    assert not theirs.stderr
    assert json.loads(theirs.stdout) == json.loads(ours.stdout)
    assert any(row["published"] for row in json.loads(theirs.stdout)["ledger"])


def test_without_its_published_runs_it_says_so(installed, tmp_path):
    done = alexnet(tmp_path, installed, "report", ALEXNET_RESULTS=str(tmp_path))
    assert done.returncode == 0
    assert done.stderr == (
        f"alexnet: no published runs in {tmp_path}; set ALEXNET_RESULTS to a "
        "checkout's results/\n"
    )
    done = alexnet(
        tmp_path, installed, "figure", "1", "--published", ALEXNET_RESULTS="nowhere"
    )
    assert done.returncode == 1
    assert done.stderr.startswith("alexnet: no published runs in nowhere; set ALEXNET")


def test_it_writes_into_the_users_folder_and_not_where_it_is_installed(
    installed, tmp_path
):
    before = sorted(installed.rglob("*"))
    done = alexnet(tmp_path, installed, "figure", "1", "--published")
    assert done.returncode == 0, done.stderr
    figure = tmp_path / ".local/share/alexnet/runs/published/figure1.png"
    assert done.stdout == f"{figure}\n"
    assert figure.is_file()
    written = set(installed.rglob("*")) - set(before)
    assert all("__pycache__" in path.parts for path in written)


def test_every_file_of_the_library_is_installed(installed):
    """Not its modules alone: C++ is compiled from its source where it is used."""
    library = PROJECT / "alexnet_lib"
    files = {path.relative_to(library) for path in library.rglob("*.*")}
    wanted = {p for p in files if "__pycache__" not in p.parts}
    found = {
        path.relative_to(installed / "alexnet_lib")
        for path in (installed / "alexnet_lib").rglob("*.*")
    }
    assert wanted <= found
    assert {path.suffix for path in wanted} > {".py"}
