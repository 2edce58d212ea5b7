"""The networks of VGG as data (Simonyan and Zisserman, 2014, arXiv 1409.1556).

Here § and tables are that paper's. Each network is AlexNet grown deep and narrow:
only 3x3 convolutions, two to four in a row, and after each row a pooling that
halves the side.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from itertools import accumulate
from typing import Literal, get_args

from alexnet_lib.nets.counts import count
from alexnet_lib.nets.layers import (
    Activation,
    Conv,
    Dropout,
    Layer,
    Linear,
    Pool,
    ResponseNorm,
    Weighted,
)
from alexnet_lib.nets.network import (
    NetworkConfig,
    numbered,
    numbers_of,
    with_input_side,
)

Configuration = Literal["A", "A-LRN", "B", "C", "D", "E"]
CONFIGURATIONS: tuple[Configuration, ...] = get_args(Configuration)

MAPS = (64, 128, 256, 512, 512)
"""Maps of every convolution of a stage; a stage ends with a pooling (Table 1)."""

KERNELS: dict[Configuration, tuple[tuple[int, ...], ...]] = {
    "A": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "A-LRN": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "B": ((3, 3), (3, 3), (3, 3), (3, 3), (3, 3)),
    "C": ((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1)),
    "D": ((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),
    "E": ((3, 3), (3, 3), (3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3)),
}
"""Kernel of each convolution, stage by stage: Table 1, column by column."""


def vgg(configuration: Configuration = "D", classes: int = 1000) -> NetworkConfig:
    """Describe one of the six networks of Table 1, 11 to 19 weight layers deep.

    `A-LRN` is `A` with AlexNet's response normalisation after conv1's units, alpha
    over n as in Caffe, on which the authors built (§§2.1, 3.3). `D` and `E` became
    known as VGG-16 and VGG-19; torchvision's vgg11, 13, 16, 19 are A, B, D, E.

    All weights start with deviation .01, all biases at 0. §3.1 says "10^-2 variance";
    taken so, a deviation of .1 lets values grow fivefold in each layer of 512 maps, so
    we read it as AlexNet's deviation, which §3.1 otherwise follows. Raises
    `ValueError` for any other name.
    """
    if configuration not in CONFIGURATIONS:
        known = ", ".join(CONFIGURATIONS)
        raise ValueError(f"no configuration {configuration!r}; known: {known}")
    unit, pool, dropout = Activation(), Pool("max", size=2), Dropout("inverted")
    norm = ResponseNorm(divide_alpha_by_n=True)
    layers: list[Layer] = []
    for maps, kernels in zip(MAPS, KERNELS[configuration], strict=True):
        for kernel in kernels:  # padded so that the side stays
            layers += Conv(maps, kernel, std=0.01, padding=kernel // 2), unit
        if configuration == "A-LRN" and maps == MAPS[0]:
            layers.append(norm)
        layers.append(pool)
    for _ in range(2):
        layers += Linear(4096, std=0.01), unit, dropout
    layers.append(Linear(classes, std=0.01))
    return NetworkConfig(tuple(layers), input_shape=(3, 224, 224))


def layers_from_a(configuration: Configuration) -> dict[str, str]:
    """Name the layers that start from those of a trained A, and give A's name for each.

    In §3.1 these are the first four convolutions and the three fully connected layers.
    We put A's where their shapes fit: at the start of the first three stages.
    """

    def seven(of: Configuration) -> list[str]:
        one, two, three, *_, hidden = accumulate(map(len, KERNELS[of]), initial=1)
        convolutions = [f"conv{n}" for n in (one, two, three, three + 1)]
        return [*convolutions, *(f"fc{hidden + i}" for i in range(3))]

    return dict(zip(seven(configuration), seven("A"), strict=True))


def with_5x5(network: NetworkConfig) -> NetworkConfig:
    """Put one 5x5 convolution where two 3x3 follow each other (§4.1's shallow net).

    Of three in a row the first two. The new one sees as far, in one step.
    """
    layers: list[Layer] = []
    for layer in network.layers:
        if isinstance(layer, Conv) and layers[-2:] == [layer, Activation()]:
            layers[-2:] = [dataclasses.replace(layer, kernel=5, padding=2)]
        else:
            layers.append(layer)
    return dataclasses.replace(network, layers=tuple(layers))


def narrowed(network: NetworkConfig, side: int, parts: int = 4) -> NetworkConfig:
    """Copy the network with a `parts`th of its maps and hidden units, on `side` pixels.

    Deviations grow as the inputs of a unit become fewer, by the root of their ratio, so
    that on its way up a signal keeps the size that it has in the whole network.
    """
    last = numbers_of(network, Linear)[-1]
    layers: list[Layer] = []
    for number, layer in numbered(network):
        if isinstance(layer, Conv):
            layer = dataclasses.replace(layer, maps=layer.maps // parts)
        elif isinstance(layer, Linear) and number < last:
            layer = dataclasses.replace(layer, units=layer.units // parts)
        layers.append(layer)
    slim = dataclasses.replace(network, layers=tuple(layers))
    return _as_strong(with_input_side(slim, side), network)


def with_deviations(network: NetworkConfig, factor: float) -> NetworkConfig:
    """Draw every weight `factor` times as wide."""
    return _each_deviation(network, lambda number: factor)


def _as_strong(slim: NetworkConfig, whole: NetworkConfig) -> NetworkConfig:
    """Give `slim` deviations with which signals keep the size they have in `whole`."""
    ratios = [a / b for a, b in zip(_inputs(whole), _inputs(slim), strict=True)]
    return _each_deviation(slim, lambda number: math.sqrt(ratios[number - 1]))


def _inputs(network: NetworkConfig) -> list[int]:
    """Count the inputs of a unit of each weight layer."""
    return [c.multiply_adds // c.units for c in count(network) if c.units]


def _each_deviation(
    network: NetworkConfig, factor: Callable[[int], float]
) -> NetworkConfig:
    """Multiply the deviation of each weight layer by the factor of its number."""
    return dataclasses.replace(
        network,
        layers=tuple(
            dataclasses.replace(layer, std=layer.std * factor(number))
            if isinstance(layer, Weighted)
            else layer
            for number, layer in numbered(network)
        ),
    )
