"""The one place that reads the environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

Scale = Literal["smoke", "laptop", "paper"]
SCALES: tuple[Scale, ...] = ("smoke", "laptop", "paper")

PROJECT = Path(__file__).resolve().parent.parent


def data_root() -> Path:
    """Folder that holds the data sets: `$ALEXNET_DATA`, else the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("ALEXNET_DATA") or cache / "alexnet").expanduser()


def results_root() -> Path:
    """Folder of the published runs: `$ALEXNET_RESULTS`, else `results/` here."""
    return Path(os.environ.get("ALEXNET_RESULTS") or PROJECT / "results").expanduser()


def runs_root() -> Path:
    """Folder for the reader's own runs: `$ALEXNET_RUNS`, else `runs/` here."""
    return Path(os.environ.get("ALEXNET_RUNS") or PROJECT / "runs").expanduser()


def scale(asked: str | None = None, default: Scale = "smoke") -> Scale:
    """The scale asked for, else `$ALEXNET_SCALE`, else `default`.

    Raises `ValueError` for a word that names no scale.
    """
    word = asked or os.environ.get("ALEXNET_SCALE") or default
    if word not in SCALES:
        raise ValueError(f"unknown scale {word!r}: choose one of {', '.join(SCALES)}")
    return word


def compiler() -> str:
    """The C++ compiler that `torch.compile` looks for: `$CXX`, else the usual one."""
    return os.environ.get("CXX") or ("clang++" if sys.platform == "darwin" else "g++")
