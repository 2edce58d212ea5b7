"""Processes started, heard, and none left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client import KernelManager

from alexnet_lib.parallel import launch as launching
from alexnet_lib.parallel.launch import launch
from alexnet_lib.parallel.process_group import ProcessError

from . import work
from .helpers import wait_for

ROOT = Path(__file__).parents[2]


def test_results_come_by_rank_and_rank_0_is_heard(capsys):
    assert launch(work.ranks, 2, ("hello",), device="cpu") == [(0, "cpu"), (1, "cpu")]
    assert capsys.readouterr().out == "hello from 0\n"


def test_the_failing_ranks_own_error_is_raised():
    with pytest.raises(KeyError, match="rank 1 has lost something") as caught:
        launch(work.fail_at, 2, (1,), device="cpu")
    assert "in process 1 of 2" in str(caught.value.__cause__)
    assert "parallel/work.py" in str(caught.value.__cause__)


def test_a_killed_rank_is_named():
    with pytest.raises(ProcessError, match="process 1 of 2 was killed by signal 9"):
        launch(work.be_killed, 2, (1,), device="cpu")


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (("sys.exit", 0), "SystemExit: 0"),
        (("sys.exit", "enough"), "SystemExit: enough"),
        (("os._exit", 0), r"process 0 of 1 ended without a result \(exit status 0\)"),
        (("raise", KeyboardInterrupt), "KeyboardInterrupt: "),
        (("raise", work.Uncopied), "Uncopied: 1 and 2"),
        (("return", work.Uncopied), "cannot pickle|Can't pickle|not to be pickled"),
    ],
)
def test_whatever_ends_the_work_early_is_a_failure_of_that_process(how, told):
    """And never the end of this one, which `SystemExit` would be."""
    with pytest.raises((ProcessError, TypeError), match=told):
        launch(work.leave, 1, how, device="cpu")


class Notebook:
    """Stands for a class that a cell defines."""


def of_a_notebook(device):
    """Stands for a function that a cell defines."""


@pytest.fixture
def in_main(monkeypatch):
    """Both are found in `__main__`, and nothing may start."""
    monkeypatch.setattr(launching, "_start", None)
    for thing in (Notebook, of_a_notebook):
        monkeypatch.setattr(thing, "__module__", "__main__")
        monkeypatch.setattr(sys.modules["__main__"], thing.__name__, thing, False)


@pytest.mark.parametrize(
    ("function", "args", "told"),
    [
        (of_a_notebook, (), "^of_a_notebook: a new process cannot import it"),
        (work.ranks, (Notebook(),), "^Notebook: a new process cannot import it"),
        (work.ranks, ({"deep": [Notebook]},), "^Notebook: a new process cannot imp"),
        (lambda device: None, (), "<lambda>: a new process cannot import it"),
        (work.ranks, (lambda: 1,), "^ranks: a new process cannot import it, or be gi"),
        (work.ranks, (sys.stdout,), "^ranks: a new process cannot import it, or be"),
    ],
)
@pytest.mark.usefixtures("in_main")
def test_what_a_process_cannot_import_is_refused_before_any_starts(
    function, args, told
):
    with pytest.raises(ValueError, match=told):
        launch(function, 2, args, device="cpu")


@pytest.mark.parametrize("processes", [0, -1, -8])
def test_no_process_at_all_is_refused(processes):
    with pytest.raises(ValueError, match=f"^{processes} processes do nothing"):
        launch(work.ranks, processes, ("x",), device="cpu")


PROGRAM = """
import signal
from alexnet_lib.parallel import launch as launching
from alexnet_lib.parallel.launch import launch
from tests.parallel.work import sleep
if __name__ == "__main__":
    # a shell's background jobs ignore SIGINT
    signal.signal(signal.SIGINT, signal.default_int_handler)
    launch(sleep, 2, ({folder!r},), device="cpu")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_runs_on_after_an_interrupt_or_a_kill(tmp_path, how):
    """The interrupt goes to all, as a terminal's Ctrl-C does; one tells."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM.format(folder=str(tmp_path)))
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )

    def started():
        return [p.name for p in tmp_path.glob("[0-9]*")]

    wait_for(lambda: len(started()) == 2)
    pids = started()
    if how == signal.SIGINT:
        os.killpg(parent.pid, how)
    else:
        parent.send_signal(how)
    _, err = parent.communicate(timeout=60)
    wait_for(lambda: not any(Path("/proc", pid).exists() for pid in pids), 30)
    if how == signal.SIGINT:
        assert err.count("Traceback") == 1
        assert err.endswith("Interrupted: all processes have been ended\n")


def test_in_a_notebook_an_interrupt_is_one_line(tmp_path):
    kernel = KernelManager()
    kernel.start_kernel(cwd=str(ROOT), env=os.environ | {"PYTHONPATH": str(ROOT)})
    client = kernel.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=120)
        cell = PROGRAM.format(folder=str(tmp_path))
        client.execute(cell)
        wait_for(lambda: len(list(tmp_path.glob("[0-9]*"))) == 2)
        kernel.interrupt_kernel()
        content = client.get_shell_msg(timeout=60)["content"]
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    assert content["ename"] == "Interrupted"
    told = "KeyboardInterrupt: all processes have been ended"
    assert content["traceback"] == [told]
