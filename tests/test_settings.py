"""Where things are, with and without a checkout, a home, and several processors."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from alexnet_lib import settings

ROOTS = {
    "ALEXNET_DATA": settings.data_root,
    "ALEXNET_RUNS": settings.runs_root,
    "ALEXNET_RESULTS": settings.results_root,
}


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """As if the library were installed under `tmp_path`, by a user with a home."""
    for variable in (*ROOTS, "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(settings, "PROJECT", tmp_path / "site-packages")
    monkeypatch.setattr(settings, "PACKAGE", tmp_path / "site-packages/alexnet_lib")
    return tmp_path


@pytest.mark.parametrize("variable", ROOTS)
def test_each_folder_is_where_its_variable_says(variable, tmp_path, monkeypatch):
    monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    assert ROOTS[variable]() == tmp_path / "elsewhere"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(variable, "~/mine")
    assert ROOTS[variable]() == tmp_path / "mine"


@pytest.mark.parametrize("variable", ROOTS)
@pytest.mark.parametrize("word", ["~nobody-of-this-name", "~nobody-of-this-name/runs"])
def test_a_home_that_is_not_found_is_told_with_its_variable(
    variable, word, monkeypatch
):
    monkeypatch.setenv(variable, word)
    with pytest.raises(RuntimeError, match=f"{variable} is {word}, and no such home"):
        ROOTS[variable]()


def test_a_checkout_holds_results_and_runs(monkeypatch):
    for variable in ROOTS:
        monkeypatch.delenv(variable, raising=False)
    project = Path(__file__).parents[1]
    assert settings.results_root() == project / "results"
    assert settings.runs_root() == project / "runs"


def test_installed_it_writes_into_the_users_folders_and_reads_what_was_shipped(
    installed,
):
    assert settings.data_root() == installed / "home/.cache/alexnet"
    assert settings.runs_root() == installed / "home/.local/share/alexnet/runs"
    assert settings.results_root() == installed / "site-packages/alexnet_lib/results"


def test_the_users_folders_are_the_desktops(installed, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(installed / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(installed / "share"))
    assert settings.data_root() == installed / "cache/alexnet"
    assert settings.runs_root() == installed / "share/alexnet/runs"


def test_no_home_matters_only_where_it_is_needed(installed, monkeypatch):
    monkeypatch.setenv("HOME", "~")  # what pathlib gives up on
    with pytest.raises(RuntimeError, match="set HOME or ALEXNET_DATA"):
        settings.data_root()
    with pytest.raises(RuntimeError, match="set HOME or ALEXNET_RUNS"):
        settings.runs_root()
    for variable in ROOTS:
        monkeypatch.setenv(variable, str(installed))
    assert [root() for root in ROOTS.values()] == [installed] * 3


@pytest.mark.skipif(sys.platform != "linux", reason="binds a process to a processor")
def test_a_process_bound_to_one_processor_has_one():
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert settings.cores() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert settings.cores() == len(before)


@pytest.mark.parametrize("word", ["huge", "Laptop", "laptop "])
def test_a_scale_that_there_is_not_is_refused(word, monkeypatch):
    monkeypatch.setenv("ALEXNET_SCALE", word)
    with pytest.raises(ValueError, match="choose one of smoke, laptop, paper"):
        settings.scale()


def test_a_checkout_without_its_results_is_none(tmp_path, monkeypatch):
    shutil.copy(settings.PROJECT / "pyproject.toml", tmp_path)
    monkeypatch.setattr(settings, "PROJECT", tmp_path)
    assert not settings.in_checkout()
    (tmp_path / "results").mkdir()
    assert settings.in_checkout()
