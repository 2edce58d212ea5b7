"""Replicas x towers: a team of processes on a `DeviceMesh`.

Process number r is tower r % towers of replica r // towers. Towers of a replica
share the maps, and exchange them; replicas share each batch, and for every tower
torch's `DistributedDataParallel` averages the gradients over its replicas.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.nn.parallel import DistributedDataParallel

from alexnet_lib.nets.layers import BatchNorm
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.parallel.agreement import require_equal
from alexnet_lib.parallel.exchange import Link, Rows
from alexnet_lib.parallel.sharding import Layout
from alexnet_lib.parallel.towers import Tower, build_tower
from alexnet_lib.training.team import BatchSource, SharedSource


class DeviceMeshTeam:
    """This process's place among those that train one network.

    To be made in every process of an initialised process group (`launch` and
    `connect` see to that). Raises `ValueError` if the layout does not take exactly
    those processes, `TeamError` if they mean different layouts.
    """

    def __init__(self, layout: Layout, device: torch.device) -> None:
        require_equal({"layout": dataclasses.asdict(layout)})
        if dist.get_world_size() != layout.processes:
            raise ValueError(
                f"{layout.replicas} replicas x {layout.towers} towers take "
                f"{layout.processes} processes, but {dist.get_world_size()} run; "
                "change --towers or the number of processes (torchrun's "
                "--nnodes, --nproc-per-node)"
            )
        shape = (layout.replicas, layout.towers)
        mesh = init_device_mesh(device.type, shape, mesh_dim_names=("replica", "tower"))
        self.device, self.layout, self.processes = device, layout, layout.processes
        self.replica, self.tower = mesh.get_coordinate() or (0, 0)
        self.replicas = mesh.get_group("replica")
        towers = mesh.get_group("tower")
        ranks = dist.get_process_group_ranks(towers)
        self.link = Link(towers, ranks, self.tower, layout.wire)
        self.rows = Rows()

    @property
    def is_main(self) -> bool:
        """Whether this is process 0."""
        return dist.get_rank() == 0

    def network(self, config: NetworkConfig, seed: int) -> Tower:
        """This tower's part of the network.

        Raises `ValueError` where a layer cannot be shared out, and for batch
        normalisation with replicas, whose statistics would be each replica's own.
        """
        if self.layout.replicas > 1 and any(
            isinstance(layer, BatchNorm) for layer in config.layers
        ):
            raise ValueError(
                "batch normalisation sees one replica's images only: not the network "
                "that one device trains; take one replica"
            )
        return build_tower(config, self.layout, seed, self.link, self.rows)

    def batches(self, source: SharedSource) -> BatchSource:
        """This replica's rows of every batch; `ValueError` if there is no batch."""
        own = _RowsOf(source, self.replica, self.layout.replicas, self.rows)
        if not len(own):
            raise ValueError(
                f"there are fewer training images than {self.layout.replicas} replicas"
            )
        return own

    def wrap(self, net: nn.Module) -> nn.Module:
        """`net`, whose backward pass averages gradients over the replicas."""
        if self.layout.replicas == 1:
            return net
        return DistributedDataParallel(net, process_group=self.replicas)

    def all_reduce(self, figures: Tensor) -> Tensor:
        """Sums over all images: over the replicas, whose towers have the same."""
        figures = figures.to(self.device)
        dist.all_reduce(figures, group=self.replicas)
        return figures

    def broadcast(self, wish: bool) -> bool:
        """Process 0's wish."""
        answer = torch.tensor(wish, dtype=torch.uint8, device=self.device)
        dist.broadcast(answer, src=0)
        return bool(answer)

    def require_equal(self, facts: Mapping[str, Any]) -> None:
        """Raise `TeamError` unless all processes name the same facts."""
        require_equal(facts)

    def merge(self, net: nn.Module, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Tensors of the merged network from the towers' parts.

        Joined in the first replica's towers; the others, which hold the same
        weights, return their own parts. All towers of a replica take part.
        """
        assert isinstance(net, Tower)
        if self.replica:
            return dict(own)
        joined = {}
        for name, tensor in own.items():
            if name in net.cuts:
                tensor = tensor.contiguous()
                parts = [torch.empty_like(tensor) for _ in self.link.ranks]
                dist.all_gather(parts, tensor, group=self.link.group)
                joined[name] = net.joined(name, parts)
            else:
                joined[name] = tensor
        return joined

    def shard(self, net: nn.Module, whole: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """This tower's part of the merged network's tensors."""
        assert isinstance(net, Tower)
        return net.shard(whole)


class _RowsOf:
    """A replica's rows of each batch; says to the network which they are."""

    def __init__(
        self, source: SharedSource, replica: int, replicas: int, rows: Rows
    ) -> None:
        self.whole, self.own = source, source.shared(replica, replicas)
        self.rows = rows

    def __len__(self) -> int:
        return len(self.own)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        for batch, content in enumerate(self.own.epoch(epoch, start), start):
            own, whole = self.own.part(batch), self.whole.part(batch)
            self.rows.first = own.start - whole.start
            self.rows.count = own.stop - own.start
            self.rows.total = whole.stop - whole.start
            yield content
