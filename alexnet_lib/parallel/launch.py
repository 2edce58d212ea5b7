"""Processes started from a program or a notebook cell, and none left behind.

`launch(function, processes)` runs an importable function in fresh processes that
form a torch process group. What process 0 prints appears here as it comes; the
first error of any process is raised here as itself; however the call ends, an
interrupt included, the processes end with it.
"""

from __future__ import annotations

import io
import multiprocessing as mp
import os
import pickle
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

import torch

from alexnet_lib.parallel.process_group import (
    DeviceKind,
    ProcessError,
    device_kind,
    group,
)

_GRACE = 5.0


def launch(
    function: Callable[..., Any],
    processes: int = 2,
    args: Sequence[Any] = (),
    *,
    device: DeviceKind | None = None,
    threads: int = 1,
    show: bool = True,
) -> list[Any]:
    """Call `function(device, *args)` in each process; returns the results by rank.

    `device` None takes GPUs if there is one for each process, else the CPU. Each
    process computes with `threads` threads. With `show` what rank 0 prints is
    printed here. Raises the first error of any process, with its traceback as cause,
    and `ProcessError` for one that was killed; `ValueError` for a function that a new
    process could not import.
    """
    if function.__module__ == "__main__" or "<locals>" in function.__qualname__:
        raise ValueError(
            f"{function.__qualname__}: a new process cannot import it; define it at "
            "the top of a module, not in a notebook or inside another function"
        )
    kind = device_kind(processes, device)
    with tempfile.TemporaryDirectory(prefix="alexnet-") as folder:
        started: list[tuple[BaseProcess, Connection]] = []
        try:
            for rank in range(processes):
                job = _Job(
                    function, tuple(args), rank, processes, folder, kind, threads, show
                )
                started.append(_start(job))
            return _follow(started)
        finally:
            _end([process for process, _ in started])


class _Job:
    """What a process is told: plain values, as it starts from nothing."""

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        rank: int,
        processes: int,
        folder: str,
        kind: DeviceKind,
        threads: int,
        show: bool,
    ) -> None:
        self.function, self.args, self.rank = function, args, rank
        self.processes, self.folder, self.kind = processes, folder, kind
        self.threads, self.show = threads, show and rank == 0


def _start(job: _Job) -> tuple[BaseProcess, Connection]:
    context = mp.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(job, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _work(job: _Job, parent: Connection) -> None:
    """The whole life of a process."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout = _Speaker(parent, "out", job.show)
    sys.stderr = _Speaker(parent, "err", job.show)
    torch.set_num_threads(job.threads)
    with (
        _told(parent),
        group(
            job.kind,
            job.rank,
            init_method=f"file://{job.folder}/store",
            rank=job.rank,
            world_size=job.processes,
        ) as device,
        _told(parent),  # again: before the group ends, which fails the others
    ):
        parent.send(("result", job.function(device, *job.args)))


@contextmanager
def _told(parent: Connection) -> Iterator[None]:
    """What fails in it is the parent's to raise, and the end of this process."""
    try:
        yield
    except BaseException as error:
        parent.send(("error", _packed(error, traceback.format_exc())))
        os._exit(1)


def _end_with_parent() -> None:
    """Even a parent that is killed outright leaves no process behind."""
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


def _packed(error: BaseException, text: str) -> tuple[float, bytes, str]:
    """When, what and where; an error that cannot be pickled becomes its text."""
    try:
        content = pickle.dumps(error)
        pickle.loads(content)
    except Exception:
        content = pickle.dumps(ProcessError(f"{type(error).__name__}: {error}"))
    return time.time(), content, text


def _follow(started: list[tuple[BaseProcess, Connection]]) -> list[Any]:
    """Print and collect until all have given a result or one has failed."""
    results: dict[int, Any] = {}
    errors: list[tuple[float, int, bytes, str]] = []
    open_ends = {end: rank for rank, (_, end) in enumerate(started)}
    while open_ends and not errors:
        for end in wait(list(open_ends)):
            assert isinstance(end, Connection)
            rank = open_ends[end]
            try:
                kind, content = end.recv()
            except (EOFError, ConnectionResetError):
                del open_ends[end]
                if rank not in results:
                    errors.append((time.time(), rank, b"", ""))
                continue
            if kind == "result":
                results[rank] = content
            elif kind == "error":
                errors.append((content[0], rank, *content[1:]))
            else:
                _print(kind, content)
    if errors:
        _raise_first(errors, started)
    return [results[rank] for rank in range(len(started))]


def _print(kind: str, text: str) -> None:
    stream = sys.stdout if kind == "out" else sys.stderr
    stream.write(text)
    stream.flush()


def _raise_first(
    errors: list[tuple[float, int, bytes, str]],
    started: list[tuple[BaseProcess, Connection]],
) -> None:
    """Raise the cause: the death of one process is soon an error in the others."""
    time.sleep(0.2)
    for rank, (_, end) in enumerate(started):
        while not end.closed and end.poll():
            try:
                kind, content = end.recv()
            except (EOFError, ConnectionResetError):
                break
            if kind == "error":
                errors.append((content[0], rank, *content[1:]))
    for rank, (process, _) in enumerate(started):
        if process.exitcode is not None and process.exitcode < 0:
            raise ProcessError(
                f"process {rank} of {len(started)} was killed by signal "
                f"{-process.exitcode}; if that is 9, was memory short?"
            )
    told = [e for e in errors if e[2]]
    if not told:
        rank = errors[0][1]
        raise ProcessError(
            f"process {rank} of {len(started)} ended without a result "
            f"(exit status {started[rank][0].exitcode})"
        )
    _, rank, content, text = min(told)
    where = ProcessError(f"in process {rank} of {len(started)}:\n{text}")
    raise pickle.loads(content) from where


def _end(processes: list[BaseProcess]) -> None:
    """End what still runs, at first politely."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + _GRACE
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()
