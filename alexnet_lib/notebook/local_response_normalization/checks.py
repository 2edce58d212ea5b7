"""Exercises of notebook 03."""

from __future__ import annotations

from operator import ne

import torch
from torch import Tensor, nn

from alexnet_lib.modules.lrn import LocalResponseNorm
from alexnet_lib.notebook.answers import Wrong, close, require
from alexnet_lib.notebook.exercise import Attempt, exercise
from alexnet_lib.notebook.local_response_normalization.responses import lost

N, K, ALPHA, BETA = 5, 2.0, 1e-4, 0.75


def norm(*, divide: bool = False) -> LocalResponseNorm:
    """The formula with the paper's constants; with `divide` as the code has it."""
    return LocalResponseNorm(N, K, ALPHA, BETA, divide_alpha_by_n=divide)


def responses() -> Tensor:
    """(2, 12, 7, 6) in float64, some above 100, so that the sums matter."""
    generator = torch.Generator().manual_seed(1)
    return 80 * torch.randn(2, 12, 7, 6, generator=generator, dtype=torch.float64)


@exercise
def window(attempt: Attempt) -> None:
    """`attempt(i, n, maps, gpus)`: the maps in map i's sum, lowest first."""
    for i, n, maps, gpus in _PLACES:
        size = maps // gpus
        low = i // size * size
        right = [j for j in range(i - n // 2, i - n // 2 + n) if low <= j < low + size]
        got = attempt(i, n, maps, gpus, wanted=right)
        if got == right:
            continue
        where = f"For map {i} of {maps}, n = {n}, {gpus} GPU{'s' * (gpus > 1)}"
        if not got:
            raise Wrong(f"{where}: the list is empty, and map {i} itself is always in.")
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
def normalise(attempt: Attempt) -> None:
    """`attempt(a)`: §3.3's formula as printed, with the paper's constants."""
    a = responses()
    right = norm()(a)
    got = attempt(a, wanted=right)
    if close(got, right):
        return
    mistakes = {
        "Each square counts alpha / n: code and torch do so, not the text.": (
            norm(divide=True)(a)
        ),
        "It multiplies by the power of the sum: divide.": a * (a / right),
        "It is the divisor, not what is divided by it.": a / right,
    }
    changed = a.clone()
    changed[:, :, 2, 3] /= 2
    elsewhere = (attempt(changed, wanted=right) - got)[:, :, 4, 3].abs().max()
    worst = int((got - right).abs().amax((0, 2, 3)).argmax())
    otherwise = f"It is not the formula, map {worst} is furthest off."
    if elsewhere > 0:
        otherwise = "Other positions count too: the sum is over maps, at one position."
    elif close(got[:, 2:-2], right[:, 2:-2]):
        otherwise = "It is right but for the first and last maps: the window is cut."
    require(got, right, mistakes, otherwise)


@exercise
def torchs_alpha(attempt: Attempt) -> None:
    """`attempt(n, alpha)`: for torch's layer to be the formula as printed."""
    a = responses()
    for n, alpha in ((5, 1e-4), (9, 2e-3)):
        given = attempt(n, alpha, wanted=alpha)
        layer = nn.LocalResponseNorm(n, alpha=given, beta=BETA, k=K)
        right = LocalResponseNorm(n, K, alpha, BETA, divide_alpha_by_n=False)
        if torch.allclose(layer(a), right(a)):
            continue
        counts = f"With {given:g} torch's layer counts each square {given / n:.2g}"
        if given < alpha:
            raise Wrong(f"{counts}, even less than before; the text counts {alpha:g}.")
        raise Wrong(
            f"{counts}, for torch averages over n = {n}; the text counts {alpha:g}."
        )


@exercise
def constants_for_scaled(attempt: Attempt) -> None:
    """`attempt(s, k, alpha)`: k and alpha for responses divided by s.

    The output is to be the old one divided by s.
    """
    a, s = responses(), 60.0
    k, alpha = attempt(s, K, ALPHA, wanted=(K, ALPHA))
    if k <= 0 or alpha <= 0:
        raise Wrong(f"k = {k:g}, alpha = {alpha:g}: both are to be above 0.")
    scaled = LocalResponseNorm(N, k, alpha, BETA, divide_alpha_by_n=False)
    right = norm()(a) / s
    got = scaled(a / s)
    if torch.allclose(got, right):
        return
    factor = got / right
    if factor.std() < 1e-6 * factor.mean():
        raise Wrong(
            f"The responses have the right proportions, but {factor.mean():.3g} times "
            "their size: something is left to do about k."
        )
    if lost(a / s, scaled, k, BETA) < 0.1 * lost(a, norm(), K, BETA):
        raise Wrong("It hardly normalises: the squares are s * s times smaller now.")
    raise Wrong("The proportions between the responses have changed.")


@exercise
def gradient(attempt: Attempt) -> None:
    """`attempt(a, g)`: dL/da from g = dL/db, formula and constants as printed."""
    a = responses().requires_grad_()
    generator = torch.Generator().manual_seed(2)
    g = torch.randn(a.shape, generator=generator, dtype=torch.float64)
    (right,) = torch.autograd.grad(norm()(a), a, g)
    got = attempt(a.detach(), g, wanted=right)
    with torch.no_grad():
        direct = g * norm()(a) / a
    mistakes = {
        "It takes the divisor for a constant: a_i is in s_j as well.": direct,
        "The sign of the second term.": 2 * direct - right,
        "It is only the second term: a_i is b_i's numerator as well.": right - direct,
    }
    only = torch.where(torch.arange(12)[:, None, None] == 5, g, 0)
    own = torch.autograd.grad(norm()(a), a, only)[0]
    otherwise = "It parts from automatic differentiation."
    if close(got[:, 5], own[:, 5]):
        otherwise = "Of the windows that a_i is in, only its own is counted."
    require(got, right, mistakes, otherwise)


@exercise
def one_change(attempt: Attempt) -> None:
    """`attempt(nets, i)`: the indices of the nets that differ from nets[i] in one."""
    for nets, i in _CHANGED:
        count = [sum(map(ne, net, nets[i])) for net in nets]
        right = [j for j, n in enumerate(count) if n == 1]
        got = attempt(list(nets), i, wanted=[0])
        if got == right:
            continue
        where = f"For nets = {list(nets)}, i = {i}"
        if i in got:
            raise Wrong(f"{where}: net {i} itself differs from itself in nothing.")
        if any(not 0 <= j < len(nets) for j in got):
            raise Wrong(f"{where}: there is no net {max(got, key=abs)}.")
        if sorted(set(got)) != got:
            raise Wrong(f"{where}: list each index once, lowest first.")
        for j in got:
            if count[j] != 1:
                raise Wrong(
                    f"{where}: net {j} differs in {count[j]} settings, not in one."
                )
        missing = next(j for j in right if j not in got)
        raise Wrong(f"{where}: net {missing} differs in one setting, and is not there.")


_FOUR = (False, 32, 0.004), (True, 32, 0.004), (False, 64, 0.004), (True, 64, 0.01)
"""The nets on CIFAR-10: whether they normalise, local3's maps, fc10's decay."""
_CHANGED = [
    *((_FOUR, i) for i in range(4)),
    ((_FOUR[3], _FOUR[0], (True, 64, 0.004), _FOUR[3]), 0),
]
