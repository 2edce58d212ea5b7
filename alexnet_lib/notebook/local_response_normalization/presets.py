"""The presets of AlexNet, as published and as run: their differences by layer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from alexnet_lib.nets.alexnet import PRESETS, Preset, alexnet
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.shapes import layers_of
from alexnet_lib.tables import Table, table

NONE = "none"
Cells = dict[str, str]


def preset_table(presets: Sequence[Preset] = PRESETS) -> Table:
    """A table: the order within each of the paper's layers, then what differs in each.

    One of the paper's layers is a weight layer and what follows it. A row is left out
    if all presets agree, and so is a field if all that have the layer do.
    """
    networks = [alexnet(preset) for preset in presets]
    rows = [["input", *(str(n.input_shape[-1]) for n in networks)]]
    orders = [_orders(network) for network in networks]
    fields = [_fields(network) for network in networks]
    for stage in sorted({stage for order in orders for stage in order}):
        what = f"layer {stage}" if stage else "before layer 1"
        rows.append([what, *(order.get(stage, NONE) for order in orders)])
        names = (n for of in fields for n in of if _stage(n) == stage)
        rows += [[name, *_differing(name, fields)] for name in dict.fromkeys(names)]
    differing = (row for row in rows if len(set(row[1:]) - {""}) > 1)
    return table(["", *presets], differing)


def _orders(network: NetworkConfig) -> dict[int, str]:
    """The parts of each of the paper's layers, first to last."""
    names = (placed.name for placed in layers_of(network))
    return {stage: ", ".join(of) for stage, of in groupby(names, key=_stage)}


def _fields(network: NetworkConfig) -> dict[str, Cells]:
    """Fields of each layer, by its name; the network's init where it overrules."""
    drawn = network.weight_init != "gaussian"
    overruled = dict.fromkeys(("std", "bias"), network.weight_init) if drawn else {}
    fields: dict[str, Cells] = {}
    for placed in layers_of(network):
        values = vars(placed.layer) | {
            name: init
            for name, init in overruled.items()
            if hasattr(placed.layer, name)
        }
        fields[placed.name] = {name: _shown(value) for name, value in values.items()}
    return fields


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _differing(name: str, fields: Sequence[dict[str, Cells]]) -> list[str]:
    """Per preset the fields of layer `name` that are not alike in all that have it."""
    having = [of[name] for of in fields if name in of]
    differ = [f for f in having[0] if len({cells[f] for cells in having}) > 1]
    return [
        ", ".join(f"{f} {of[name][f]}" for f in differ) if name in of else NONE
        for of in fields
    ]


def _stage(name: str) -> int:
    """Read the layer's number in its name: 2 in `norm2`."""
    return int(re.findall(r"\d+", name)[0])
