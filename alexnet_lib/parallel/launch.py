"""Processes started from a program or a notebook cell, and none left behind.

`launch(function, processes)` runs an importable function in fresh processes that
form a torch process group. What process 0 prints appears here as it comes; the
first error of any process is raised here as itself; however the call ends, an
interrupt included, the processes end with it. `parallel.worker` is the other side.

`torch.multiprocessing.spawn` gives less: an error as text only and of whichever
process ended first, nothing printed in a cell, and processes waiting in gloo that
outlive a parent that was killed.
"""

from __future__ import annotations

import io
import math
import multiprocessing as mp
import os
import pickle
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from alexnet_lib.parallel.process_group import ProcessError, device_kind
from alexnet_lib.parallel.sharding import DeviceKind
from alexnet_lib.parallel.worker import Fault, Job, work

_GRACE = 5.0
_SETTLE = 0.2

_Started = tuple[BaseProcess, Connection]


class Interrupted(KeyboardInterrupt):
    """An interrupt that ended the processes; a notebook shows it in one line."""

    def _render_traceback_(self) -> list[str]:
        return [f"KeyboardInterrupt: {self}"]


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
    printed here. Raises the first error of any process, with its traceback as cause;
    `ProcessError` for one that was killed or left by `sys.exit`; `ValueError`, before
    anything starts, for a function or arguments that a new process cannot have.
    """
    if processes < 1:
        raise ValueError(f"{processes} processes do nothing; start at least 1")
    call = _packed(function, args)
    kind = device_kind(processes, device)
    started: list[_Started] = []
    with tempfile.TemporaryDirectory(prefix="alexnet-") as folder:
        store = os.path.join(folder, "store")
        try:
            for rank in range(processes):
                shown = show and rank == 0
                job = Job(call, rank, processes, store, kind, threads, shown)
                started.append(_start(job))
            return _follow(started)
        except KeyboardInterrupt:
            raise Interrupted("all processes have been ended") from None
        finally:
            _end([process for process, _ in started])


class _Importer(pickle.Unpickler):
    """Loads what a new process could load, which has no names of a notebook."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "__main__":
            raise ValueError(
                f"{name}: a new process cannot import it; define it at the top of a "
                "module, not in a notebook or in the program that is run"
            )
        return super().find_class(module, name)


def _packed(function: Callable[..., Any], args: Sequence[Any]) -> bytes:
    try:
        call = pickle.dumps((function, tuple(args)))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ValueError(
            f"{getattr(function, '__qualname__', function)}: a new process cannot "
            "import it, or be given its arguments; define it at the top of a module, "
            f"and let the arguments be plain values ({error})"
        ) from error
    _Importer(io.BytesIO(call)).load()
    return call


def _start(job: Job) -> _Started:
    context = mp.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(job, theirs), daemon=True)
    with _interrupts_held():
        process.start()
    theirs.close()
    return process, ours


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Start processes that no Ctrl-C reaches: a terminal sends it to all it runs."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _follow(started: Sequence[_Started]) -> list[Any]:
    """Print and collect until all have given a result, or shortly after a failure.

    The death of one process is soon an error in the others, which may be heard first.
    """
    results: dict[int, Any] = {}
    faults: list[Fault] = []
    silent: list[int] = []
    ends = {end: rank for rank, (_, end) in enumerate(started)}
    until = math.inf
    while ends and (left := until - time.monotonic()) > 0:
        for end in wait(list(ends), left if left < math.inf else None):
            assert isinstance(end, Connection)
            try:
                kind, content = end.recv()
            except (EOFError, ConnectionResetError):
                rank = ends.pop(end)
                silent += [] if rank in results else [rank]
                continue
            if kind == "result":
                results[ends[end]] = content
            elif kind == "fault":
                faults.append(content)
            else:
                _print(kind, content)
        if faults or silent:
            until = min(until, time.monotonic() + _SETTLE)
    if faults or silent:
        _raise_cause(faults, silent, [process for process, _ in started])
    return [results[rank] for rank in range(len(started))]


def _print(kind: str, text: str) -> None:
    stream = sys.stdout if kind == "out" else sys.stderr
    stream.write(text)
    stream.flush()


def _raise_cause(
    faults: Sequence[Fault], silent: Sequence[int], processes: Sequence[BaseProcess]
) -> None:
    """Raise what came first: a kill, else the earliest error told, else a silence."""
    of = f"of {len(processes)}"
    for rank in silent:
        processes[rank].join(_GRACE)  # it closed its end, and is about to be gone
    for rank, process in enumerate(processes):
        if process.exitcode is not None and process.exitcode < 0:
            raise ProcessError(
                f"process {rank} {of} was killed by signal {-process.exitcode}; "
                "if that is 9, was memory short?"
            )
    if not faults:
        status = processes[silent[0]].exitcode
        raise ProcessError(
            f"process {silent[0]} {of} ended without a result (exit status {status})"
        )
    first = min(faults, key=lambda fault: fault.when)
    where = ProcessError(f"in process {first.rank} {of}:\n{first.text}")
    raise pickle.loads(first.error) from where


def _end(processes: Sequence[BaseProcess]) -> None:
    """End what still runs, at first politely."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + _GRACE
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()
