"""Parameters, units, multiply-adds and memory of a network, from the data alone.

Nothing is built, so the largest network is counted at once (§3.5, Figure 2).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from alexnet_lib.nets.layers import BatchNorm, Conv, Linear, Local, Weighted
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.shapes import Placed, Shape, layers_of

_FLOAT32_BYTES = 4
PRINTED = {
    "input": 150_528,
    "conv1": 253_440,
    "conv2": 186_624,
    "conv3": 64_896,
    "conv4": 64_896,
    "conv5": 43_264,
    "fc6": 4096,
    "fc7": 4096,
    "fc8": 1000,
}
"""The caption of Figure 2: the network's dimensionality, layer by layer."""


@dataclass(frozen=True)
class LayerCount:
    """Cost of one layer for one image.

    `shape` is the output's; `activations` counts its values, `units` those of
    weight layers only, the paper's "neurons". `multiply_adds` are those with
    weights, in a forward pass. Bytes are those of float32.
    """

    name: str
    shape: Shape
    parameters: int
    units: int
    multiply_adds: int
    activations: int

    @property
    def parameter_bytes(self) -> int:
        """Memory of weights and biases; gradients and velocities take it twice more."""
        return _FLOAT32_BYTES * self.parameters

    @property
    def activation_bytes(self) -> int:
        """Memory of the output for one image."""
        return _FLOAT32_BYTES * self.activations


def count(config: NetworkConfig) -> tuple[LayerCount, ...]:
    """Count every layer of `config`, in its order and under its names."""
    return tuple(_count(placed) for placed in layers_of(config))


def total(counts: Iterable[LayerCount]) -> LayerCount:
    """Add up layers; the sum is called `total` and its `shape` is empty."""
    counts = list(counts)
    return LayerCount(
        name="total",
        shape=(),
        parameters=sum(c.parameters for c in counts),
        units=sum(c.units for c in counts),
        multiply_adds=sum(c.multiply_adds for c in counts),
        activations=sum(c.activations for c in counts),
    )


def _count(placed: Placed) -> LayerCount:
    outputs = math.prod(placed.output_shape)
    weighted = isinstance(placed.layer, Weighted)
    return LayerCount(
        name=placed.name,
        shape=placed.output_shape,
        parameters=_parameters(placed),
        units=outputs if weighted else 0,
        multiply_adds=outputs * _fan_in(placed) if weighted else 0,
        activations=outputs,
    )


def _fan_in(placed: Placed) -> int:
    """Count the inputs of one unit of a weight layer."""
    match placed.layer:
        case Conv(kernel=kernel, groups=groups):
            return placed.input_shape[0] // groups * kernel**2
        case Local(kernel=kernel):
            return placed.input_shape[0] * kernel**2
        case Linear(groups=groups):
            return math.prod(placed.input_shape) // groups
        case _:
            return math.prod(placed.input_shape)


def _parameters(placed: Placed) -> int:
    match placed.layer:
        case Conv(maps):
            return maps * (_fan_in(placed) + 1)
        case Local() | Linear():
            return math.prod(placed.output_shape) * (_fan_in(placed) + 1)
        case BatchNorm():
            return 2 * placed.input_shape[0]
        case _:
            return 0
