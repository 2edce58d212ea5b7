"""Checkpoints that a kill cannot tear and another run cannot pick up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from alexnet_lib.files import reading, written_whole

FORMAT = 2


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be used; the message names it and the mend."""


def save(path: Path, state: dict[str, Any]) -> None:
    """Write `state` to `path`, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as stream:
        torch.save({"format": FORMAT} | state, stream)


def load(path: Path, run: str) -> dict[str, Any] | None:
    """The state saved at `path` by the same `run`; None if there is none.

    Tensors come on the CPU, wherever they were saved from: a machine without GPUs
    can go on with them, and of many processes none fills the first GPU. Nothing but
    tensors and plain values is unpickled. Raises `CheckpointError` for a damaged
    file, or one of another run or of another format, and `OSError` for a file that
    the system does not let be read.
    """
    with reading(path, CheckpointError, "delete it to start this run again"):
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            return None
        with stream:
            state = torch.load(stream, map_location="cpu", weights_only=True)
        written, of = state.pop("format", None), state.get("run")
    if written != FORMAT:
        raise CheckpointError(
            f"{path}: written by another version of this library, in a format that "
            "this one does not read; delete it to start this run again"
        )
    if of != run:
        raise CheckpointError(
            f"{path}: made by another network, data set, schedule or seed; "
            "delete it, or keep it and choose another folder with ALEXNET_RUNS"
        )
    return state
