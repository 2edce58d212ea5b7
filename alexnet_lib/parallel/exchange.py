"""Maps exchanged between towers, and their gradients the other way.

Forward each tower sends its maps to those that read them; backward it sends each
tower the gradient of that tower's maps, which are summed there: the transpose of
what went forward. As in the authors' code only activations travel, never weights
(`layer.cu:78-109,170-269`). Sends and receives are torch's own, point to point: on
CPUs (gloo) several times faster than its gather, on GPUs (NCCL) what that is made of.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from alexnet_lib.parallel.sharding import LOGITS, Wire

_DTYPES: dict[Wire, torch.dtype | None] = {
    "same": None,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}

GRADIENT_SCALE = 2.0**12
"""Factor of gradients that travel in float16, exactly undone after.

Without it the smallest are lost: before conv3 of the `paper` net at batch 128, as
drawn, their median is 2e-7, near float16's last step of 6e-8; 8 % become zero and
the rest has a relative error of 5 %. So scaled it is 2e-4, rounding alone. The
largest, before fc8, are 4e-4, and 65504 / 2**12 = 16 still fits; larger ones become
infinite, which stops the training with a word, as diverging does.
"""


@dataclass
class Rows:
    """This replica's rows of the batch at hand: `count` of `total`, from `first` on.

    One object serves a team's network; `DeviceMeshTeam.batches` fills it in with each
    batch that it yields. Dropout, deep within the network, needs it: the masks are
    drawn for the whole batch.
    """

    first: int = 0
    count: int = 0
    total: int = 0


class Passage(NamedTuple):
    """Name of an exchange: the maps that `layer` reads, or their gradients."""

    layer: str
    direction: Literal["forward", "backward"]


@dataclass
class Link:
    """One tower's connection to the others of its replica.

    `ranks` are those of the towers in order, this one's being `ranks[tower]`.
    `sent` counts the bytes this tower sent to others, and `waited` the seconds it
    stood still for theirs: over gloo. Over NCCL, where the GPU waits and the process
    goes on, it is only the time to enqueue that.
    """

    group: dist.ProcessGroup | None
    ranks: Sequence[int]
    tower: int
    wire: Wire = "same"
    sent: Counter[Passage] = field(default_factory=Counter)
    waited: float = 0.0

    @property
    def others(self) -> list[int]:
        """The other towers' numbers."""
        return [t for t in range(len(self.ranks)) if t != self.tower]

    def exchange(
        self,
        passage: Passage,
        outgoing: Mapping[int, Tensor],
        incoming: Sequence[int],
        like: Tensor,
    ) -> dict[int, Tensor]:
        """Send tensors to towers; returns those of the `incoming` ones, by tower.

        What comes has shape, type and device of `like`. Logits travel as they are,
        all else as `wire` says. Raises the backend's error if a tower has died.
        """
        wire = "same" if passage.layer == LOGITS else self.wire
        dtype = _DTYPES[wire] or like.dtype
        scaled = wire == "float16" and passage.direction == "backward"
        scale = GRADIENT_SCALE if scaled else 1.0
        sent = {
            t: _maps_last(x * scale if scaled else x).to(dtype).contiguous()
            for t, x in outgoing.items()
        }  # each (B, H, W, C / towers), or (B, units / towers)
        shape = _maps_last(like).shape
        received = {t: like.new_empty(shape, dtype=dtype) for t in incoming}
        self.sent[passage] += sum(x.nbytes for x in sent.values())
        self._swap(sent, received)
        came = {t: _maps_second(x).to(like.dtype) for t, x in received.items()}
        # each (B, C / towers, H, W) again, or (B, units / towers)
        return {t: x / scale for t, x in came.items()} if scaled else came

    def _swap(self, sent: Mapping[int, Tensor], received: Mapping[int, Tensor]) -> None:
        """Send and receive all at once: one after the other two could wait for ever."""
        operations = [self._operation(dist.isend, x, t) for t, x in sent.items()]
        operations += [self._operation(dist.irecv, x, t) for t, x in received.items()]
        started = time.perf_counter()
        for work in dist.batch_isend_irecv(operations) if operations else ():
            work.wait()
        self.waited += time.perf_counter() - started

    def _operation(self, kind: Any, tensor: Tensor, tower: int) -> dist.P2POp:
        return dist.P2POp(kind, tensor, self.ranks[tower], group=self.group)


