"""Networks made narrow for tests, and what tests ask of a network."""

from __future__ import annotations

import dataclasses

from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.layers import Conv, Linear
from alexnet_lib.nets.network import (
    NetworkConfig,
    changed,
    numbers_of,
    with_input_side,
)
from alexnet_lib.nets.shapes import layers_of


def narrow(network: NetworkConfig, side: int) -> NetworkConfig:
    """An eighth of the maps and 16 hidden units, on images of `side` pixels."""

    def narrowed(conv: Conv) -> Conv:
        return dataclasses.replace(conv, maps=conv.maps // 8)

    network = changed(with_input_side(network, side), Conv, narrowed)
    hidden = numbers_of(network, Linear)[:-1]
    return changed(network, Linear, numbers=hidden, units=16)


def sides(network: NetworkConfig) -> list[int]:
    """Sides of the maps after each conv and each pooling."""
    layers = layers_of(network)
    return [p.output_shape[1] for p in layers if p.name.startswith(("conv", "pool"))]


def parameters(network: NetworkConfig) -> int:
    return total(count(network)).parameters
