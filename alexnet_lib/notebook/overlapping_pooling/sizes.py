"""Sides of maps and counts of nets for notebook 04: what a fair partner must keep."""

from __future__ import annotations

from collections.abc import Mapping

from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.layers import Conv, Pool
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.shapes import layers_of
from alexnet_lib.tables import Table, table

Networks = Mapping[str, NetworkConfig]
"""Networks by the name that a table gives them."""


def sides(network: NetworkConfig) -> list[tuple[str, int]]:
    """Name and side of the maps after each convolution and pooling."""
    return [
        (p.name, p.output_shape[1])
        for p in layers_of(network)
        if isinstance(p.layer, Conv | Pool)
    ]


def sides_table(networks: Networks) -> Table:
    """A row per network: the side of its maps after each layer, in pixels.

    The networks have the same layers by name.
    """
    first = next(iter(networks.values()))
    rows = (
        [name, *(str(side) for _, side in sides(network))]
        for name, network in networks.items()
    )
    return table(["sides of the maps", *(layer for layer, _ in sides(first))], rows)


def counts_table(networks: Networks) -> Table:
    """A row per network: its parameters, units and multiply-adds of an image."""
    head = ["net", "parameters", "units", "multiply-adds"]
    return table(head, (_counts(*named) for named in networks.items()))


def _counts(name: str, network: NetworkConfig) -> list[str]:
    whole = total(count(network))
    millions = f"{whole.multiply_adds / 1e6:,.0f} million"
    return [name, f"{whole.parameters:,}", f"{whole.units:,}", millions]
