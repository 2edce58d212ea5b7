"""One of the processes that `launch` starts: its whole life."""

from __future__ import annotations

import io
import multiprocessing as mp
import os
import pickle
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

import torch
import torch.distributed as dist

from alexnet_lib.parallel.process_group import ProcessError, group
from alexnet_lib.parallel.sharding import DeviceKind


@dataclass(frozen=True)
class Job:
    """The task of a process: plain values, as it starts from nothing.

    `call` is the pickled function and its arguments, `store` a file where the
    processes find each other.
    """

    call: bytes
    rank: int
    processes: int
    store: str
    kind: DeviceKind
    threads: int
    show: bool


@dataclass(frozen=True)
class Fault:
    """An error of process `rank`, pickled, with its traceback and time."""

    rank: int
    when: float
    error: bytes
    text: str


def work(job: Job, parent: Connection) -> None:
    """Call the function in a process group; send the parent its result, or the fault.

    Also sends what is printed, if the job says so.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout = _Speaker(parent, "out", job.show)
    sys.stderr = _Speaker(parent, "err", job.show)
    torch.set_num_threads(job.threads)
    with _faults_told(job.rank, parent):
        function, args = pickle.loads(job.call)
        store = dist.FileStore(job.store, job.processes)
        with (
            group(job.kind, job.rank, store, job.rank, job.processes) as device,
            _faults_told(job.rank, parent),  # before the group's end fails the others
        ):
            parent.send(("result", function(device, *args)))


@contextmanager
def _faults_told(rank: int, parent: Connection) -> Iterator[None]:
    """Send an exception to the parent and exit."""
    try:
        yield
    except BaseException as error:
        fault = Fault(rank, time.time(), _packed(error), traceback.format_exc())
        parent.send(("fault", fault))
        os._exit(1)


def _packed(error: BaseException) -> bytes:
    """Pickle the error; one that would end the parent, or has no copy, as its text."""
    try:
        content = pickle.dumps(error)
        if isinstance(pickle.loads(content), Exception):
            return content
    except Exception as fault:  # whatever its class makes of being copied
        error.add_note(f"not to be copied: {fault}")
    return pickle.dumps(ProcessError(f"{type(error).__name__}: {error}"))


def _end_with_parent() -> None:
    """Exit once the parent has gone, however it was ended."""
    parent = mp.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


class _Speaker(io.TextIOBase):
    """A stream whose text goes to the parent process, or nowhere."""

    def __init__(self, parent: Connection, name: str, show: bool) -> None:
        self.parent, self.name, self.show = parent, name, show

    def write(self, text: str) -> int:
        if self.show:
            self.parent.send((self.name, text))
        return len(text)
