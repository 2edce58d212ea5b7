"""Makes a plain `pytest --nbval notebooks` strict, offline and the same everywhere.

Cell tags: `nbval-ignore-output` for a cell whose output belongs to the machine.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from queue import Empty

import pytest

ROOT = Path(__file__).parent
CELL_SECONDS = 240.0


def notebook_environment(scratch: str) -> dict[str, str]:
    """What a kernel sees while notebooks are executed or tested: small and alone.

    The reader's own settings of IPython and matplotlib stay outside: with them a cell
    that is right may print something else.
    """
    settings = Path(scratch, "matplotlibrc")
    settings.touch()
    return {
        "IPYTHONDIR": f"{scratch}/ipython",
        "MATPLOTLIBRC": str(settings),
        "MPLBACKEND": "",
        "PYTHONSTARTUP": "",
        "PYTHONWARNINGS": "",
        "ALEXNET_SCALE": "smoke",
        "ALEXNET_RUNS": f"{scratch}/runs",
        "ALEXNET_DATA": f"{scratch}/data",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }


def pytest_configure(config):
    options = config.option
    if not getattr(options, "nbval", False):
        return
    scratch = tempfile.TemporaryDirectory(prefix="alexnet-notebooks-")
    config.add_cleanup(scratch.cleanup)
    os.environ.update(notebook_environment(scratch.name))
    options.nbval_current_env = True
    options.nbval_cell_timeout = CELL_SECONDS
    options.nbval_sanitize_with = str(ROOT / "tests" / "nbval_sanitize.cfg")
    _stop_when_the_kernel_dies()
    _compare_pictures()


def _compare_pictures():
    """nbval compares words alone: a stored picture has to be as it is drawn now."""
    from nbval.plugin import IPyNbCell

    from tests.stored_pictures import alike, images

    compare_words = IPyNbCell.compare_outputs

    def compare(self, test, ref, skip_compare=None):
        if not compare_words(self, test, ref, skip_compare):
            return False
        pairs = zip(images(ref), images(test), strict=True)
        if stale := [i for i, (a, b) in enumerate(pairs) if not alike(a, b)]:
            self.comparison_traceback.append(
                f"stored picture {stale} of the cell is not what it draws now; "
                "run tests/refresh.py on the notebook and look at it"
            )
        return not stale

    IPyNbCell.compare_outputs = compare


def _stop_when_the_kernel_dies():
    """nbval waits out the whole cell timeout for a dead kernel: look each second."""
    from nbval.kernel import RunningKernel

    def await_reply(self, msg_id, timeout=None):
        end = time.monotonic() + (timeout or CELL_SECONDS)
        while True:
            try:
                message = self.get_message("shell", timeout=1)
            except Empty:
                if not self.is_alive():
                    raise RuntimeError("the kernel died (out of memory?)") from None
                if time.monotonic() > end:
                    raise
                continue
            if message["parent_header"].get("msg_id") == msg_id:
                if message["content"]["status"] == "aborted":
                    raise RuntimeError("the kernel aborted the cell")
                return

    RunningKernel.await_reply = await_reply


def pytest_collection_modifyitems(items):
    """nbval passes a cell that was never run without comparing anything: refuse."""
    never_run = [
        item.nodeid
        for item in items
        if (cell := getattr(item, "cell", None)) is not None
        and cell.source.strip()
        and cell.execution_count is None
    ]
    if never_run:
        raise pytest.UsageError("cells without a stored run: " + ", ".join(never_run))
