"""One function over many tasks in several processes, none of which outlives this."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import TypeVar

import torch

from alexnet_lib.data.errors import DataError
from alexnet_lib.machine import prepare_process

Task = TypeVar("Task")
Result = TypeVar("Result")


def run_all(
    function: Callable[[Task], Result], tasks: Sequence[Task], workers: int
) -> Generator[Result, None, None]:
    """Yield `function(task)` as each is done, in no fixed order.

    One worker means this process. The first error ends it, after the tasks that
    are under way. Raises `DataError` if a worker dies.
    """
    if min(workers, len(tasks)) <= 1:
        yield from map(function, tasks)
        return
    pool = ProcessPoolExecutor(
        min(workers, len(tasks)), _context(function.__module__), _start_worker
    )
    try:
        for future in as_completed([pool.submit(function, task) for task in tasks]):
            yield future.result()
    except BrokenProcessPool:
        raise DataError(
            "a worker process died: for want of memory, if not because a script calls "
            "this outside `if __name__ == '__main__'`; mend that, or take fewer "
            "workers, and run the same command again, it goes on where it stopped"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _context(module: str) -> multiprocessing.context.BaseContext:
    """Workers that start clean, not as copies of a process with threads."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([module])
    return context


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    prepare_process()
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    """End with the parent: one killed by SIGKILL cannot tell its workers to stop."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
