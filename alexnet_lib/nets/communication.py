"""Which layers read the maps of both GPUs: the patterns of §3.2 as networks.

`groups` says it all: 2 where a GPU keeps to its own maps, 1 where it reads both.
So each pattern is a network like any other, to be built in one piece or, by
`alexnet_lib.parallel`, as two towers.
"""

from __future__ import annotations

import dataclasses
from typing import Literal, get_args

from alexnet_lib.nets.layers import Conv, Layer, Linear, Weighted
from alexnet_lib.nets.network import NetworkConfig

Pattern = Literal["paper", "none", "every"]
PATTERNS: tuple[Pattern, ...] = get_args(Pattern)


def communicating(network: NetworkConfig, pattern: Pattern) -> NetworkConfig:
    """`network` with another pattern of communication; all else as it was.

    - `paper`: unchanged; for AlexNet conv3 and the fully connected layers read both.
    - `none`: two columns that meet in the classifier alone. The first layer reads
      the image, which both have. Cutting connections leaves fewer parameters: see
      `widened`.
    - `every`: each layer with weights reads both; normalisation stays as it was.

    Raises `ValueError` for any other name.
    """
    if pattern not in PATTERNS:
        raise ValueError(f"no pattern {pattern!r}; known: {', '.join(PATTERNS)}")
    if pattern == "paper":
        return network
    weighted = [i for i, x in enumerate(network.layers) if isinstance(x, Weighted)]
    between = weighted[1:-1]

    def regrouped(index: int, layer: Layer) -> Layer:
        if not isinstance(layer, Conv | Linear):
            return layer
        groups = 2 if pattern == "none" and index in between else 1
        return dataclasses.replace(layer, groups=groups)

    return dataclasses.replace(
        network, layers=tuple(regrouped(i, x) for i, x in enumerate(network.layers))
    )


def widened(network: NetworkConfig) -> NetworkConfig:
    """AlexNet's columns without communication, as wide as the authors made them.

    In #150 conv2 has 160 maps a column instead of 128, the first fully connected
    layer 4096 units instead of 2048 (`layers-150.cfg`): as with the one-GPU net
    (footnote to §3.2) the comparison is meant to be of nets of like size, and so
    shows less than what communication alone does.
    """
    layers = list(network.layers)
    conv2 = [i for i, x in enumerate(layers) if isinstance(x, Conv)][1]
    hidden = next(i for i, x in enumerate(layers) if isinstance(x, Linear))
    for at, factor in ((conv2, 5 / 4), (hidden, 2)):
        layer = layers[at]
        if isinstance(layer, Conv):
            layers[at] = dataclasses.replace(layer, maps=int(layer.maps * factor))
        elif isinstance(layer, Linear):
            layers[at] = dataclasses.replace(layer, units=int(layer.units * factor))
    return dataclasses.replace(network, layers=tuple(layers))
