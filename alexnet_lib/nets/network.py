"""A network as data: its layers, units and init; and how its layers are changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, get_args

from alexnet_lib.nets.layers import Layer, Weighted

ActivationName = Literal["relu", "tanh", "logistic", "abs_tanh"]
WeightInit = Literal["gaussian", "kaiming", "xavier", "torch"]


@dataclass(frozen=True)
class NetworkConfig:
    """A feed-forward network as a list of layers, first to last.

    `gaussian` takes each layer's own `std`; `kaiming` and `xavier` replace it by
    the usual fan-based deviation with biases 0 (He 2015; Glorot 2010); `torch`
    draws weights and biases uniformly within 1/sqrt(fan-in), PyTorch's default.
    """

    layers: tuple[Layer, ...]
    input_shape: tuple[int, int, int] = (3, 32, 32)
    activation: ActivationName = "relu"
    weight_init: WeightInit = "gaussian"


def numbered(network: NetworkConfig) -> Iterator[tuple[int, Layer]]:
    """Yield each layer with its number in the paper's count, that of weight layers.

    A layer without weights has the number of the last weight layer before it: the
    pooling after conv2 is pool2. What comes before conv1 has number 0.
    """
    number = 0
    for layer in network.layers:
        number += isinstance(layer, Weighted)
        yield number, layer


def numbers_of(network: NetworkConfig, kind: type[Layer] | UnionType) -> list[int]:
    """List the numbers of the layers of `kind`, each as often as it occurs."""
    return [number for number, layer in numbered(network) if isinstance(layer, kind)]


def with_input_side(network: NetworkConfig, side: int) -> NetworkConfig:
    """Put the network on squares of `side` pixels; its layers stay as they are."""
    return dataclasses.replace(
        network, input_shape=(network.input_shape[0], side, side)
    )


def changed(
    network: NetworkConfig,
    kind: type[Layer] | UnionType,
    change: Callable[[Any], Layer | None] = lambda layer: layer,
    *,
    numbers: Collection[int] | None = None,
    **fields: Any,
) -> NetworkConfig:
    """Change every layer of `kind`, and leave all else of `network` as it was.

    `changed(network, Pool, size=2)` sets fields. `changed(network, Pool, narrower)`
    puts `narrower(layer)` in each layer's place, or nothing where that is None; with
    both, the fields are set on what the function gives. `numbers` confines it to the
    layers so numbered, as in their names: 2 for conv2 and pool2. Raises `ValueError`
    if one of these numbers has no layer of `kind`.
    """
    layers: list[Layer] = []
    found = set()
    for number, layer in numbered(network):
        if isinstance(layer, kind) and (numbers is None or number in numbers):
            found.add(number)
            new = change(layer)
            layers += [] if new is None else [dataclasses.replace(new, **fields)]
        else:
            layers.append(layer)
    if missing := sorted(set(numbers or ()) - found):
        names = " or ".join(k.__name__ for k in get_args(kind) or (kind,))
        raise ValueError(f"no {names} has the number {missing[0]} in this network")
    return dataclasses.replace(network, layers=tuple(layers))
