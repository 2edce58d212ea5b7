"""Exchange and computation at the same time.

A layer that reads the maps of all towers is a sum over towers: of its kernels'
part for the tower's own maps, and of the rest. The first is computed while the
others' maps are under way. Backward, the part for the others' maps comes first:
the gradient of those maps and, in the same call, of their kernels; then the former
is sent, and the part for the tower's own maps is computed meanwhile. The authors'
code, too, has one weight matrix per input and sums the outputs
(`layer.cu:157-166,833`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from alexnet_lib.parallel.exchange import Link, Pending


class _Passage:
    """One exchange of one step: what is under way, forward and then backward."""

    def __init__(self, link: Link, name: str) -> None:
        self.link, self.name = link, name
        self.pending: Pending | None = None

    def start(self, way: str, outgoing: dict[int, Tensor], like: Tensor) -> None:
        """Send by tower; receive as much from each of the others."""
        self.pending = self.link.start(
            (self.name, way), outgoing, self.link.others, like.shape, like
        )

    def wait(self) -> dict[int, Tensor]:
        """What came from each of the others."""
        assert self.pending is not None
        came, self.pending = self.pending.wait(), None
        return came


class _Send(torch.autograd.Function):
    """Own maps, which are on their way to the others; backward: their gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, passage: _Passage) -> Tensor:
        ctx.passage = passage
        passage.start("forward", dict.fromkeys(passage.link.others, x), x)
        return x.view_as(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        return sum(ctx.passage.wait().values(), start=g), None


class _Receive(torch.autograd.Function):
    """The others' maps, end to end; backward: their gradients set out."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, passage: _Passage) -> Tensor:
        ctx.passage = passage
        came = passage.wait()
        return torch.cat([came[t] for t in passage.link.others], dim=1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        passage = ctx.passage
        others = passage.link.others
        parts = g.chunk(len(others), dim=1)
        passage.start("backward", dict(zip(others, parts, strict=True)), parts[0])
        return None, None


def overlapped(layer: nn.Conv2d | nn.Linear, link: Link, name: str) -> nn.Module:
    """The layer that reads all maps, given this tower's own; weights as in `layer`."""
    layer.__class__ = (
        OverlappedConv2d if isinstance(layer, nn.Conv2d) else OverlappedLinear
    )
    vars(layer).update(link=link, layer_name=name)
    return layer


def _overlapping(
    x: Tensor,
    weight: Tensor,
    link: Link,
    name: str,
    compute: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    """`compute(maps, weight)` for own maps, then added for the others'."""
    passage = _Passage(link, name)
    own_maps = _Send.apply(x, passage)
    parts = weight.chunk(len(link.ranks), dim=1)
    result = compute(own_maps, parts[link.tower])
    others = _Receive.apply(own_maps, passage)
    return result + compute(others, torch.cat([parts[t] for t in link.others], dim=1))


class OverlappedConv2d(nn.Conv2d):
    """(B, C / towers, H, W) to (B, maps, H', W')."""

    link: Link
    layer_name: str

    def forward(self, x: Tensor) -> Tensor:
        """Of own maps and, over `link`, the others'."""
        assert self.bias is not None
        y = _overlapping(x, self.weight, self.link, self.layer_name, self._convolve)
        return y + self.bias.to(y.dtype).view(-1, 1, 1)

    def _convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        return functional.conv2d(x, weight, None, self.stride, self.padding)


class OverlappedLinear(nn.Linear):
    """(B, in / towers) to (B, units)."""

    link: Link
    layer_name: str

    def forward(self, x: Tensor) -> Tensor:
        """Of own values and, over `link`, the others'."""
        assert self.bias is not None
        y = _overlapping(x, self.weight, self.link, self.layer_name, functional.linear)
        return y + self.bias.to(y.dtype)
