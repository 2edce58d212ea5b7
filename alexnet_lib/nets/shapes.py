"""The name and the output shape of every layer, from the data alone."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from alexnet_lib.nets import layers
from alexnet_lib.nets.layers import Layer
from alexnet_lib.nets.network import NetworkConfig, numbered, with_input_side

Shape = tuple[int, ...]
Rounding = Literal["floor", "ceil"]

_LARGEST_SIDE = 4096

_KINDS: dict[type[Layer], str] = {
    layers.Conv: "conv",
    layers.Local: "local",
    layers.Linear: "fc",
    layers.Activation: "unit",
    layers.Pool: "pool",
    layers.AdaptivePool: "avgpool",
    layers.ResponseNorm: "norm",
    layers.MapResponseNorm: "mapnorm",
    layers.BatchNorm: "batchnorm",
    layers.Dropout: "dropout",
    layers.ZeroPad: "pad",
}


class TooSmall(ValueError):
    """Maps are so small that not one window fits into them."""


@dataclass(frozen=True)
class Placed:
    """A layer in its place: name, number, and shapes without the batch dimension."""

    name: str
    number: int
    layer: Layer
    input_shape: Shape
    output_shape: Shape

    def holding(self, layer: Layer, input_shape: Shape) -> Placed:
        """Put another layer into this place, on an input of another shape."""
        output = output_shape(layer, input_shape)
        return Placed(self.name, self.number, layer, input_shape, output)


def layers_of(network: NetworkConfig) -> tuple[Placed, ...]:
    """Name every layer of `network` and work out its shapes, first to last.

    Names are kind and number: conv1, unit1, norm1, pool1, conv2, ..., fc8 (weight
    layers count on, as in the paper); of two poolings after conv1 the second is
    pool1b. Raises `ValueError` where a layer does not fit its input, and says what
    the smallest input is if a larger one would do.
    """
    try:
        return tuple(_placed(network))
    except TooSmall as error:
        side = _smallest_side(network)
        if side is None:
            raise
        raise TooSmall(f"{error}; the smallest image is {side} x {side}") from None


def _placed(network: NetworkConfig) -> Iterator[Placed]:
    shape: Shape = network.input_shape
    times = Counter[str]()
    for number, layer in numbered(network):
        stem = f"{_KINDS[type(layer)]}{number}"
        letter = chr(ord("a") + times[stem]) if times[stem] else ""
        times[stem] += 1
        name = stem + letter
        try:
            output = output_shape(layer, shape)
        except ValueError as error:
            raise type(error)(f"{name}: {error}") from None
        yield Placed(name, number, layer, shape, output)
        shape = output


def _smallest_side(network: NetworkConfig) -> int | None:
    """Find the smallest square image that `network` takes, None if no size helps.

    Outputs never shrink as the input grows, so the search may halve.
    """

    def fits(side: int) -> bool:
        try:
            return bool(tuple(_placed(with_input_side(network, side))))
        except TooSmall:
            return False

    sides = range(1, _LARGEST_SIDE + 1)
    first = bisect_left(sides, True, key=fits)
    return sides[first] if first < len(sides) else None


def window_count(
    side: int, size: int, stride: int, padding: int = 0, rounding: Rounding = "floor"
) -> int:
    """Count the windows of `size` pixels, `stride` apart, along a side of `side`.

    The first begins `padding` pixels before the side. `floor` counts the windows
    that lie within the padded side, as a convolution does; with `ceil` the last may
    hang over its end, but none begins beyond the side (torch's `ceil_mode`, and
    `layer.py:1163-1164`). Raises `TooSmall` where there is none.
    """
    steps, left_over = divmod(side + 2 * padding - size, stride)
    count = steps + 1
    begins_inside = count * stride - padding < side
    if rounding == "ceil" and left_over and begins_inside:
        count += 1
    if count < 1:
        padded = f" padded by {padding}" if padding else ""
        raise TooSmall(f"a window of {size} does not fit a side of {side}{padded}")
    return count


def output_shape(layer: Layer, shape: Shape) -> Shape:
    """Work out the shape, without batch, of `layer`'s output for an input of `shape`.

    Raises `ValueError` where the layer does not fit: `TooSmall` if the maps are.
    """
    match layer:
        case layers.Linear(units, groups=groups):
            if shape[0] % groups or units % groups:
                raise ValueError(
                    f"{shape[0]} inputs and {units} units do not make {groups} "
                    "equal groups"
                )
            return (units,)
        case layers.Activation() | layers.Dropout():
            return shape
    if len(shape) != 3:
        raise ValueError(f"needs maps, but its input has shape {shape}")
    height, width = (_side(layer, n) for n in shape[1:])
    if isinstance(layer, layers.ZeroPad):
        height, width = height + layer.bottom, width + layer.right
    return (_maps(layer, shape[0]), height, width)


def _maps(layer: Layer, maps: int) -> int:
    out = layer.maps if isinstance(layer, layers.Conv | layers.Local) else maps
    grouped = layers.Conv | layers.ResponseNorm
    groups = layer.groups if isinstance(layer, grouped) else 1
    if maps % groups or out % groups:
        raise ValueError(
            f"{maps} maps in and {out} out do not make {groups} equal groups"
        )
    return out


def _side(layer: Layer, n: int) -> int:
    """Count the output places along a side of `n`."""
    match layer:
        case layers.Conv() | layers.Local():
            return window_count(n, layer.kernel, layer.stride, layer.padding)
        case layers.Pool(_, size, stride):
            return window_count(n, size, stride, rounding="ceil")
        case layers.AdaptivePool(side):
            return side
        case _:
            return n
