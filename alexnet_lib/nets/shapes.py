"""The name and the output shape of every layer, from the data alone."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from alexnet_lib.nets.layers import (
    Activation,
    AdaptivePool,
    BatchNorm,
    Conv,
    Dropout,
    Layer,
    Linear,
    Local,
    MapResponseNorm,
    Pool,
    ResponseNorm,
    Weighted,
    ZeroPad,
)
from alexnet_lib.nets.network import NetworkConfig

Shape = tuple[int, ...]

_KINDS: dict[type[Layer], str] = {
    Conv: "conv",
    Local: "local",
    Linear: "fc",
    Activation: "unit",
    Pool: "pool",
    AdaptivePool: "avgpool",
    ResponseNorm: "norm",
    MapResponseNorm: "mapnorm",
    BatchNorm: "batchnorm",
    Dropout: "dropout",
    ZeroPad: "pad",
}


@dataclass(frozen=True)
class Placed:
    """A layer in its place: name, and shapes without the batch dimension."""

    name: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape


def layers_of(config: NetworkConfig) -> tuple[Placed, ...]:
    """Every layer of `config` with its name and shapes, first to last.

    Names are kind and number: conv1, unit1, norm1, pool1, conv2, ..., fc8 (weight
    layers count on, as in the paper); of two poolings after conv1 the second is
    pool1b. Raises `ValueError` where a layer does not fit its input.
    """
    placed: list[Placed] = []
    shape: Shape = config.input_shape
    depth, times = 0, Counter[str]()
    for layer in config.layers:
        depth += isinstance(layer, Weighted)
        stem = f"{_KINDS[type(layer)]}{depth}"
        letter = chr(ord("a") + times[stem]) if times[stem] else ""
        times[stem] += 1
        placed.append(Placed(stem + letter, layer, shape, output_shape(layer, shape)))
        shape = placed[-1].output_shape
    return tuple(placed)


def output_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape, without batch, of `layer`'s output for an input of `shape`.

    Raises `ValueError` where the layer does not fit.
    """
    if isinstance(layer, Linear):
        if shape[0] % layer.groups or layer.units % layer.groups:
            raise ValueError(f"{layer}: input {shape} or output not in equal groups")
        return (layer.units,)
    if isinstance(layer, Activation | Dropout):
        return shape
    if len(shape) != 3:
        raise ValueError(f"{layer} needs maps, but its input has shape {shape}")
    if isinstance(layer, ZeroPad):
        return (shape[0], shape[1] + layer.bottom, shape[2] + layer.right)
    maps, sides = _maps(layer, shape[0]), [_side(layer, n) for n in shape[1:]]
    if min(sides) < 1:
        raise ValueError(f"{layer} does not fit an input of shape {shape}")
    return (maps, *sides)


def _maps(layer: Layer, maps: int) -> int:
    out = layer.maps if isinstance(layer, Conv | Local) else maps
    groups = layer.groups if isinstance(layer, Conv | ResponseNorm) else 1
    if maps % groups or out % groups:
        raise ValueError(f"{layer}: {maps} maps in, {out} out, not in equal groups")
    return out


def _side(layer: Layer, n: int) -> int:
    """Output places along a side of `n`."""
    match layer:
        case Conv() | Local():
            return (n + 2 * layer.padding - layer.kernel) // layer.stride + 1
        case Pool(size=size, stride=stride):
            return math.ceil(max(n - size, 0) / stride) + 1
        case AdaptivePool(side):
            return side
        case _:
            return n
