"""Checkpoints that a kill cannot tear and another run cannot pick up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import torch

from alexnet_lib.files import locked, reading, written_whole
from alexnet_lib.training.team import Team

FORMAT = 2
MEND = "delete it to start this run again"


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be used; the message names it and the mend."""


class Saved(NamedTuple):
    """A checkpoint's path, whether or not it is there yet, and its run's name."""

    path: Path
    run: str

    def load(self) -> dict[str, Any] | None:
        """The state that is saved there, see `load`."""
        return load(self.path, self.run)


@contextmanager
def held(path: Path, team: Team) -> Iterator[None]:
    """Hold a checkpoint for this team; another that wants it says so and waits.

    Raises `OSError` if the folder cannot be written to: before the training.
    """
    with locked(path) if team.is_main else nullcontext():
        team.broadcast(True)  # nobody goes on before the main process holds it
        yield


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
    with reading(path, CheckpointError, MEND):
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
            f"this one does not read; {MEND}"
        )
    if of != run:
        raise CheckpointError(
            f"{path}: made by another network, data set, schedule or seed; "
            "delete it, or keep it and choose another folder with ALEXNET_RUNS"
        )
    return state