def _maps_last(x: Tensor) -> Tensor:
    """View (B, C, H, W) as (B, H, W, C), in which layout the networks compute."""
    return x.permute(0, 2, 3, 1) if x.dim() == 4 else x


def _maps_second(x: Tensor) -> Tensor:
    """View (B, H, W, C) as (B, C, H, W)."""
    return x.permute(0, 3, 1, 2) if x.dim() == 4 else x


class Exchange(nn.Module):
    """Own maps to all maps, before the layer `name` that reads them.

    `readers` are the towers that compute that layer; any other gets no maps, a
    tensor (B, 0).
    """

    def __init__(self, link: Link, name: str, readers: Sequence[int]) -> None:
        super().__init__()
        self.link, self.name, self.readers = link, name, tuple(readers)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C / towers, ...) to (B, C, ...)."""
        return _Exchange.apply(x, self.link, self.name, self.readers)

    def extra_repr(self) -> str:
        """Between whom, for `print(net)`."""
        return f"tower {self.link.tower} of {len(self.link.ranks)}, for {self.name}"


class _Exchange(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, link: Link, name: str, readers: tuple[int, ...]
    ) -> Tensor:
        ctx.link, ctx.name, ctx.readers = link, name, readers
        ctx.shape = x.shape  # (B, C / towers, ...)
        reads = link.tower in readers
        outgoing = {t: x for t in link.others if t in readers}
        incoming = link.others if reads else []
        maps = link.exchange(Passage(name, "forward"), outgoing, incoming, x)
        if not reads:
            return x.new_zeros((len(x), 0))
        return _in_order(maps | {link.tower: x})  # (B, C, ...)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        link: Link = ctx.link
        incoming = [t for t in link.others if t in ctx.readers]
        passage = Passage(ctx.name, "backward")
        if link.tower not in ctx.readers:  # g is (B, 0)
            own = g.new_zeros(ctx.shape)  # (B, C / towers, ...)
            came = link.exchange(passage, {}, incoming, own)
        else:
            parts = g.chunk(len(link.ranks), dim=1)  # towers x (B, C / towers, ...)
            own, outgoing = parts[link.tower], {t: parts[t] for t in link.others}
            came = link.exchange(passage, outgoing, incoming, own)
        summed = sum(came.values(), start=own)  # (B, C / towers, ...)
        return summed, None, None, None


def _in_order(maps: Mapping[int, Tensor]) -> Tensor:
    return torch.cat([maps[t] for t in sorted(maps)], dim=1)  # (B, C, ...)


class Own(nn.Module):
    """All maps to this tower's own, after a layer that was computed on all."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C / towers, H, W)."""
        own = x.chunk(len(self.link.ranks), dim=1)[self.link.tower]  # a view
        return own.contiguous(memory_format=torch.channels_last)


class Logits(nn.Module):
    """The classifier's outputs of all `owners`, given to every tower.

    So each tower has the whole loss and asks for its own classes' gradient only:
    backward nothing travels. The gradient is weighted by this replica's part of the
    batch, so that the replicas' mean is the mean over all images, however the last
    batch divides.
    """

    def __init__(
        self, link: Link, owners: Sequence[int], classes: int, rows: Rows, replicas: int
    ) -> None:
        super().__init__()
        self.link, self.owners, self.classes = link, tuple(owners), classes
        self.rows, self.replicas = rows, replicas

    def forward(self, x: Tensor) -> Tensor:
        """(B, own classes) to (B, classes), at least float32."""
        x = x.to(torch.promote_types(x.dtype, torch.float32))
        return _Logits.apply(x, self)


class _Logits(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, to: Logits) -> Tensor:
        link, ctx.to = to.link, to
        own = link.tower in to.owners  # then x is (B, own classes), else (B, 0)
        outgoing = dict.fromkeys(link.others, x) if own else {}
        incoming = [t for t in link.others if t in to.owners]
        like = x if own else x.new_empty((len(x), to.classes // len(to.owners)))
        came = link.exchange(Passage(LOGITS, "forward"), outgoing, incoming, like)
        logits = _in_order(came | ({link.tower: x} if own else {}))  # (B, classes)
        return logits.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        to: Logits = ctx.to
        if to.link.tower not in to.owners:
            return g.new_zeros((len(g), 0)), None
        parts = g.chunk(len(to.owners), dim=1)  # owners x (B, own classes)
        own = parts[to.owners.index(to.link.tower)]
        if to.replicas > 1:
            own = own * (to.rows.count * to.replicas / to.rows.total)
        return own, None
