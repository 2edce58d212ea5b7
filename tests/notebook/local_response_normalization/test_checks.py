"""Checks of notebook 03's exercises tell wrong from right, and say in what way.

That they accept the solutions is tested by the solution notebook.
"""

import pytest
import torch
from torch import nn

from alexnet_lib.modules.lrn import LocalResponseNorm, MapResponseNorm
from alexnet_lib.notebook.local_response_normalization import bugs as bug
from alexnet_lib.notebook.local_response_normalization import checks as check

LITERAL = LocalResponseNorm(divide_alpha_by_n=False)
DIVIDED = LocalResponseNorm(divide_alpha_by_n=True)


def over_the_border(i, n, maps, gpus):
    return list(range(max(0, i - n // 2), min(maps, i - n // 2 + n)))


def beyond_the_last(i, n, maps, gpus):
    return list(range(i - n // 2, i - n // 2 + n))


def one_too_many(i, n, maps, gpus):
    size = maps // gpus
    low = i // size * size
    return list(range(max(low, i - n // 2), min(low + size, i + n // 2 + 1)))


def sums(x):
    return nn.functional.pad(x, (0, 0, 0, 0, 2, 2)).unfold(1, 5, 1).sum(-1)


def around_a_ring(a):
    squares = sum((a**2).roll(shift, dims=1) for shift in range(-2, 3))
    return a / (2 + 1e-4 * squares) ** 0.75


def gradient(a, g, sign=-1.0, others=sums):
    s = 2 + 1e-4 * sums(a**2)
    second = 2 * 1e-4 * 0.75 * a * others(g * a * s**-1.75)
    return g * s**-0.75 + sign * second


def any_change(nets, i, fewest=1, most=3):
    counts = [sum(a != b for a, b in zip(n, nets[i], strict=True)) for n in nets]
    return [j for j, n in enumerate(counts) if fewest <= n <= most]


def changes(nets, i):
    return any_change(nets, i, most=1)


WRONG = [
    (check.window, over_the_border, "crosses to the other GPU"),
    (check.window, beyond_the_last, "there is no map"),
    (check.window, one_too_many, "leans low"),
    (check.window, lambda *place: one_too_many(*place)[::-1], "lowest first"),
    (check.window, lambda i, n, maps, gpus: [i], "GPU: [8, 9, 10, 11, 12], not [10]"),
    (check.window, lambda i, n, maps, gpus: [], "the list is empty, and map 10 itself"),
    (check.normalise, DIVIDED, "alpha / n"),
    (check.normalise, lambda a: a * (a / LITERAL(a)), "divide"),
    (
        check.normalise,
        lambda a: LITERAL(a).sum(1),
        "Wanted: a tensor of shape (2, 12, 7, 6)",
    ),
    (check.normalise, MapResponseNorm(5, 2.0, 25e-4), "Other positions count"),
    (check.normalise, around_a_ring, "first and last maps"),
    (check.normalise, LocalResponseNorm(3, divide_alpha_by_n=False), "not the formula"),
    (
        check.torchs_alpha,
        lambda n, alpha: alpha,
        "With 0.0001 torch's layer counts each square 2e-05, for torch averages over "
        "n = 5; the text counts 0.0001.",
    ),
    (check.torchs_alpha, lambda n, alpha: alpha / n, "even less"),
    (check.constants_for_scaled, lambda s, k, alpha: (k / s**2, alpha), "about k."),
    (check.constants_for_scaled, lambda s, k, alpha: (k, alpha), "hardly normalises"),
    (
        check.constants_for_scaled,
        lambda s, k, alpha: (k, 9 * s * alpha),
        "have changed",
    ),
    (check.gradient, lambda a, g: gradient(a, g, sign=0), "for a constant"),
    (check.gradient, lambda a, g: gradient(a, g, sign=1), "The sign"),
    (check.gradient, lambda a, g: gradient(a, g, others=lambda x: x), "only its own"),
    (check.gradient, lambda a, g: g, "parts from"),
    (check.normalise, lambda a: a / LITERAL(a), "the divisor"),
    (
        check.constants_for_scaled,
        lambda s, k, alpha: (-k, alpha),
        "both are to be above 0",
    ),
    (check.one_change, lambda nets, i: [i], "itself differs from itself in nothing"),
    (check.one_change, lambda nets, i: [9], "there is no net 9"),
    (check.one_change, lambda nets, i: [2, 1], "lowest first"),
    (check.one_change, lambda nets, i: any_change(nets, i), "net 3 differs in 3"),
    (
        check.one_change,
        lambda nets, i: changes(nets, i)[:1],
        "net 2 differs in one setting, and is not there",
    ),
    (
        check.one_change,
        lambda nets, i: changes(nets, i) or [1],
        "i = 3: net 1 differs in 2",
    ),
    (bug.across_maps, MapResponseNorm(5, 2.0, 1e-4), "runs over positions"),
    (bug.across_maps, LITERAL, "counts alpha, not alpha / n"),
    (bug.how_far, LocalResponseNorm(11, divide_alpha_by_n=False), "11 maps"),
    (bug.how_far, DIVIDED, "each square counts alpha / n"),
    (bug.how_far, lambda a: 0 * a, "changes no answer"),
    (bug.half_precision, lambda a: LITERAL(a.float()), "float32 came out"),
    (bug.half_precision, lambda a: a / (2 + 1e-4 * sums(a**2)) ** 0.75, "became 0"),
    (bug.half_precision, lambda a: DIVIDED(a), "not the formula"),
    (bug.does_something, lambda images: images.float(), "not centred"),
    (bug.does_something, lambda images: 0 * images.float(), "no longer in it"),
    (
        bug.does_something,
        lambda images: 99 * torch.randn(images.shape),
        "no longer in it",
    ),
    (bug.does_something, lambda images: images / 255 - 0.5, "k is all"),
]


@pytest.mark.parametrize(("exercise", "attempt", "words"), WRONG)
def test_a_wrong_attempt_is_told_why(exercise, attempt, words, assert_told):
    assert_told(exercise, attempt, words)
