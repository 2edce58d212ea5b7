"""Exercises of notebook 03."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from alexnet_lib.modules.lrn import LocalResponseNorm
from alexnet_lib.notebook.exercise import Wrong, exercise
from alexnet_lib.notebook.local_response_normalization.responses import lost

N, K, ALPHA, BETA = 5, 2.0, 1e-4, 0.75
Norm = Callable[[Tensor], Tensor]


@exercise
def window(attempt: Callable[[int, int, int, int], list[int]]) -> None:
    """`attempt(i, n, maps, gpus)`: the maps in map i's sum, lowest first."""
    for i, n, maps, gpus in _PLACES:
        size = maps // gpus
        low = i // size * size
        right = [j for j in range(i - n // 2, i - n // 2 + n) if low <= j < low + size]
        got = list(attempt(i, n, maps, gpus))
        if got == right:
            continue
        where = f"For map {i} of {maps}, n = {n}, {gpus} GPU{'s' * (gpus > 1)}"
        if sorted(got) != got or len(set(got)) != len(got):
            raise Wrong(f"{where}: list each map once, lowest first.")
        if any(not 0 <= j < maps for j in got):
            raise Wrong(
                f"{where}: there is no map {got[0] if got[0] < 0 else got[-1]}."
            )
        if {j // size for j in got} != {i // size}:
            raise Wrong(f"{where}: the window crosses to the other GPU.")
        if n % 2 == 0:
            raise Wrong(f"{where}: an even window leans low, {right}, not {got}.")
        raise Wrong(f"{where}: {right}, not {got}.")


_PLACES = [
    *((i, 5, 96, 1) for i in (10, 0, 1, 95, 48)),
    *((i, 5, 96, 2) for i in (10, 47, 48, 49)),
    *((i, 4, 12, 1) for i in (5, 0, 11)),
    (7, 9, 8, 2),
]


@exercise
def normalise(attempt: Norm) -> None:
    """`attempt(a)`: §3.3's formula as printed, with the paper's constants."""
    a = _responses()
    right = _norm()(a)
    got = attempt(a.clone())
    if got.shape != a.shape:
        raise Wrong(f"{tuple(a.shape)} went in, {tuple(got.shape)} came out.")
    if torch.allclose(got, right):
        return
    if torch.allclose(got, _norm(divide=True)(a)):
        raise Wrong("Each square counts alpha / n: code and torch do so, not the text.")
    if torch.allclose(got, a * (a / right)):
        raise Wrong("It multiplies by the power of the sum: divide.")
    changed = a.clone()
    changed[:, :, 2, 3] = 0
    elsewhere = (attempt(changed) - got)[:, :, 4, 3].abs().max()
    if elsewhere > 0:
        raise Wrong("Other places count too: the sum runs over maps, at one place.")
    if torch.allclose(got[:, 2:-2], right[:, 2:-2]):
        raise Wrong("It is right but for the first and last maps: the window is cut.")
    worst = int((got - right).abs().amax((0, 2, 3)).argmax())
    raise Wrong(f"It is not the formula, map {worst} is furthest off.")


@exercise
def torchs_alpha(attempt: Callable[[int, float], float]) -> None:
    """`attempt(n, alpha)`: for torch's layer to be the formula as printed."""
    a = _responses()
    for n, alpha in ((5, 1e-4), (9, 2e-3)):
        given = attempt(n, alpha)
        layer = nn.LocalResponseNorm(n, alpha=given, beta=BETA, k=K)
        right = LocalResponseNorm(n, K, alpha, BETA, divide_alpha_by_n=False)
        if torch.allclose(layer(a), right(a)):
            continue
        if given < alpha:
            raise Wrong("That way each square counts even less.")
        raise Wrong(f"For n = {n}, alpha = {alpha:g}, not {given:g}: torch averages.")


@exercise
def constants_for_scaled(
    attempt: Callable[[float, float, float], tuple[float, float]],
) -> None:
    """`attempt(s, k, alpha)`: k and alpha for responses divided by s.

    The output is to be the old one divided by s.
    """
    a, s = _responses(), 60.0
    k, alpha = attempt(s, K, ALPHA)
    norm = LocalResponseNorm(N, k, alpha, BETA, divide_alpha_by_n=False)
    right = _norm()(a) / s
    got = norm(a / s)
    if torch.allclose(got, right):
        return
    factor = got / right
    if factor.std() < 1e-6 * factor.mean():
        raise Wrong(
            f"The responses have the right proportions, but {factor.mean():.3g} times "
            "their size: something is left to do about k."
        )
    if lost(a / s, norm, k, BETA) < 0.1 * lost(a, _norm(), K, BETA):
        raise Wrong("It hardly normalises: the squares are s * s times smaller now.")
    raise Wrong("The proportions between the responses have changed.")


@exercise
def gradient(attempt: Callable[[Tensor, Tensor], Tensor]) -> None:
    """`attempt(a, g)`: dL/da from g = dL/db, formula and constants as printed."""
    a = _responses().requires_grad_()
    generator = torch.Generator().manual_seed(2)
    g = torch.randn(a.shape, generator=generator, dtype=torch.float64)
    norm = _norm()
    (right,) = torch.autograd.grad(norm(a), a, g)
    got = attempt(a.detach(), g)
    if torch.allclose(got, right):
        return
    with torch.no_grad():
        direct = g * norm(a) / a
    if torch.allclose(got, direct):
        raise Wrong("It takes the divisor for a constant: a_i is in s_j as well.")
    if torch.allclose(got - direct, direct - right):
        raise Wrong("The sign of the second term.")
    own = torch.autograd.grad(
        norm(a), a, torch.where(torch.arange(12)[:, None, None] == 5, g, 0)
    )[0]
    if torch.allclose(got[:, 5], own[:, 5]):
        raise Wrong("Of the windows that a_i is in, only its own is counted.")
    raise Wrong("It parts from automatic differentiation.")


@exercise
def across_maps(attempt: Norm) -> None:
    """`attempt(a)`: normalised by neighbouring maps, each square counting alpha / n."""
    a = _responses()
    moved = a.roll(1, dims=2)
    if not torch.allclose(attempt(moved).roll(-1, dims=2), attempt(a)):
        raise Wrong(
            "Shift the picture by a row, and the answers at its edge change: the sum "
            "runs over places."
        )
    if not torch.allclose(attempt(a), _norm(divide=True)(a)):
        raise Wrong("It runs over maps now, but is not the formula with alpha / n.")


@exercise
def how_far(attempt: Norm) -> None:
    """`attempt(a)`: the formula with n = 5, as printed."""
    single = torch.zeros(1, 21, 1, 1, dtype=torch.float64)
    single[0, 10] = 1000.0
    base = torch.ones_like(single)
    touched = (attempt(base + single) - attempt(base)).abs().flatten() > 1e-9
    count = int(touched.sum())
    if count != N:
        raise Wrong(f"One response reaches the sums of {count} maps; n is {N}.")
    a = _responses()
    if not torch.allclose(attempt(a), _norm()(a)):
        raise Wrong(f"The window holds {N} maps, but it is not the formula.")


@exercise
def half_precision(attempt: Norm) -> None:
    """`attempt(a)`: the formula on float16 responses, answers in float16."""
    a = (10 * _responses()).clamp(0, 2000).half()
    right = _norm()(a.double())
    got = attempt(a)
    if got.dtype != torch.float16:
        raise Wrong(
            f"float16 went in, {str(got.dtype).removeprefix('torch.')} came out."
        )
    wiped = (got == 0) & (right > 1)
    if wiped.any():
        raise Wrong(
            f"{int(wiped.sum())} responses became 0, the largest of them "
            f"{a[wiped].max().item():.0f}. What is its square in float16?"
        )
    if not torch.allclose(got.double(), right, rtol=5e-3, atol=1e-2):
        raise Wrong("Nothing is wiped out any more, but it is not the formula.")


@exercise
def does_something(attempt: Callable[[Tensor], Tensor]) -> None:
    """`attempt(images)`: uint8 to what a net with the paper's LRN is fed.

    Seen through 96 kernels of 11x11 with the paper's init.
    """
    generator = torch.Generator().manual_seed(4)
    images = torch.randint(0, 256, (4, 3, 8, 8), generator=generator).byte()
    images = images.repeat_interleave(4, 2).repeat_interleave(4, 3)
    kernels = 0.01 * torch.randn(96, 3, 11, 11, generator=generator)
    fed = attempt(images)
    if fed.float().mean().abs() > 0.1 * fed.float().std():
        raise Wrong("The pixels are not centred.")
    responses = nn.functional.conv2d(fed.float(), kernels, stride=4).relu()
    share = lost(responses, _norm(), K, BETA)
    if share < 1e-3:
        raise Wrong(
            f"Normalisation takes away {share:.4%} of the responses: k is all there is."
        )


def _norm(*, divide: bool = False) -> LocalResponseNorm:
    return LocalResponseNorm(N, K, ALPHA, BETA, divide_alpha_by_n=divide)


def _responses() -> Tensor:
    """(2, 12, 7, 6) in float64, some above 100, so that the sums matter."""
    generator = torch.Generator().manual_seed(1)
    return 80 * torch.randn(2, 12, 7, 6, generator=generator, dtype=torch.float64)
