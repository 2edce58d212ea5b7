"""Arrays beside a run's record, in files `<experiment>/<arm>.s<seed>.<name>.npz`.

`experiments.kept` says which there are, `runs.measured` takes them from a network.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from alexnet_lib.files import reading, written_whole

if TYPE_CHECKING:  # the ledger reads arrays without torch, whose import takes seconds
    from torch import Tensor

Arrays = dict[str, NDArray]
_MEND = (
    "restore it with `git checkout -- results`, or delete the record beside it and run "
    "that arm and seed again"
)


class ArtifactError(RuntimeError):
    """Arrays of a run that cannot be used."""


def half(tensor: Tensor) -> NDArray:
    """A tensor as an array in half precision."""
    return tensor.detach().cpu().half().numpy()


def small(numbers: Tensor) -> NDArray:
    """Whole numbers from 0 on as an array of the smallest type that holds them."""
    values = numbers.cpu().numpy()
    return values.astype(np.min_scalar_type(values.max(initial=0)))


def packed(right: NDArray) -> NDArray:
    """(N,) booleans as bytes of eight."""
    return np.packbits(right)


def unpacked(arrays: Arrays, name: str) -> NDArray:
    """The (images,) booleans that `RightAnswers` keeps under `name`."""
    return np.unpackbits(arrays[name], count=int(arrays["images"])).astype(bool)


def path_of(record: Path, name: str, epoch: int | None = None) -> Path:
    """The path of the arrays called `name` beside the record at `record`."""
    number = "" if epoch is None else f".e{epoch:02d}"
    return record.with_suffix(f".{name}{number}.npz")


def write(path: Path, arrays: Arrays) -> None:
    """Write `arrays` to `path`, compressed, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)


def read(path: Path) -> Arrays:
    """The arrays at `path` by name.

    Raises `ArtifactError` if they are damaged, `OSError` if they cannot be read; both
    name the file and the mend.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: arrays of a run; {_MEND}")
    with (
        reading(path, ArtifactError, _MEND),
        path.open("rb") as stream,
        np.load(stream) as arrays,
    ):
        return {name: arrays[name] for name in arrays}
