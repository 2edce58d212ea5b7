"""Whose commit a record names, and what this machine is said to be."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from alexnet_lib import machine, settings


def git(folder, *words):
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    command = ["git", "-C", str(folder), *who, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A git repository with a commit, and the library said to be its checkout."""
    where = tmp_path / "repository"
    where.mkdir()
    git(where, "init", "-q")
    (where / "file.py").write_text("x = 1\n", encoding="utf-8")
    git(where, "add", "file.py")
    git(where, "commit", "-qm", "first")
    live_in(where, monkeypatch)
    yield where
    forget()


def live_in(folder, monkeypatch):
    forget()
    monkeypatch.setattr(settings, "PROJECT", folder.resolve())


def forget():
    machine.code.cache_clear()
    machine.why_no_commit.cache_clear()


def test_a_clean_checkout_gives_its_commit(repository):
    head = git(repository, "rev-parse", "HEAD")
    assert machine.code()["commit"] == machine.version() == head
    assert not machine.code()["dirty"]


@pytest.mark.parametrize("change", ["file.py", "new.py"])
def test_a_changed_or_new_file_is_said(repository, change):
    (repository / change).write_text("x = 2\n", encoding="utf-8")
    assert machine.code()["dirty"]
    assert machine.version().endswith(" with changes")


def test_results_may_be_added_to(repository):
    (repository / "results").mkdir()
    (repository / "results" / "run.json").write_text("{}", encoding="utf-8")
    assert not machine.code()["dirty"]


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("/usr/bin/alexnet", "alexnet"),
        (str(Path(machine.__file__).with_name("__main__.py")), "alexnet"),
        ("/elsewhere/__main__.py", "__main__.py"),
    ],
)
def test_the_command_is_named_as_a_reader_would_type_it(
    repository, monkeypatch, program, name
):
    monkeypatch.setattr(sys, "argv", [program, "run", "figure1"])
    assert machine.code()["command"] == f"{name} run figure1"


@pytest.mark.parametrize("inside", [".venv/lib/site-packages", "vendored"])
def test_another_projects_commit_is_not_ours(repository, monkeypatch, inside):
    (repository / ".gitignore").write_text(".venv\n", encoding="utf-8")
    (repository / inside).mkdir(parents=True)
    live_in(repository / inside, monkeypatch)
    assert machine.code()["commit"] is None
    assert machine.code()["dirty"]
    assert machine.version() == "no commit (not in a git checkout of its own)"


def test_a_hook_of_another_repository_does_not_lend_its_commit(
    repository, tmp_path, monkeypatch
):
    ours = git(repository, "rev-parse", "HEAD")
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(repository), str(other))
    git(other, "commit", "-q", "--allow-empty", "-m", "second")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert machine.code()["commit"] == ours


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1", "detected dubious ownership"),
        ("PATH", "", "git is not installed"),
    ],
)
def test_why_there_is_no_commit_is_said(
    repository, monkeypatch, variable, value, reason
):
    monkeypatch.setenv(variable, value)
    assert machine.code()["commit"] is None
    assert machine.version().startswith(f"no commit ({reason}")
    assert "\n" not in machine.version()


def test_no_repository_at_all(tmp_path, monkeypatch):
    live_in(tmp_path, monkeypatch)
    assert machine.version().startswith("no commit (not a git repository")
    forget()


def test_peak_memory_is_in_bytes_and_grows_with_what_is_held():
    before = machine.peak_bytes()
    held = torch.ones(before // 2, dtype=torch.uint8)
    assert machine.peak_bytes() > 1.2 * before
    del held
    assert machine.peak_bytes() > 1.2 * before


@pytest.mark.parametrize(
    ("busy_percent", "asked", "threads"),
    [(0, None, 4), (10, None, 4), (50, None, 2), (100, None, 1), (100, "4", 4)],
)
def test_threads_are_as_many_as_idle_cores(busy_percent, asked, threads, monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if asked:
        monkeypatch.setenv("OMP_NUM_THREADS", asked)
    monkeypatch.setattr(settings, "cores", lambda: 4)
    monkeypatch.setattr(machine.psutil, "cpu_percent", lambda interval: busy_percent)
    torch.set_num_threads(4)
    machine.leave_busy_cores.cache_clear()
    try:
        said = machine.leave_busy_cores()
        assert torch.get_num_threads() == threads
        assert bool(said) == (threads < 4)
        assert f"{threads} of 4" in said or not said
    finally:
        machine.leave_busy_cores.cache_clear()
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("kind", "cores", "gpus", "threads"),
    [("cpu", 16, 1, 1), ("cuda", 16, 1, 8), ("cuda", 16, 8, 2), ("cuda", 2, 4, 1)],
)
def test_loaders_share_the_cores_beside_gpus(kind, cores, gpus, threads, monkeypatch):
    monkeypatch.setattr(settings, "cores", lambda: cores)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert machine.loader_threads(torch.device(kind)) == threads
