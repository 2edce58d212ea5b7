r"""Local response normalisation (§3.3), across maps and within a map.

$$b_i = a_i\, s_i^{-\beta}, \qquad s_i = k + \alpha \sum_{j \in W(i)} a_j^2$$

With $g = \partial L / \partial b$ the gradient has the same form, with sums over
the windows that $i$ lies in (the same windows, if $n$ is odd):

$$\partial L / \partial a_i = g_i s_i^{-\beta}
  - 2 \alpha \beta\, a_i \sum_{j : i \in W(j)} g_j a_j s_j^{-\beta - 1}$$

`reference` is that formula, to be read. The modules give the same, but go through
memory once where `torch.nn.LocalResponseNorm` goes a dozen times: `lrn_compiled` takes
large tensors on a CPU, `lrn_steps` all others. Only `a` is kept for the way back.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from alexnet_lib.modules import lrn_compiled
from alexnet_lib.modules.lrn_steps import Rule, Steps, cut


def reference(
    a: Tensor, n: int = 5, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75
) -> Tensor:
    """Normalise (B, C, H, W) by `n` neighbouring maps, as §3.3 prints it.

    `alpha` counts for each square; the first and last maps have fewer neighbours.
    """
    maps, b = a.shape[1], []
    for i in range(maps):
        window = a[:, max(0, i - n // 2) : i - n // 2 + n]  # (B, n or fewer, H, W)
        s = k + alpha * (window**2).sum(1)  # (B, H, W)
        b.append(a[:, i] / s**beta)
    return torch.stack(b, 1)  # (B, C, H, W)


class LocalResponseNorm(nn.Module):
    """Normalisation by `n` neighbouring maps at the same place (§3.3).

    With `divide_alpha_by_n` each square counts alpha/n, as in the authors' code
    (`layer.py:1183`), Caffe and torch: then it is `torch.nn.LocalResponseNorm(n,
    alpha, beta, k)`. Without, alpha, as the paper prints it. Map i's window is
    [i - n//2, i - n//2 + n), clipped to the maps of i's own group: with `groups`
    = 2 to those of its GPU (`layers-145.cfg:35-45`). Raises `ValueError` for n < 1.
    """

    def __init__(
        self,
        n: int = 5,
        k: float = 2.0,
        alpha: float = 1e-4,
        beta: float = 0.75,
        *,
        divide_alpha_by_n: bool,
        groups: int = 1,
    ) -> None:
        super().__init__()
        if n < 1:
            raise ValueError(f"a window holds at least one map, not {n}")
        self.n, self.k, self.alpha, self.beta = n, k, alpha, beta
        self.divide_alpha_by_n, self.groups = divide_alpha_by_n, groups

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape, layout and dtype; C divides by groups."""
        alpha = self.alpha / self.n if self.divide_alpha_by_n else self.alpha
        rule = Rule(self.n, self.groups, False, self.k, alpha, self.beta)
        return _Normalise.apply(x, rule)

    def extra_repr(self) -> str:
        """The constants, for `print(net)`."""
        alpha = f"{self.alpha:g}" + ("/n" if self.divide_alpha_by_n else "")
        groups = f", groups={self.groups}" if self.groups > 1 else ""
        return f"n={self.n}, k={self.k:g}, alpha={alpha}, beta={self.beta:g}{groups}"


class MapResponseNorm(nn.Module):
    """Normalisation by the `size` x `size` places around, within each map.

    cuda-convnet's `rnorm`: each square counts alpha/size^2, zeros lie beyond the
    edge (`layer.py:1183`, `layers-145.cfg:107-117`). Raises `ValueError` for
    size < 1.
    """

    def __init__(
        self, size: int = 5, k: float = 1.0, alpha: float = 1e-3, beta: float = 0.75
    ) -> None:
        super().__init__()
        if size < 1:
            raise ValueError(f"a window is at least one place wide, not {size}")
        self.size, self.k, self.alpha, self.beta = size, k, alpha, beta

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape, layout and dtype."""
        alpha = self.alpha / self.size**2
        rule = Rule(self.size, 1, True, self.k, alpha, self.beta)
        return _Normalise.apply(x, rule)

    def extra_repr(self) -> str:
        """The constants, for `print(net)`."""
        return (
            f"size={self.size}, k={self.k:g}, alpha={self.alpha:g}/size^2, "
            f"beta={self.beta:g}"
        )


class _Normalise(torch.autograd.Function):
    """b from a, by any rule; low precisions are computed in float32."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rule: Rule) -> Tensor:
        if x.dim() != 4 or x.shape[1] % rule.groups:
            raise ValueError(
                f"normalisation takes (B, C, H, W) with C in {rule.groups} equal "
                f"groups, not {tuple(x.shape)}"
            )
        x = _dense(x)
        ctx.save_for_backward(x)
        ctx.rule = rule
        y = torch.empty_like(x)
        library = lrn_compiled.library_for(rule, x)
        if library is not None:
            lrn_compiled.forward(library, rule, x, y)
        else:
            _forward(rule, x, y)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        (x,) = ctx.saved_tensors
        if g.stride() != x.stride():
            g = torch.empty_like(x).copy_(g)
        dx = torch.empty_like(x)
        library = lrn_compiled.library_for(ctx.rule, x)
        if library is not None:
            lrn_compiled.backward(library, ctx.rule, x, g, dx)
        else:
            _backward(ctx.rule, x, g, dx)
        return dx, None


def _forward(rule: Rule, x: Tensor, y: Tensor) -> None:
    steps = Steps(rule)
    pieces = cut(rule, x, y)
    squares, inside = rule.padded(pieces[0][0], beyond=rule.share)
    for a, b in pieces:
        steps.square(a, inside)
        steps.norm(a, squares, b)


def _backward(rule: Rule, x: Tensor, g: Tensor, dx: Tensor) -> None:
    steps = Steps(rule)
    pieces = cut(rule, x, g, dx)
    squares, inside = rule.padded(pieces[0][0], beyond=rule.share)
    terms, terms_inside = rule.padded(pieces[0][0], beyond=0.0, adjoint=True)
    direct = torch.empty_like(pieces[0][0], dtype=terms.dtype)
    for a, b_gradient, a_gradient in pieces:
        steps.square(a, inside)
        steps.direct(a, squares, b_gradient, direct, terms_inside)
        steps.others(a, direct, terms, a_gradient)


def _dense(x: Tensor) -> Tensor:
    if x.is_contiguous(memory_format=torch.channels_last):
        return x
    return x.contiguous()
