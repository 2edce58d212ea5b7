"""Numbers of the network itself, which no run is needed for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from alexnet_lib.experiments.plan import ErrorTerm
from alexnet_lib.ledger import estimate
from alexnet_lib.ledger.estimate import Outcome
from alexnet_lib.nets.alexnet import Preset, alexnet
from alexnet_lib.nets.counts import LayerCount, count, total
from alexnet_lib.nets.layers import Conv, Linear
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.shapes import layers_of
from alexnet_lib.nets.vgg import CONFIGURATIONS, Configuration, vgg
from alexnet_lib.runs.records import Runs


def _layers(network: NetworkConfig, kind: type) -> list[LayerCount]:
    """The counts of a network's layers of one kind, first to last."""
    pairs = zip(layers_of(network), count(network), strict=True)
    return [layer for placed, layer in pairs if isinstance(placed.layer, kind)]


def _largest_part(network: NetworkConfig) -> float:
    """The largest convolution's part of all parameters, in per cent."""
    largest = max(layer.parameters for layer in _layers(network, Conv))
    return 100 * largest / total(count(network)).parameters


_OF_LAYERS: dict[str, Callable[[LayerCount], float]] = {
    "parameters": lambda counted: counted.parameters,
    "units": lambda counted: counted.units,
}
"""What is counted of a layer, or of all together, by name."""
_OF_ALL: dict[str, Callable[[NetworkConfig], float]] = {
    "inputs": lambda network: math.prod(network.input_shape),
    "convolutions": lambda network: len(_layers(network, Conv)),
    "fully connected layers": lambda network: len(_layers(network, Linear)),
    "classes": lambda network: math.prod(layers_of(network)[-1].output_shape),
    "largest convolution's part": _largest_part,
}
"""What is counted of a network as a whole, by name."""


@dataclass(frozen=True)
class Counted:
    """A number of the network, or of its `layer`, in units of `per`; without runs.

    Raises `ValueError` for what nothing here counts.
    """

    network: Preset | Configuration
    what: str
    per: float = 1.0
    layer: str = ""
    arms: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = [*_OF_LAYERS, *([] if self.layer else _OF_ALL)]
        if self.what not in known:
            raise ValueError(f"{self.what!r} is not counted; known: {', '.join(known)}")

    def __call__(self, runs: Runs, error: ErrorTerm = "pairs") -> Outcome | None:
        """The number, exact."""
        network = _named(self.network)
        if self.what in _OF_ALL:
            return estimate.counted(_OF_ALL[self.what](network) / self.per)
        some = [c for c in count(network) if self.layer in ("", c.name)]
        return estimate.counted(_OF_LAYERS[self.what](total(some)) / self.per)


def _named(network: Preset | Configuration) -> NetworkConfig:
    """AlexNet by the name of a preset, VGG by that of a configuration."""
    if network in CONFIGURATIONS:
        return vgg(network)
    return alexnet(cast(Preset, network))
