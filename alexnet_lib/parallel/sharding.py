"""One tower's share of a network, derived from the network as a whole.

There is one definition, the merged `NetworkConfig`. A layer whose `groups` the
towers can share out runs on each tower's own maps; a layer with one group reads
the maps of all, so the towers exchange theirs just before it (§3.2). Every weight
is cut along its output maps, so the towers' tensors laid end to end are the merged
network's, under the same names.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal

from alexnet_lib.nets.layers import (
    BatchNorm,
    Conv,
    Layer,
    Linear,
    Local,
    ResponseNorm,
    Weighted,
)
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.shapes import Placed, Shape, layers_of

DeviceKind = Literal["cpu", "cuda"]
Output = Literal["split", "first"]
Wire = Literal["same", "float16", "bfloat16"]

LOGITS = "logits"
"""The exchange after the last layer: the classifier's outputs, to every tower."""


@dataclass(frozen=True)
class Layout:
    """A division of one network among `replicas` x `towers` processes.

    A tower holds its part of the maps, a replica its part of each batch. With
    `output` = split the towers share the classes out, with first the whole
    classifier is on tower 0, as in the authors' code (`layers-145.cfg:294-299`).
    `wire`: maps and their gradients travel as they are or in half precision, which
    cost the authors nothing in top-1 and 0.4 points in top-5 (#170-quant: error
    0.40524 against 0.40528, and 0.18416 against 0.18048).
    """

    towers: int = 2
    replicas: int = 1
    output: Output = "split"
    wire: Wire = "same"

    def __post_init__(self) -> None:
        if self.towers < 1 or self.replicas < 1:
            raise ValueError(f"{self}: at least one tower and one replica are needed")

    @property
    def processes(self) -> int:
        """The number of processes that the layout takes."""
        return self.replicas * self.towers


@dataclass(frozen=True)
class Share:
    """A tower's part of one layer of the merged network.

    `placed` is the layer as the tower computes it, None if it has no part in it.
    `gathers`: the maps of all towers are exchanged before it. `keeps_own`: it is
    computed on all maps, and the tower goes on with its own. `cut` is the axis
    along which the merged weight and bias are shared out, None if they are not.
    """

    placed: Placed | None
    whole: Placed
    gathers: bool = False
    keeps_own: bool = False
    cut: dict[str, int] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        """The layer's name, the same in every tower and in the merged network."""
        return self.whole.name


def shares_of(network: NetworkConfig, layout: Layout, tower: int) -> tuple[Share, ...]:
    """Each layer's share on tower number `tower`, first to last.

    Raises `ValueError` where a layer cannot be shared out evenly.
    """
    shares: list[Share] = []
    whole = layers_of(network)
    last = max(i for i, p in enumerate(whole) if isinstance(p.layer, Weighted))
    split = False
    for index, placed in enumerate(whole):
        if isinstance(placed.layer, Weighted):
            alone = index == last and layout.output == "first"
            shares.append(_weighted(placed, layout, tower, split, alone))
            split = not alone
        elif index > last:
            raise ValueError(f"{placed.name}: no layer may follow the classifier")
        elif split:
            shares.append(_local(placed, layout.towers))
        else:
            shares.append(Share(placed, placed))
    return tuple(shares)


def _weighted(
    placed: Placed, layout: Layout, tower: int, split: bool, alone: bool
) -> Share:
    layer, towers = placed.layer, layout.towers
    assert isinstance(layer, Weighted)
    groups = layer.groups if isinstance(layer, Conv | Linear) else 1
    if groups > 1 and towers > 1 and (alone or not split or groups % towers):
        raise ValueError(
            f"{placed.name}: {groups} groups cannot be shared out among {towers} "
            "towers here; take a multiple of them, or 1"
        )
    if alone:
        own = placed if tower == 0 else None
        return Share(own, placed, gathers=split)
    reads_all = groups == 1 or towers == 1
    shape = placed.input_shape if reads_all else _part(placed, towers)
    part = _narrowed(layer, placed, towers)
    if isinstance(part, Conv | Linear) and groups > 1:
        part = dataclasses.replace(part, groups=groups // towers)
    own = placed.holding(part, shape)
    cut = {"weight": 2, "bias": 2} if isinstance(layer, Local) else _FIRST_AXIS
    return Share(own, placed, gathers=split and reads_all, cut=cut)


_FIRST_AXIS = {"weight": 0, "bias": 0}


def _narrowed(layer: Weighted, placed: Placed, towers: int) -> Weighted:
    """`layer` with one tower's number of maps or units."""
    outputs = placed.output_shape[0]
    if outputs % towers:
        raise ValueError(
            f"{placed.name}: {outputs} outputs cannot be shared out among {towers} "
            "towers; change their number, or for the classifier choose output='first'"
        )
    if isinstance(layer, Linear):
        return dataclasses.replace(layer, units=outputs // towers)
    return dataclasses.replace(layer, maps=outputs // towers)


def _local(placed: Placed, towers: int) -> Share:
    """A layer without weights, or batch normalisation, on a tower's own maps."""
    layer: Layer = placed.layer
    if isinstance(layer, ResponseNorm):
        if layer.groups == 1:  # its windows reach over the border
            return Share(placed, placed, gathers=True, keeps_own=True)
        if layer.groups % towers:
            raise ValueError(
                f"{placed.name}: {layer.groups} groups cannot be shared out among "
                f"{towers} towers"
            )
        layer = dataclasses.replace(layer, groups=layer.groups // towers)
    shape = _part(placed, towers)
    own = placed.holding(layer, shape)
    cut = _BATCH_NORM if isinstance(layer, BatchNorm) else {}
    return Share(own, placed, cut=cut)


_BATCH_NORM = _FIRST_AXIS | {"running_mean": 0, "running_var": 0}


def _part(placed: Placed, towers: int) -> Shape:
    """A tower's part of the layer's input."""
    maps, *places = placed.input_shape
    return (maps // towers, *places)


@dataclass(frozen=True)
class Traffic:
    """Values that each tower sends for one image, forward, at a layer.

    Backward the gradients of the same values go the other way: as many, except at
    `logits`, where every tower has the whole loss. `sends`: by tower.
    """

    name: str
    sends: tuple[int, ...]
    backward: tuple[int, ...]


def traffic(network: NetworkConfig, layout: Layout) -> tuple[Traffic, ...]:
    """Count what crosses between towers, layer by layer, per image and step.

    The last row, `logits`, is the outputs of the classifier: all towers get all of
    them. Multiply by batch and bytes per value for bytes.
    """
    towers = layout.towers
    rows: list[Traffic] = []
    for share in shares_of(network, layout, 0):
        if share.gathers:
            part = math.prod(share.whole.input_shape) // towers
            rows.append(Traffic(share.name, *_sends(share, part, layout)))
    classes = math.prod(layers_of(network)[-1].output_shape)
    if layout.output == "first":
        logits = (classes * (towers - 1), *[0] * (towers - 1))
    else:
        logits = (classes // towers * (towers - 1),) * towers
    return (*rows, Traffic(LOGITS, logits, (0,) * towers))


def _sends(
    share: Share, part: int, layout: Layout
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    towers, others = layout.towers, layout.towers - 1
    if share.cut or share.keeps_own:
        return (part * others,) * towers, (part * others,) * towers
    return (0, *[part] * others), (part * others, *[0] * others)
