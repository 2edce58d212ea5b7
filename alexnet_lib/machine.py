"""The ground a run stands on: device, memory allocation, versions, commit."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import psutil
import torch

from alexnet_lib import settings
from alexnet_lib.config import Precision

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEEP = 2**31 - 1


def device() -> torch.device:
    """The first GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@lru_cache(maxsize=1)
def prepare_process() -> None:
    """Settings that make training on a CPU faster; once a process.

    glibc hands every large tensor back to the system and takes it anew each
    step, so that a good third of a step goes into clearing fresh pages: told to
    keep its memory, it does not. Denormal numbers are flushed to zero.
    """
    torch.set_flush_denormal(True)
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _KEEP)
        mallopt(_M_TRIM_THRESHOLD, _KEEP)


@lru_cache(maxsize=1)
def leave_busy_cores() -> str:
    """Take no more threads than there are idle cores; returns a line if it took fewer.

    Once a process, and not where `OMP_NUM_THREADS` is set. Threads wait for one
    another in every operation: beside two busy programs on two cores, two of them
    take ten times as long as one.
    """
    cores = torch.get_num_threads()
    if cores == 1 or "OMP_NUM_THREADS" in os.environ:
        return ""
    idle = 1 - psutil.cpu_percent(interval=0.2) / 100
    threads = min(cores, max(1, round(idle * settings.cores())))
    torch.set_num_threads(threads)
    if threads == cores:
        return ""
    return f"threads  {threads} of {cores}, as others keep this machine busy"


def use_threads(count: int) -> None:
    """Compute with `count` threads from here on, unless `OMP_NUM_THREADS` says it."""
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(count)


def loader_threads(device: torch.device) -> int:
    """Number of threads that make batches ahead of the steps on `device`.

    One where the steps take the cores themselves; up to eight beside a GPU, which
    takes as many images as several cores give.
    """
    if device.type == "cpu":
        return 1
    return max(1, min(8, settings.cores() // torch.cuda.device_count()))


def environment(device: torch.device, precision: Precision) -> dict[str, Any]:
    """The `environment` part of a record."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else device.type,
        "cpu": _cpu_name(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "precision": precision,
    }


def _cpu_name() -> str:
    if sys.platform == "linux":
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


@lru_cache(maxsize=1)
def code() -> dict[str, Any]:
    """The `code` part of a record: commit, whether files differ from it, command.

    Outside its own git checkout the commit is None and `dirty` true: an installed
    copy may lie in another project's. Results are left out of the comparison, for a
    run adds to them.
    """
    program = Path(sys.argv[0])
    own = program.resolve() == Path(__file__).with_name("__main__.py").resolve()
    command = " ".join(["alexnet" if own else program.name, *sys.argv[1:]])
    if why_no_commit():
        return {"commit": None, "dirty": True, "command": command}
    commit = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--", ".", ":(exclude)results")
    return {"commit": commit, "dirty": bool(changes), "command": command}


@lru_cache(maxsize=1)
def why_no_commit() -> str:
    """Why this code has no commit, in a few words; empty if it has one."""
    try:
        if Path(_git("rev-parse", "--show-toplevel")).resolve() != settings.PROJECT:
            return "not in a git checkout of its own"
        _git("rev-parse", "--verify", "HEAD")
    except OSError:
        return "git is not installed"
    except subprocess.CalledProcessError as error:
        return (error.stderr.splitlines() or ["git fails"])[0].removeprefix("fatal: ")
    return ""


def version() -> str:
    """The commit of this code, or that files differ from it, or why there is none."""
    about = code()
    if about["commit"] is None:
        return f"no commit ({why_no_commit()})"
    return f"{about['commit']} with changes" if about["dirty"] else about["commit"]


def _git(*words: str) -> str:
    # A hook of another repository names that one in these.
    others = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}
    done = subprocess.run(
        ["git", "-C", str(settings.PROJECT), *words],
        env={name: word for name, word in os.environ.items() if name not in others},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=True,
    )
    return done.stdout.strip()


def peak_bytes() -> int:
    """The most memory that this process has had resident so far."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # KiB on Linux


def summary() -> list[str]:
    """Lines that say what this machine offers: versions, device, threads, memory."""
    busy = leave_busy_cores()
    about = environment(device(), "float32")
    threads = f"{about['threads']} thread{'s' if about['threads'] > 1 else ''}"
    memory = psutil.virtual_memory().total / 2**30
    return [
        f"python   {about['python']}, torch {about['torch']}",
        f"device   {about['device']}, {threads}, {about['cpu']}",
        f"memory   {memory:.0f} GiB",
        *([busy] if busy else []),
    ]
