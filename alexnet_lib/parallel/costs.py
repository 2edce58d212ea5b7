"""Figure 2 as numbers: places, units, bytes sent and bytes kept, from the config."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

from alexnet_lib.modules.build import build
from alexnet_lib.nets.counts import PRINTED as PRINTED
from alexnet_lib.nets.counts import LayerCount, count, total
from alexnet_lib.nets.layers import Conv, Layer, Linear, ResponseNorm
from alexnet_lib.nets.network import NetworkConfig, changed
from alexnet_lib.nets.shapes import Placed, layers_of
from alexnet_lib.parallel.sharding import LOGITS, Layout, shares_of, traffic

GTX_580 = 3 * 2**30
"""Bytes of memory of one of the paper's GPUs (§3.2)."""


def counted(network: NetworkConfig) -> dict[str, LayerCount]:
    """The weight layers' counts by name."""
    return {layer.name: layer for layer in count(network) if layer.units}


def columns(network: NetworkConfig, towers: int) -> NetworkConfig:
    """`network` with each of its layers of two groups in `towers` groups instead."""

    def regrouped(layer: Conv | Linear | ResponseNorm) -> Layer:
        groups = towers if layer.groups == 2 else layer.groups
        return dataclasses.replace(layer, groups=groups)

    return changed(network, Conv | Linear | ResponseNorm, regrouped)


def sent(network: NetworkConfig, layout: Layout, batch: int) -> dict[str, list[int]]:
    """Bytes that tower 0 sends in a step, by layer: forward and backward.

    The logits, the last row, always travel in full precision.
    """
    per_value = 4 if layout.wire == "same" else 2
    return {
        row.name: [
            batch * (4 if row.name == LOGITS else per_value) * values
            for values in (row.sends[0], row.backward[0])
        ]
        for row in traffic(network, layout)
    }


@dataclass(frozen=True)
class Memory:
    """Bytes in float32 on one device, counted: a bound, not a measurement.

    `state` is weights, gradients and velocities, `maps` every layer's output and
    what was received of other towers', `gradients` as much again for backward.
    """

    state: int
    maps: int
    gradients: int

    @property
    def total(self) -> int:
        """All three."""
        return self.state + self.maps + self.gradients


def memory(network: NetworkConfig, towers: int = 1, batch: int = 128) -> Memory:
    """Count the bytes that tower 0 of `towers` keeps, training batches of `batch`.

    Not counted: the convolutions' own workspace, the images, the program.
    """
    values = 0
    for share in shares_of(network, Layout(towers=towers), 0):
        assert share.placed is not None
        values += math.prod(share.placed.output_shape)
        if share.gathers:
            received = math.prod(share.whole.input_shape) // towers * (towers - 1)
            values += received
    parameters = total(count(network)).parameters // towers
    return Memory(3 * 4 * parameters, 4 * batch * values, 4 * batch * values)


def kept_by_autograd(network: NetworkConfig, batch: int = 128) -> int:
    """Bytes that autograd keeps of a forward pass, weights aside; nothing is computed.

    Counted on torch's `meta` device, where tensors have shapes and no values.
    """
    net = build(network, seed=1).to("meta")
    weights = {StorageWeakRef(p.untyped_storage()) for p in net.parameters()}
    kept: dict[StorageWeakRef, Tensor] = {}

    def keep(x: Tensor) -> Tensor:
        kept[StorageWeakRef(x.untyped_storage())] = x
        return x

    images = torch.empty(batch, *network.input_shape, device="meta")
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        net(images)
    return sum(x.nbytes for storage, x in kept.items() if storage not in weights)


def largest_batch(network: NetworkConfig, towers: int, limit: int = GTX_580) -> int:
    """The largest batch whose `memory` stays within `limit` bytes."""
    one = memory(network, towers, batch=1)
    return (limit - one.state) // (one.maps + one.gradients)


def drawn_layers(network: NetworkConfig) -> list[tuple[Placed, Placed, bool]]:
    """List tower 0's weight layers: its part, the whole, and whether it reads both."""
    whole = {p.name: p for p in layers_of(network)}
    return [
        (share.placed, whole[share.name], share.gathers)
        for share in shares_of(network, Layout(), 0)
        if share.cut and share.placed is not None
    ]
