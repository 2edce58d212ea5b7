"""What several test files need: one quick record and quiet, private folders."""

import dataclasses
import os
import signal
import sys
from contextlib import contextmanager

import pytest

from alexnet_lib import machine
from alexnet_lib.experiments.figure1 import FIGURE1
from alexnet_lib.runs.run import Options, Run

QUIET = Options(show=False)


POSIX = pytest.mark.skipif(
    sys.platform == "win32", reason="wants rights and errors as POSIX has them"
)


@pytest.fixture(autouse=True)
def private_folders(tmp_path, monkeypatch):
    """No test reads the machine's data or writes into the checkout."""
    monkeypatch.setenv("ALEXNET_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("ALEXNET_RUNS", str(tmp_path / "runs"))
    monkeypatch.delenv("ALEXNET_SCALE", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # however busy the machine is


@pytest.fixture
def own_results(tmp_path, monkeypatch):
    """An empty `results/` of its own."""
    monkeypatch.setenv("ALEXNET_RESULTS", str(tmp_path / "results"))
    return tmp_path / "results"


@contextmanager
def ordinary_user():
    """Root reads every file: be nobody for a while."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@contextmanager
def limited(name, value):
    """Have the system refuse what is beyond a limit of this process."""
    resource = pytest.importorskip("resource")
    which = getattr(resource, name)
    limits = resource.getrlimit(which)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(which, (value, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(which, limits)
        signal.signal(signal.SIGXFSZ, before)


def quick(experiment=FIGURE1, epochs=1):
    """The experiment with all its runs cut to an epoch, so that one takes a second."""

    def arms(scale):
        return {
            name: config.with_training(epochs=epochs)
            for name, config in experiment.arms(scale).items()
        }

    return dataclasses.replace(experiment, arms=arms)


@pytest.fixture(scope="session")
def record(tmp_path_factory):
    """A record of one epoch on synthetic images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALEXNET_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.setattr(
            machine, "code", lambda: {"commit": "c", "dirty": False, "command": "x"}
        )
        return Run(quick(), "2012-relu", 1, "smoke").record(QUIET)


@pytest.fixture
def assert_told(capsys):
    """Asserts that an exercise's check says `words` of a wrong attempt."""

    def told(exercise, attempt, words):
        exercise(attempt)
        out = capsys.readouterr().out
        assert "not yet" in out
        assert words in out

    return told
