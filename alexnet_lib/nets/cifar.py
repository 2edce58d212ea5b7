"""The CIFAR-10 networks of cuda-convnet as data."""

from __future__ import annotations

from typing import Literal, get_args

from alexnet_lib.nets.layers import (
    Activation,
    Conv,
    Layer,
    Linear,
    Local,
    Pool,
    ResponseNorm,
)
from alexnet_lib.nets.network import ActivationName, NetworkConfig, WeightInit

ConvLocal = Literal["13pct", "13pct-lrn", "13pct-wide", "11pct"]
CONV_LOCAL: tuple[ConvLocal, ...] = get_args(ConvLocal)
CONV_LOCAL_DECAY = 0.004


def four_layer(
    activation: ActivationName = "relu",
    weight_init: WeightInit = "gaussian",
    first_std: float = 1e-4,
) -> NetworkConfig:
    """Describe cuda-convnet's four-layer net, its `19pct` of 89,578 parameters.

    Three 5x5 convolutions of 32, 32 and 64 maps with units and 3/2 pooling
    (maximum, then twice average), and a softmax layer of ten. The init deviations
    `first_std`, .01, .01, .01 belong to raw 0..255 pixels. The first units stand
    after their pooling, as in `18pct`: the maximum of increasing units is the unit
    of the maximum, at a quarter of the work. The paper names no configuration for
    Figure 1; of the authors' four-layer nets this is the plain one, so it stands in
    here.
    """

    def conv(maps: int, std: float) -> Conv:
        return Conv(maps, kernel=5, padding=2, std=std)

    return NetworkConfig(
        layers=(
            *(conv(32, first_std), Pool("max"), Activation()),
            *(conv(32, 0.01), Activation(), Pool("average")),
            *(conv(64, 0.01), Activation(), Pool("average")),
            Linear(10, std=0.01),
        ),
        activation=activation,
        weight_init=weight_init,
    )


def conv_local(name: ConvLocal) -> NetworkConfig:
    """Describe cuda-convnet's nets of 13 % and 11 % test error, or one between.

    Two convolutions, two unshared ones and a softmax layer, on 24x24 crops; most
    likely §3.3's "four-layer CNN". `11pct` differs from `13pct` in three things:
    normalisation, twice the maps in local3, and the softmax layer's decay;
    `13pct-lrn` has only the first, `13pct-wide` only the second. Decay factors
    belong to a training weight decay of `CONV_LOCAL_DECAY`. Parameters: 1,116,490
    with the narrow local3 and 2,112,970 with the wide.
    Sources: `layers-conv-local-13pct.cfg`, `layers-conv-local-11pct.cfg` and their
    `layer-params`; the second pair is in cuda-convnet only (`:32-36,51-55`).
    Raises `ValueError` for any other name.
    """
    if name not in CONV_LOCAL:
        raise ValueError(f"no conv-local net {name!r}; known: {', '.join(CONV_LOCAL)}")
    normalised, wide = name in ("13pct-lrn", "11pct"), name in ("13pct-wide", "11pct")
    norm = ResponseNorm(divide_alpha_by_n=True, n=9, k=1.0, alpha=1e-3)
    norms: tuple[Layer, ...] = (norm,) if normalised else ()
    relu, pool = Activation(), Pool("max")
    return NetworkConfig(
        layers=(
            *(Conv(64, 5, std=1e-4, padding=2, decay_mult=0.0), relu, pool, *norms),
            *(Conv(64, 5, std=0.01, padding=2, decay_mult=0.0), relu, *norms, pool),
            *(Local(64 if wide else 32, 3, std=0.04, padding=1), relu),
            *(Local(32, 3, std=0.04, padding=1), relu),
            Linear(10, std=0.01, decay_mult=2.5 if name == "11pct" else 1.0),
        ),
        input_shape=(3, 24, 24),
    )
