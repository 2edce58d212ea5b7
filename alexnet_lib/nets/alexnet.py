"""AlexNet as data: one network in four presets.

`groups` says where the two GPUs keep to themselves (§3.2): a layer with 2 reads
and makes each half of the maps apart; conv3 and the fully connected layers, with
1, read both halves, and there the GPUs exchange their outputs. conv1 reads the
image, which both have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from alexnet_lib.nets.layers import (
    Activation,
    AdaptivePool,
    Conv,
    Dropout,
    Linear,
    MapResponseNorm,
    Pool,
    ResponseNorm,
    ZeroPad,
)
from alexnet_lib.nets.network import NetworkConfig

Preset = Literal["paper", "source", "caffe", "torchvision"]
PRESETS: tuple[Preset, ...] = get_args(Preset)

RELU = Activation()
MAX_POOL = Pool("max", size=3, stride=2)
HANGING_WINDOW = ZeroPad(right=3, bottom=3)


def alexnet(preset: Preset = "paper", classes: int = 1000) -> NetworkConfig:
    """Describe AlexNet with `classes` outputs, as one of four sources has it.

    - `paper`: the text of §3 and §5. It does not say how 224 pixels become 55
      windows; here as in the code.
    - `source`: config #145 of the authors' code, which gave the paper's figures. It is
      the network alone: the code's views (32 images to a crop and mirror, the central
      mean window, division by 1.1) are `data.augment.SOURCE`. Runs here draw views
      image by image, reshuffle, keep the colour noise on and never freeze conv1.
    - `caffe`: `bvlc_alexnet` of 2014, 227 pixels.
    - `torchvision`: `torchvision.models.alexnet`, a different net of 2014 ("One
      weird trick", Krizhevsky), without normalisation and groups.

    Raises `ValueError` for any other name.
    """
    makers: dict[Preset, Callable[[int], NetworkConfig]] = {
        "paper": _paper,
        "source": _source,
        "caffe": _caffe,
        "torchvision": _torchvision,
    }
    if preset not in makers:
        raise ValueError(f"no preset {preset!r}; known: {', '.join(PRESETS)}")
    return makers[preset](classes)


def _paper(classes: int) -> NetworkConfig:
    """Take §3.5; init §5; k, n, alpha, beta §3.3, the formula as printed.

    But for its N, the maps of the whole layer: the GPUs communicate only in certain
    layers (§3.2), so no window crosses the border between them.
    """
    norm = ResponseNorm(divide_alpha_by_n=False, groups=2)
    dropout = Dropout("classic")
    layers = (
        HANGING_WINDOW,
        *(Conv(96, 11, std=0.01, stride=4), RELU, norm, MAX_POOL),
        *(Conv(256, 5, std=0.01, padding=2, groups=2, bias=1.0), RELU, norm, MAX_POOL),
        *(Conv(384, 3, std=0.01, padding=1), RELU),
        *(Conv(384, 3, std=0.01, padding=1, groups=2, bias=1.0), RELU),
        *(Conv(256, 3, std=0.01, padding=1, groups=2, bias=1.0), RELU, MAX_POOL),
        *(Linear(4096, std=0.01, bias=1.0), RELU, dropout),
        *(Linear(4096, std=0.01, bias=1.0), RELU, dropout),
        Linear(classes, std=0.01),
    )
    return NetworkConfig(layers, input_shape=(3, 224, 224))


def _source(classes: int) -> NetworkConfig:
    """Take `layers-145.cfg`, and mark what the paper does not say.

    conv1 is normalised before its ReLU, which stands after the pooling (9-63);
    layer 2 has a second normalisation, within maps (107-117); conv3 to conv5
    start from .03 (135-218). Norm constants: `layer-params-145.cfg`.
    """
    norm = ResponseNorm(divide_alpha_by_n=True, groups=2)
    dropout = Dropout("classic")
    layers = (
        HANGING_WINDOW,
        *(Conv(96, 11, std=0.01, stride=4), norm, MAX_POOL, RELU),
        *(Conv(256, 5, std=0.01, padding=2, groups=2, bias=1.0), RELU),
        *(norm, MapResponseNorm(), MAX_POOL),
        *(Conv(384, 3, std=0.03, padding=1), RELU),
        *(Conv(384, 3, std=0.03, padding=1, groups=2, bias=1.0), RELU),
        *(Conv(256, 3, std=0.03, padding=1, groups=2, bias=1.0), MAX_POOL, RELU),
        *(Linear(4096, std=0.01, bias=1.0), RELU, dropout),
        *(Linear(4096, std=0.01, bias=1.0), RELU, dropout),
        Linear(classes, std=0.01),
    )
    return NetworkConfig(layers, input_shape=(3, 224, 224))


def _caffe(classes: int) -> NetworkConfig:
    """Take Caffe's `models/bvlc_alexnet/train_val.prototxt`.

    k is 1 (the default of `caffe.proto`) and windows cross the border between
    the groups; biases of .1, for 1 "gave flat loss" (its `readme.md`).
    """
    norm = ResponseNorm(divide_alpha_by_n=True, k=1.0)
    dropout = Dropout("inverted")
    layers = (
        *(Conv(96, 11, std=0.01, stride=4), RELU, norm, MAX_POOL),
        *(Conv(256, 5, std=0.01, padding=2, groups=2, bias=0.1), RELU, norm, MAX_POOL),
        *(Conv(384, 3, std=0.01, padding=1), RELU),
        *(Conv(384, 3, std=0.01, padding=1, groups=2, bias=0.1), RELU),
        *(Conv(256, 3, std=0.01, padding=1, groups=2, bias=0.1), RELU, MAX_POOL),
        *(Linear(4096, std=0.005, bias=0.1), RELU, dropout),
        *(Linear(4096, std=0.005, bias=0.1), RELU, dropout),
        Linear(classes, std=0.01),
    )
    return NetworkConfig(layers, input_shape=(3, 227, 227))


def _torchvision(classes: int) -> NetworkConfig:
    """Take `torchvision/models/alexnet.py`; PyTorch's own init replaces `std`.

    Its poolings round down, which at 224 pixels is the same. Dropout is on the
    inputs of the hidden layers, the pooled maps included.
    """
    dropout = Dropout("inverted")
    layers = (
        *(Conv(64, 11, std=0.01, stride=4, padding=2), RELU, MAX_POOL),
        *(Conv(192, 5, std=0.01, padding=2), RELU, MAX_POOL),
        *(Conv(384, 3, std=0.01, padding=1), RELU),
        *(Conv(256, 3, std=0.01, padding=1), RELU),
        *(Conv(256, 3, std=0.01, padding=1), RELU, MAX_POOL, AdaptivePool(6)),
        *(dropout, Linear(4096, std=0.01), RELU),
        *(dropout, Linear(4096, std=0.01), RELU),
        Linear(classes, std=0.01),
    )
    return NetworkConfig(layers, input_shape=(3, 224, 224), weight_init="torch")
