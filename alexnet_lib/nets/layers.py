"""The layers that networks are made of, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Conv:
    """Convolution to `maps` maps; `std` is the Gaussian init's, `bias` its constant.

    With `groups` = 2 each half of the maps sees only its half of the input: the
    maps of the same GPU (§3.5). `decay_mult` times the training's weight decay
    is this layer's.
    """

    maps: int
    kernel: int
    std: float
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: float = 0.0
    decay_mult: float = 1.0


@dataclass(frozen=True)
class Local:
    """Unshared convolution: at every place its own weights and its own biases.

    cuda-convnet's `local` layer (`layers-conv-local-13pct.cfg`); else as `Conv`.
    """

    maps: int
    kernel: int
    std: float
    stride: int = 1
    padding: int = 0
    bias: float = 0.0
    decay_mult: float = 1.0


@dataclass(frozen=True)
class ZeroPad:
    """Rows and columns of zeros, the mean pixel, beyond the right and bottom edge.

    The 2012 code rounded the number of conv1's windows up, and its last window
    hung over by three (`layer.py:1004`): 224 + 3 pixels give 55 windows.
    """

    right: int
    bottom: int


@dataclass(frozen=True)
class Activation:
    """The network's unit type, `NetworkConfig.activation`, at this place."""


@dataclass(frozen=True)
class Pool:
    """Pooling over `size` x `size` windows; the last may hang over the edge.

    The number of windows is rounded up, and a window is clipped to the image
    (`layer.py:1163-1164`), as in the 2012 code.
    """

    kind: Literal["max", "average"]
    size: int = 3
    stride: int = 2


@dataclass(frozen=True)
class AdaptivePool:
    """Average over as many equal windows as give `side` x `side` outputs."""

    side: int


@dataclass(frozen=True, kw_only=True)
class ResponseNorm:
    """Local response normalisation across `n` neighbouring maps (§3.3).

    With `divide_alpha_by_n` each square counts alpha/n, as in the authors' code
    (`layer.py:1183`), Caffe and torch; without, alpha, as the formula is printed.
    With `groups` = 2 no window crosses from one GPU's maps to the other's.
    """

    divide_alpha_by_n: bool
    n: int = 5
    k: float = 2.0
    alpha: float = 1e-4
    beta: float = 0.75
    groups: int = 1


@dataclass(frozen=True, kw_only=True)
class MapResponseNorm:
    """Normalisation within each map over `size` x `size` places, alpha / size^2.

    cuda-convnet's `rnorm`, which config #145 has in layer 2 and the paper does
    not mention (`layers-145.cfg:107-117`, `layer-params-145.cfg:157-163`).
    """

    size: int = 5
    k: float = 1.0
    alpha: float = 1e-3
    beta: float = 0.75


@dataclass(frozen=True)
class BatchNorm:
    """Batch normalisation of each map (2015), today's substitute for §3.3."""


@dataclass(frozen=True)
class Linear:
    """Fully connected layer of `units` outputs on the flattened input.

    With `groups` = 2 each half of the units sees only its half of the input, as if
    the GPUs never exchanged (§3.2, `layers-150.cfg`).
    """

    units: int
    std: float
    bias: float = 0.0
    decay_mult: float = 1.0
    groups: int = 1


@dataclass(frozen=True)
class Dropout:
    """Each input is kept with probability `keep` (§4.2).

    `classic` multiplies by `keep` at test, as in the paper and its code;
    `inverted` divides by it in training instead, as torch and Caffe do.
    """

    kind: Literal["classic", "inverted"]
    keep: float = 0.5


Weighted = Conv | Local | Linear
Layer = (
    Conv
    | Activation
    | Pool
    | Linear
    | Local
    | ZeroPad
    | AdaptivePool
    | ResponseNorm
    | MapResponseNorm
    | BatchNorm
    | Dropout
)
