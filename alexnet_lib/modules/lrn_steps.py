"""What response normalisation does to pieces of a tensor, plainly or compiled.

The formulas stand in `nets/lrn.py`.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from alexnet_lib import settings

# values in one piece per thread: 1.5 MB in float32, so that a handful fit in the
# cache, and few enough pieces that the calls themselves do not count: half as many
# or twice as many are slower
_PIECE = 393_216

# compiling takes seconds, once for a kind of tensor: a tensor of this many values,
# conv1's of 30 images of 224 pixels, makes that good in a hundred steps
_COMPILE_FROM = 2**23


class Rule(NamedTuple):
    """Windows of `n` each way, along a group's maps or within each map; constants."""

    n: int
    groups: int
    within_map: bool
    k: float
    alpha: float
    beta: float

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes, in memory order, along which the neighbours lie."""
        return (1, 2) if self.within_map else (2,)

    @property
    def share(self) -> float:
        """k's part at each place of a window: one sum, with the squares, is s."""
        return self.k / self.n ** len(self.axes)

    def in_memory_order(self, x: Tensor) -> Tensor:
        """A dense (B, C, H, W) as a contiguous array, the axes as they lie there."""
        if not x.is_contiguous():
            x = x.permute(0, 2, 3, 1)  # (B, H, W, C)
            return x if self.within_map else self._grouped(x.flatten(0, 2))
        if self.within_map:
            return x.flatten(0, 1)  # (B * C, H, W)
        return self._grouped(x.flatten(2))  # (B, groups, C / groups, H * W)

    def _grouped(self, x: Tensor) -> Tensor:
        return x.unflatten(1, (self.groups, -1))

    def padded(
        self, piece: Tensor, beyond: float, adjoint: bool = False
    ) -> tuple[Tensor, Tensor]:
        """A buffer with n - 1 places `beyond` the edge around each row; its inside.

        In float32 at least. A window begins n//2 before its value; the adjoint's
        sums are of the values in whose windows one lies.
        """
        shape = list(piece.shape)
        for axis in self.axes:
            shape[axis] += self.n - 1
        wide = torch.promote_types(piece.dtype, torch.float32)
        buffer = inside = piece.new_full(shape, beyond, dtype=wide)
        before = self.n - 1 - self.n // 2 if adjoint else self.n // 2
        for axis in self.axes:
            inside = inside.narrow(axis, before, piece.shape[axis])
        return buffer, inside

    def sums(self, padded: Tensor) -> Tensor:
        """Window sums of a padded array."""
        for axis in self.axes:
            padded = _running_sum(padded, self.n, axis)
        return padded


def _running_sum(values: Tensor, n: int, axis: int) -> Tensor:
    """Sums of `n` neighbours along an axis, in about log2(n) additions."""
    if n == 1:
        return values
    half = _running_sum(values, n // 2, axis)
    size = half.shape[axis] - n // 2
    both = half.narrow(axis, 0, size) + half.narrow(axis, n // 2, size)
    if n % 2 == 0:
        return both
    size -= 1
    return both.narrow(axis, 0, size).add_(values.narrow(axis, n - 1, size))


class Steps(NamedTuple):
    """What is done to a piece; the last arguments are written to.

    `square(a, inside)` prepares the sum s, `norm(a, padded, b)` ends the way there;
    `direct(a, padded, g, direct, inside)` and `others(a, direct, padded, da)` give
    the two terms of the gradient and add them.
    """

    square: Callable[..., None]
    norm: Callable[..., None]
    direct: Callable[..., None]
    others: Callable[..., None]


@cache
def steps_of(rule: Rule, compiled: bool) -> Steps:
    """The steps under a rule, each as one compiled loop or operation by operation."""

    def scale(padded: Tensor) -> tuple[Tensor, Tensor]:
        s = rule.sums(padded)
        if rule.beta != 0.75:
            return s, s.pow(-rule.beta)
        root = s.rsqrt()
        return s, root.sqrt().mul_(root)

    def square(a: Tensor, inside: Tensor) -> None:
        a = a.to(inside.dtype)
        share = a.new_full((), rule.share)
        inside.copy_(torch.addcmul(share, a, a, value=rule.alpha))

    def norm(a: Tensor, padded: Tensor, b: Tensor) -> None:
        _, power = scale(padded)
        b.copy_(power.mul_(a))

    def direct(
        a: Tensor, padded: Tensor, g: Tensor, direct: Tensor, inside: Tensor
    ) -> None:
        s, power = scale(padded)
        direct.copy_(power.mul_(g))
        inside.copy_(power.mul_(a).div_(s))

    def others(a: Tensor, direct: Tensor, padded: Tensor, da: Tensor) -> None:
        factor = -2 * rule.alpha * rule.beta
        da.copy_(
            torch.addcmul(direct, rule.sums(padded), a.to(direct.dtype), value=factor)
        )

    steps = square, norm, direct, others
    if not compiled:
        return Steps(*steps)
    # each dtype, layout, rule is a variant of one code; past the limit it would fail
    torch._dynamo.config.recompile_limit = 64
    options: dict[str, Any] = {"compile_threads": 1}
    return Steps(*(torch.compile(s, fullgraph=True, options=options) for s in steps))


def compiles(x: Tensor) -> bool:
    """Whether `x` is normalised in compiled loops, two to three times faster.

    That is: on a CPU, if it is large, where `$CXX` or else g++ (macOS: clang++) is
    found. A large tensor without a compiler draws a warning, once.
    """
    if x.device.type != "cpu" or x.numel() < _COMPILE_FROM:
        return False
    return _has_compiler()


@cache
def _has_compiler() -> bool:
    compiler = settings.compiler()
    found = shutil.which(compiler) is not None
    if not found:
        warnings.warn(
            f"no C++ compiler ({compiler}): response normalisation runs two to three "
            "times slower; install one, or name it in CXX",
            stacklevel=2,
        )
    return found


def cut(rule: Rule, *tensors: Tensor) -> list[tuple[Tensor, ...]]:
    """Matching pieces, all of one shape, of tensors that are laid out alike.

    The last overlaps the one before, where rows are left over: what it writes twice
    is the same. Elsewhere than on a CPU the whole is one piece.
    """
    arrays = [rule.in_memory_order(t) for t in tensors]
    whole = arrays[0]
    rows = len(whole)
    if whole.device.type == "cpu":
        size = _PIECE * torch.get_num_threads()
        rows = min(rows, max(1, size // whole[:1].numel()))
    starts = [min(at, len(whole) - rows) for at in range(0, len(whole), rows)]
    return [tuple(array[at : at + rows] for array in arrays) for at in starts]
