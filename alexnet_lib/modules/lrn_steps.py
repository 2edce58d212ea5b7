"""Response normalisation by torch's own operations, a piece of a tensor at a time.

A piece is small enough for the processor's cache and goes through all steps before
the next one; a window sum is a few additions of the piece, padded between its rows,
to itself shifted, and s^(-3/4) is square roots. The formulas stand in `lrn.py`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

# values in one piece per thread: 1.5 MB in float32, so that a handful fit in the
# cache, and few enough pieces that the calls themselves do not count: half as many
# or twice as many are slower
_PIECE = 393_216


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


class Steps:
    """A rule applied to a piece, one operation of torch after another.

    The last arguments are written to. `square` and `norm` are the way there; then
    `square`, `direct` and `others` the way back.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def square(self, a: Tensor, inside: Tensor) -> None:
        """Prepare s in a padded buffer: its window sums."""
        a = a.to(inside.dtype)
        share = a.new_full((), self.rule.share)
        inside.copy_(torch.addcmul(share, a, a, value=self.rule.alpha))

    def norm(self, a: Tensor, padded: Tensor, b: Tensor) -> None:
        """b = a s^-beta."""
        _, power = self._scale(padded)
        b.copy_(power.mul_(a))

    def direct(
        self, a: Tensor, padded: Tensor, g: Tensor, direct: Tensor, inside: Tensor
    ) -> None:
        """The gradient's first term, and in a padded buffer what the second sums."""
        s, power = self._scale(padded)
        direct.copy_(power.mul_(g))
        inside.copy_(power.mul_(a).div_(s))

    def others(self, a: Tensor, direct: Tensor, padded: Tensor, da: Tensor) -> None:
        """The gradient: its first term, and the window sums of the second."""
        factor = -2 * self.rule.alpha * self.rule.beta
        sums = self.rule.sums(padded)
        da.copy_(torch.addcmul(direct, sums, a.to(direct.dtype), value=factor))

    def _scale(self, padded: Tensor) -> tuple[Tensor, Tensor]:
        """s and s^-beta."""
        s = self.rule.sums(padded)
        if self.rule.beta != 0.75:
            return s, s.pow(-self.rule.beta)
        root = s.rsqrt()
        return s, root.sqrt().mul_(root)


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
