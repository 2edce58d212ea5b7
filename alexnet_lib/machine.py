"""What a run stands on: device, memory allocation, versions, commit."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
from functools import lru_cache
from typing import Any

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
        with open("/proc/cpuinfo") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


@lru_cache(maxsize=1)
def code() -> dict[str, Any]:
    """The `code` part of a record: commit, whether files differ from it, command.

    Outside a git checkout the commit is None and `dirty` true. Results are left
    out of the comparison, for a run adds to them.
    """
    commit = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--", ".", ":(exclude)results")
    command = " ".join([os.path.basename(sys.argv[0]), *sys.argv[1:]])
    return {"commit": commit, "dirty": bool(changes or not commit), "command": command}


def version() -> str:
    """The commit of this code, or that files differ from it, or that there is none."""
    about = code()
    commit = about["commit"] or "no commit"
    return f"{commit} with changes" if about["dirty"] else commit


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(settings.PROJECT), *words],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def summary() -> list[str]:
    """Lines that say what this machine offers: versions, device, memory."""
    where = device()
    about = environment(where, "float32")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return [
        f"python   {about['python']}, torch {about['torch']}",
        f"device   {about['device']}, {about['threads']} threads, {about['cpu']}",
        f"memory   {memory:.0f} GiB",
    ]
