"""Arrays kept beside a run's record: what a record is too small to hold.

An experiment asks for them as data (`Experiment.keeps`); `runs.measured` takes them
from the trained network; `write` and `read` know the files,
`<experiment>/<arm>.s<seed>.<name>.npz`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from alexnet_lib.files import written_whole

Arrays = dict[str, NDArray]


@dataclass(frozen=True)
class FirstLayer:
    """conv1 in half precision, and what its input was centred by (Figure 3).

    `weight` (maps, 3, H, W) and `bias` (maps,) belong to pixels of 0..255 minus the
    mean image; `mean` (3,) is that image's mean red, green and blue. After each of
    `epochs` too, 0 the untrained network, in files that end in the epoch's number.
    """

    epochs: tuple[int, ...] = ()
    name: ClassVar = "conv1"


@dataclass(frozen=True)
class RightAnswers:
    """Which test images the network got right, a bit an image.

    `top1` and `top5` from the centre, `top1_ten` and `top5_ten` from ten views where
    the network was trained on crops, `packed`; `images`: how many. A label that ties
    with others for the last places is right if more than half of them fit in.
    """

    epochs: tuple[int, ...] = ()
    name: ClassVar = "right"


@dataclass(frozen=True)
class Probabilities:
    """Mean probabilities over ten views of every test image, (N, classes) float16.

    As `probabilities`, beside the `labels` (N,); an ensemble is a mean of several
    runs' (§6).
    """

    epochs: tuple[int, ...] = ()
    name: ClassVar = "ten"


@dataclass(frozen=True)
class Features:
    """Outputs of the layer called `layer` for every test image at its centre, float16.

    `test` (N, units); with `train` also those of so many training images, every
    class in proportion: what Figure 4 looks for neighbours among.
    """

    layer: str = "fc7"
    train: int = 0
    epochs: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The layer's."""
        return self.layer


Artifact = FirstLayer | RightAnswers | Probabilities | Features


def packed(right: NDArray) -> NDArray:
    """(N,) booleans as bytes of eight."""
    return np.packbits(right)


def unpacked(arrays: Arrays, name: str) -> NDArray:
    """The (images,) booleans that `RightAnswers` keeps under `name`."""
    return np.unpackbits(arrays[name], count=int(arrays["images"])).astype(bool)


def path_of(record: Path, name: str, epoch: int | None = None) -> Path:
    """Where the arrays called `name` lie beside the record at `record`."""
    number = "" if epoch is None else f".e{epoch:02d}"
    return record.with_suffix(f".{name}{number}.npz")


def write(path: Path, arrays: Arrays) -> None:
    """Write `arrays` to `path`, compressed, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)


def read(path: Path) -> Arrays:
    """The arrays at `path` by name; `FileNotFoundError` names it and the mend."""
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is missing: arrays of a run; restore it with "
            "`git checkout -- results`, or run that arm and seed again"
        )
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays}
