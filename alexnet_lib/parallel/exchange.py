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
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from alexnet_lib.parallel.sharding import Wire

_DTYPES: dict[Wire, torch.dtype | None] = {
    "same": None,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}

GRADIENT_SCALE = 2.0**12
"""What gradients are multiplied by to travel in float16, exactly undone after.

Without it the smallest are lost: before conv3 of the `paper` net at batch 128, as
drawn, their median is 2e-7, near float16's last step of 6e-8; 8 % become zero and
the rest has a relative error of 5 %. So scaled it is 2e-4, rounding alone. The
largest, before fc8, are 4e-4, and 65504 / 2**12 = 16 still fits; larger ones become
infinite, which stops the training with a word, as diverging does.
"""


@dataclass
class Rows:
    """Which rows of the whole batch this replica has: `count` of `total` from `first`.

    One object serves a network's whole life; whoever hands out batches fills it in.
    """

    first: int = 0
    count: int = 0
    total: int = 0


@dataclass
class Link:
    """One tower's connection to the others of its replica.

    `ranks` are those of the towers in order, this one's being `ranks[tower]`.
    `sent` counts the bytes this tower sent to others, by layer and direction, and
    `waited` the seconds it stood still for theirs: over gloo. Over NCCL, where the
    GPU waits and the process goes on, it is only the time to enqueue that.
    """

    group: dist.ProcessGroup | None
    ranks: Sequence[int]
    tower: int
    wire: Wire = "same"
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    waited: float = 0.0

    @property
    def others(self) -> list[int]:
        """The other towers' numbers."""
        return [t for t in range(len(self.ranks)) if t != self.tower]

    def start(
        self,
        what: tuple[str, str],
        outgoing: Mapping[int, Tensor],
        incoming: Sequence[int],
        shape: Sequence[int],
        like: Tensor,
        precise: bool = False,
    ) -> Pending:
        """Begin to send `outgoing` by tower, and to receive from `incoming` towers.

        What comes has `shape`, and type and device of `like`. `precise` leaves the
        wire's half precision out. Nothing may be changed before `wait`.
        """
        dtype = (None if precise else _DTYPES[self.wire]) or like.dtype
        backward = self.wire == "float16" and what[1] == "backward"
        scale = GRADIENT_SCALE if backward else 1.0
        sent = {
            t: _flat((x * scale if backward else x).to(dtype))
            for t, x in outgoing.items()
        }
        received = {t: _room(shape, like, dtype) for t in incoming}
        operations = [self._operation(dist.isend, x, t) for t, x in sent.items()]
        operations += [self._operation(dist.irecv, x, t) for t, x in received.items()]
        works = dist.batch_isend_irecv(operations) if operations else []
        self.sent[what] += sum(x.nbytes for x in sent.values())
        return Pending(self, works, sent, received, like.dtype, scale)

    def _operation(self, kind: Any, tensor: Tensor, tower: int) -> dist.P2POp:
        return dist.P2POp(kind, tensor, self.ranks[tower], group=self.group)


@dataclass
class Pending:
    """An exchange under way; what comes was multiplied by `scale` to travel."""

    link: Link
    works: list[dist.Work]
    sent: Mapping[int, Tensor]
    received: Mapping[int, Tensor]
    dtype: torch.dtype
    scale: float = 1.0

    def wait(self) -> dict[int, Tensor]:
        """What came, by tower. Raises the backend's error if a tower has died."""
        started = time.perf_counter()
        for work in self.works:
            work.wait()
        self.link.waited += time.perf_counter() - started
        came = {t: _shaped(x).to(self.dtype) for t, x in self.received.items()}
        if self.scale == 1.0:
            return came
        return {t: x / self.scale for t, x in came.items()}


def _flat(x: Tensor) -> Tensor:
    """As it goes over the wire: maps last, in which layout the networks compute."""
    return x.permute(0, 2, 3, 1).contiguous() if x.dim() == 4 else x.contiguous()


def _room(shape: Sequence[int], like: Tensor, dtype: torch.dtype) -> Tensor:
    if len(shape) == 4:
        shape = (shape[0], shape[2], shape[3], shape[1])
    return like.new_empty(tuple(shape), dtype=dtype)


def _shaped(x: Tensor) -> Tensor:
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
        ctx.shape = x.shape
        reads = link.tower in readers
        outgoing = {t: x for t in link.others if t in readers}
        incoming = link.others if reads else []
        maps = link.start((name, "forward"), outgoing, incoming, x.shape, x).wait()
        if not reads:
            return x.new_zeros((len(x), 0))
        return _in_order(maps | {link.tower: x})

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        link: Link = ctx.link
        reads = link.tower in ctx.readers
        parts = g.chunk(len(link.ranks), dim=1) if reads else ()
        outgoing = {t: parts[t] for t in link.others} if reads else {}
        incoming = [t for t in link.others if t in ctx.readers]
        what = (ctx.name, "backward")
        came = link.start(what, outgoing, incoming, ctx.shape, g).wait()
        terms = [parts[link.tower], *came.values()] if reads else [*came.values()]
        return sum(terms[1:], start=terms[0]), None, None, None


def _in_order(maps: Mapping[int, Tensor]) -> Tensor:
    return torch.cat([maps[t] for t in sorted(maps)], dim=1)


class Own(nn.Module):
    """All maps to this tower's own, after a layer that was computed on all."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C / towers, H, W)."""
        own = x.chunk(len(self.link.ranks), dim=1)[self.link.tower]
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
        own = link.tower in to.owners
        outgoing = dict.fromkeys(link.others, x) if own else {}
        incoming = [t for t in link.others if t in to.owners]
        shape = (len(x), to.classes // len(to.owners))
        what = ("logits", "forward")
        came = link.start(what, outgoing, incoming, shape, x, precise=True).wait()
        return _in_order(came | ({link.tower: x} if own else {})).clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        to: Logits = ctx.to
        if to.link.tower not in to.owners:
            return g.new_zeros((len(g), 0)), None
        own = g.chunk(len(to.owners), dim=1)[to.owners.index(to.link.tower)]
        if to.replicas > 1:
            own = own * (to.rows.count * to.replicas / to.rows.total)
        return own, None
