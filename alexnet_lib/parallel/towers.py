"""A tower: the modules that one process has of a network, and its weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from alexnet_lib.modules.build import build, module_of
from alexnet_lib.modules.dropout import kept
from alexnet_lib.nets.layers import Dropout, Linear
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.shapes import Shape
from alexnet_lib.parallel.exchange import Exchange, Link, Logits, Own, Rows
from alexnet_lib.parallel.sharding import LOGITS, Layout, Share, shares_of


class Tower(nn.Sequential):
    """One tower's layers under the merged network's names, with exchanges between.

    Input (B, *input_shape), the whole image in every tower; output (B, classes)
    logits, all of them in every tower. `cuts` says by name along which axis a
    tensor of its `state_dict` is this tower's part of the merged network's.
    """

    def __init__(
        self, network: NetworkConfig, layout: Layout, link: Link, rows: Rows
    ) -> None:
        super().__init__()
        self.tower, self.towers = link.tower, layout.towers
        self.link, self.rows = link, rows
        self.cuts: dict[str, int] = {}
        shares = shares_of(network, layout, link.tower)
        for share in shares:
            self._add(share, network, layout)
            for parameter, axis in share.cut.items():
                self.cuts[f"{share.name}.{parameter}"] = axis
        owners = range(1 if layout.output == "first" else layout.towers)
        classes = math.prod(shares[-1].whole.output_shape)
        self.add_module(LOGITS, Logits(link, owners, classes, rows, layout.replicas))

    def _add(self, share: Share, network: NetworkConfig, layout: Layout) -> None:
        if isinstance(share.whole.layer, Linear) and len(share.whole.input_shape) > 1:
            self.add_module("flatten", nn.Flatten())
        if share.gathers:
            everyone = bool(share.cut) or share.keeps_own
            readers = range(layout.towers if everyone else 1)
            self.add_module(
                f"exchange_{share.name}", Exchange(self.link, share.name, readers)
            )
        if share.placed is None:
            return
        layer = share.placed.layer
        if isinstance(layer, Dropout):
            module: nn.Module = SharedDropout(
                layer, share.whole.input_shape, self.link, self.rows
            )
        else:
            module = module_of(share.placed, network.activation)
        self.add_module(share.name, module)
        if share.keeps_own:
            self.add_module(f"own_{share.name}", Own(self.link))

    def shard(self, whole: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """This tower's part of tensors of the merged network, by name, as copies."""
        own = self.state_dict().keys()
        return {
            name: self._own(name, tensor).clone()
            for name, tensor in whole.items()
            if name in own
        }

    def _own(self, name: str, tensor: Tensor) -> Tensor:
        if name not in self.cuts:
            return tensor
        parts = tensor.chunk(
            self.towers, dim=self.cuts[name]
        )  # (out / towers, in, ...)
        return parts[self.tower]

    def joined(self, name: str, parts: Sequence[Tensor]) -> Tensor:
        """The merged network's tensor `name` from its parts, tower 0's first."""
        return torch.cat(list(parts), dim=self.cuts[name])


def build_tower(
    network: NetworkConfig, layout: Layout, seed: int, link: Link, rows: Rows
) -> Tower:
    """The tower with its part of the weights that `build(network, seed)` draws.

    It leaves torch's random state as `build` does, so that what is drawn next is the
    same. Raises `ValueError` where a layer cannot be shared out evenly.
    """
    with torch.random.fork_rng(devices=[]):  # modules are made on the CPU
        tower = Tower(network, layout, link, rows)
    tower.load_state_dict(tower.shard(build(network, seed).state_dict()))
    return tower


class SharedDropout(nn.Module):
    """Dropout whose masks are those of the merged network in one process.

    Every process draws the mask for all units and the whole batch, from a random
    state that is the same in all, and takes its part: its tower's units, its
    replica's rows.
    """

    def __init__(self, layer: Dropout, whole: Shape, link: Link, rows: Rows) -> None:
        super().__init__()
        self.layer, self.whole, self.link, self.rows = layer, whole, link, rows

    def forward(self, x: Tensor) -> Tensor:
        """Any shape to the same shape."""
        classic, keep = self.layer.kind == "classic", self.layer.keep
        if not self.training:
            return x * keep if classic else x
        mask = self._mask(x)  # as x: (B, C / towers, H, W) or (B, units / towers)
        return x * mask if classic else x * mask.div_(keep)

    def _mask(self, x: Tensor) -> Tensor:
        rows, towers = self.rows, len(self.link.ranks)
        total = rows.total or len(x)
        last = x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last)
        layout = torch.channels_last if last else torch.contiguous_format
        whole = torch.empty(
            (total, *self.whole), dtype=x.dtype, device=x.device, memory_format=layout
        )  # (whole batch, *whole): all replicas' images, all towers' units
        classic, keep = self.layer.kind == "classic", self.layer.keep
        mask = kept(whole, keep) if classic else whole.bernoulli_(keep)
        part = mask[rows.first : rows.first + len(x)]  # (B, *whole)
        if x.shape[1:] == self.whole:
            return part
        return part.chunk(towers, dim=1)[self.link.tower]  # (B, C / towers, ...)

    def extra_repr(self) -> str:
        """Kind and probability, for `print(net)`."""
        return f"{self.layer.kind}, keep={self.layer.keep}"
