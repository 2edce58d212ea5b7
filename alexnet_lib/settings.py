"""The one place that reads the environment, and knows where results, runs, data lie."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Literal

Scale = Literal["smoke", "laptop", "paper"]
SCALES: tuple[Scale, ...] = ("smoke", "laptop", "paper")

CHECKPOINT_SECONDS = 30.0
"""At most once in so long a run is saved within an epoch."""

PACKAGE = Path(__file__).resolve().parent
PROJECT = PACKAGE.parent
"""The checkout, if there is one: see `in_checkout`."""


def in_checkout() -> bool:
    """Whether this library is used from its checkout, and not as an installed copy."""
    return (PROJECT / "pyproject.toml").is_file() and (PROJECT / "results").is_dir()


def data_root() -> Path:
    """Folder that holds the data sets: `$ALEXNET_DATA`, else the user's cache."""
    return _folder("ALEXNET_DATA") or _users("XDG_CACHE_HOME", ".cache", "ALEXNET_DATA")


def runs_root() -> Path:
    """Folder for the reader's own runs: `$ALEXNET_RUNS`, else `runs/` in the checkout.

    Without a checkout it is in the user's folder for data of programs.
    """
    if asked := _folder("ALEXNET_RUNS"):
        return asked
    if in_checkout():
        return PROJECT / "runs"
    return _users("XDG_DATA_HOME", ".local/share", "ALEXNET_RUNS") / "runs"


def results_root() -> Path:
    """Folder of the published runs: `$ALEXNET_RESULTS`, else `results/` as shipped.

    That is the checkout's, or the one inside the installed package.
    """
    shipped = PROJECT / "results" if in_checkout() else PACKAGE / "results"
    return _folder("ALEXNET_RESULTS") or shipped


def why_no_results() -> str:
    """Say in a line that the published runs are missing; empty if they are there."""
    root = results_root()
    if any(root.glob("*/*.json")):
        return ""
    return f"no published runs in {root}; set ALEXNET_RESULTS to a checkout's results/"


def _folder(variable: str) -> Path | None:
    """The folder that an environment variable names, if it is set.

    `RuntimeError` for the home of a user that is not found.
    """
    word = os.environ.get(variable)
    try:
        return Path(word).expanduser() if word else None
    except RuntimeError:
        raise RuntimeError(
            f"{variable} is {word}, and no such home folder is found; name it in full"
        ) from None


def _users(xdg: str, usual: str, variable: str) -> Path:
    """This project's folder among the user's own; `RuntimeError` if there is no home.

    In `$xdg` if it is set, else in the home folder's `usual`.
    """
    try:
        return (_folder(xdg) or Path.home() / usual) / "alexnet"
    except RuntimeError:
        raise RuntimeError(f"no home folder is found; set HOME or {variable}") from None


def scale(asked: str | None = None, default: Scale = "smoke") -> Scale:
    """The scale asked for, else `$ALEXNET_SCALE`, else `default`.

    Raises `ValueError` for a word that names no scale.
    """
    word = asked or os.environ.get("ALEXNET_SCALE") or default
    if word not in SCALES:
        raise ValueError(f"unknown scale {word!r}: choose one of {', '.join(SCALES)}")
    return word


def cores() -> int:
    """Number of processors this process may use: `taskset` and the like count."""
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def compiler() -> list[str]:
    """The C++ compiler's command: the words of `$CXX`, else the usual one."""
    usual = "clang++" if sys.platform == "darwin" else "g++"
    said = os.environ.get("CXX") or usual
    try:
        return shlex.split(said)
    except ValueError:  # a quote that is not closed: no command, as running it tells
        return [said]
