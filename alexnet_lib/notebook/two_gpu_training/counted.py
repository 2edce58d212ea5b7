"""Tables of notebook 05 that follow from a network's definition: sizes and bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping

from alexnet_lib.nets.ablations import (
    with_communication,
    with_half_the_maps,
    with_wide_columns,
)
from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.notebook.two_gpu_training.small_run import BATCH, SmallRun
from alexnet_lib.parallel.costs import PRINTED, counted
from alexnet_lib.parallel.exchange import Passage
from alexnet_lib.parallel.sharding import Layout, traffic
from alexnet_lib.tables import Table, table

_BYTES = 8
"""To a value in float64, in which the small run computes."""


def figure_2_table(network: NetworkConfig) -> Table:
    """A row per layer with weights: its counts, beside the units in Figure 2."""
    inputs = math.prod(network.input_shape)
    rows = [["input", "", "", f"{inputs:,}", f"{PRINTED['input']:,}", ""]]
    for name, layer in counted(network).items():
        printed = PRINTED[name]
        numbers = layer.parameters, layer.multiply_adds, layer.units, printed
        mark = "" if printed == layer.units else "**differs**"
        rows.append([name, *(f"{number:,}" for number in numbers), mark])
    head = ["layer", "parameters", "multiply-adds", "units", "units in Figure 2", ""]
    return table(head, rows)


def feeding_table(network: NetworkConfig) -> Table:
    """A row per layer after the first: what a tower would receive, and do with it.

    For one image, if the layer read both towers' maps.
    """
    every = with_communication(network, "every")
    received = {row.name: row.sends[1] for row in traffic(every, Layout())}
    rows = []
    for name, layer in counted(every).items():
        if name in received:
            work = layer.multiply_adds // 2
            each = work / received[name]
            rows.append([name, f"{received[name]:,}", f"{work:,}", f"{each:,.0f}"])
    return table(["before", "values received", "multiply-adds", "for each value"], rows)


def compared_nets(network: NetworkConfig) -> dict[str, NetworkConfig]:
    """The nets of §3.2 and of the authors' notes, by name, made of `network`."""
    return {
        "two GPUs, as in the paper": network,
        "one GPU, half the kernels": with_half_the_maps(network),
        "no communication": with_communication(network, "none"),
        "no communication, widened": with_communication(
            with_wide_columns(network), "none"
        ),
        "every layer reads both": with_communication(network, "every"),
    }


def sizes_table(nets: Mapping[str, NetworkConfig]) -> Table:
    """A row per net: its parameters and its multiply-adds for one image."""
    rows = []
    for name, network in nets.items():
        size = total(count(network))
        rows.append([name, f"{size.parameters:,}", f"{size.multiply_adds:,}"])
    return table(["net", "parameters", "multiply-adds"], rows)


def sent_table(run: SmallRun, network: NetworkConfig) -> Table:
    """A row per exchange: bytes that a tower sent in a step, and as computed before."""
    rows = []
    for row in traffic(network, Layout()):
        there, home = Passage(row.name, "forward"), Passage(row.name, "backward")
        sent = run.sent.get(there, 0), run.sent.get(home, 0)
        computed = [_BYTES * BATCH * x for x in (row.sends[0], row.backward[0])]
        numbers = sent[0], computed[0], sent[1], computed[1]
        rows.append([row.name, *(f"{number:,}" for number in numbers)])
    ways = ("sent forward", "computed", "sent backward", "computed")
    return table(["before", *ways], rows)
