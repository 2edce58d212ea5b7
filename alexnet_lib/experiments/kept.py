"""Arrays kept of a run beside its record, as data: too large for the record.

An experiment asks for them (`Experiment.keeps`), `runs.measured` takes them from the
network, `runs.artifacts` knows their files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

NEIGHBOURS = 6
"""So many training images stand beside a test image in Figure 4."""


@dataclass(frozen=True)
class FirstLayer:
    """conv1 in half precision, and what its input was centred by (Figure 3).

    `weight` (maps, 3, H, W) and `bias` (maps,) belong to pixels of 0..255 minus the
    mean image; `mean` (3,) is that image's mean red, green and blue. After each of
    `epochs` too, 0 the untrained network, in files that end in the epoch's number.
    Of the runs of `seeds` only, or without them of all.
    """

    epochs: tuple[int, ...] = ()
    seeds: tuple[int, ...] = ()
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


@dataclass(frozen=True)
class Views:
    """The class that each of the ten views of a test image would be given alone.

    `chosen` (10, N), in the order of `data.views.ten_views`, beside the `labels` (N,).
    """

    epochs: tuple[int, ...] = ()
    name: ClassVar = "views"


@dataclass(frozen=True)
class Retrieval:
    """Training images nearest to each test image, and how many are of its class (§6.1).

    By the outputs of each of `layers`, at the centre: `flatten` is what fc6 reads,
    conv5's outputs pooled. Of the first one also by the authors' shortcut, in
    `batches` of so many images, and by `codes` of such lengths; `evaluation.retrieval`
    has both. Searched are at most `images` training images, for as many test images,
    every class in proportion.

    - `labels` (N,) of the test images; `nearest` (N, 6) training images and their
      `distances`, float16, by the first layer.
    - `hits_<layer>`, `hits_<layer>_<way>` (N,): how many of the six are of its class.
    - `found_<layer>_<way>` (N,): how many of the exact six a shortcut finds.
    """

    layers: tuple[str, ...] = ("fc7", "flatten")
    batches: tuple[int, ...] = (1024, 19)
    codes: tuple[int, ...] = (8, 16, 32, 64, 128)
    images: int = 10_000
    epochs: tuple[int, ...] = ()
    name: ClassVar = "retrieval"


@dataclass(frozen=True)
class PixelRetrieval:
    """The same by the pixels themselves, which no network has a part in.

    `labels` and `hits_pixels` (N,), `nearest` (N, 6); and, by so many random
    combinations of the pixels as `random` says, `hits_pixels_random` (N,). Of the runs
    of `seeds` only, or without them of all.
    """

    random: int = 256
    images: int = 10_000
    epochs: tuple[int, ...] = ()
    seeds: tuple[int, ...] = ()
    name: ClassVar = "pixels"


Artifact = (
    FirstLayer
    | RightAnswers
    | Probabilities
    | Features
    | Views
    | Retrieval
    | PixelRetrieval
)
