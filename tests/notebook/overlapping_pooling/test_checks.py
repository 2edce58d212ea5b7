"""Checks of notebook 04 tell wrong from right, and say in what way.

That they accept the solutions is tested by the solution notebook.
"""

import dataclasses
import math

import pytest
import torch
from torch.nn import functional

from alexnet_lib.nets.ablations import with_disjoint_pools, without_overlap
from alexnet_lib.nets.layers import Activation, Conv
from alexnet_lib.nets.network import changed
from alexnet_lib.notebook.overlapping_pooling import bugs as bug
from alexnet_lib.notebook.overlapping_pooling import checks as check
from alexnet_lib.notebook.overlapping_pooling.windows import coverage


def to_one_of_the_tied(x, g, size, stride):
    """As torch's pooling has it."""
    x = x[None, None].clone().requires_grad_()
    y = functional.max_pool2d(x, size, stride, ceil_mode=True)
    return torch.autograd.grad(y, x, g[None, None])[0][0, 0]


def last_window_wins(x, g, size, stride):
    gradient = torch.zeros_like(x)
    for i, j in torch.cartesian_prod(*map(torch.arange, g.shape)).tolist():
        at = (
            slice(i * stride, i * stride + size),
            slice(j * stride, j * stride + size),
        )
        maxima = x[at] == x[at].max()
        gradient[at] = torch.where(maxima, g[i, j], gradient[at])
    return gradient


def filled_average(x):
    return functional.avg_pool2d(functional.pad(x, (0, 1, 0, 1)), 3, 2)


def unchanged(network):
    return network


def without_its_units(network):
    """2/2 with as many parameters, for the units have none."""
    layers = without_overlap(network).layers
    kept = tuple(x for x in layers if not isinstance(x, Activation))
    return dataclasses.replace(network, layers=kept)


OF_147 = {"conv2": 1, "conv5": 0}


WRONG = [
    (check.pooled_side, lambda n, z, s: (n - z) // s + 1, "seen by none"),
    (check.pooled_side, lambda n, z, s: math.ceil((n - z) / s), "first window counts"),
    (
        check.windows_per_pixel,
        lambda n, z, s: coverage(n, z, s).tolist()[:-1],
        "counts, yours are",
    ),
    (
        check.windows_per_pixel,
        lambda n, z, s: [
            sum(i in range(a, a + z) for a in range(0, n - z + 1, s)) for i in range(n)
        ],
        "is seen by none",
    ),
    (check.windows_per_pixel, lambda n, z, s: [1] * n, "is seen by"),
    (
        check.same_size_with_2_2,
        lambda: OF_147,
        "One value came, a dict. Wanted: 2 values",
    ),
    (
        check.same_size_with_2_2,
        lambda: ({}, OF_147),
        "first answer: sides go 55, 28, 28, 14, 14, 14, 14, 7",
    ),
    (
        check.same_size_with_2_2,
        lambda: (OF_147, {"conv9": 1}),
        "second answer: not among",
    ),
    (check.same_size_with_2_2, lambda: ({"conv2": -13}, OF_147), "run out"),
    (
        check.same_size_with_2_2,
        lambda: ({"conv2": 0}, {"conv3": 0}),
        "#147 changes other",
    ),
    (
        check.same_size_with_2_2,
        lambda: (OF_147, OF_147),
        "second changes conv2 and conv5",
    ),
    (check.gradient_to_all, to_one_of_the_tied, "each of the tied received all"),
    (check.gradient_to_all, last_window_wins, "add up the gradients"),
    (check.gradient_to_all, lambda x, g, z, s: g, "Wanted: a tensor of shape (9, 8)"),
    (bug.cifar_pooling, lambda x: functional.max_pool2d(x, 3, 2), "never look at it"),
    (
        bug.cifar_pooling,
        lambda x: functional.max_pool2d(x, 3, 2, padding=1),
        "first window begins at pixel -1",
    ),
    (
        bug.cifar_pooling,
        lambda x: functional.avg_pool2d(x, 3, 2, ceil_mode=True),
        "the maxima are not",
    ),
    (
        bug.alexnet_pooling,
        lambda x: functional.max_pool2d(x, 3, 2, padding=1),
        "begins at pixel -1",
    ),
    (
        bug.alexnet_pooling,
        lambda x: functional.max_pool2d(x, 2, 2),
        "At 32 pixels it is not the maximum",
    ),
    (
        bug.alexnet_pooling,
        lambda x: functional.max_pool2d(x, 3, 2),
        "32 pixels give 16 outputs, yours 15",
    ),
    (bug.average_pooling, filled_average, "0.67 at the right edge and 0.44"),
    (
        bug.average_pooling,
        lambda x: functional.max_pool2d(x, 3, 2, ceil_mode=True),
        "not the average",
    ),
    (bug.average_pooling, lambda x: functional.avg_pool2d(x, 3, 2), "yours are 3"),
    (
        bug.average_pooling,
        lambda x: functional.avg_pool2d(x, 3, 2, padding=1),
        "first window begins at pixel -1",
    ),
    (
        bug.average_pooling,
        lambda x: functional.avg_pool2d(x, 3, 2, padding=1, count_include_pad=False),
        "first window begins at pixel -1",
    ),
    (
        bug.equal_dimensions,
        lambda network: changed(without_overlap(network), Conv, kernel=999),
        "cannot be built",
    ),
    (bug.equal_dimensions, with_disjoint_pools, "fc6 now reads 7x7 maps"),
    (bug.equal_dimensions, unchanged, "Not every pooling"),
    (bug.equal_dimensions, without_its_units, "no longer has the same layers"),
]


@pytest.mark.parametrize(("exercise", "attempt", "words"), WRONG)
def test_a_wrong_attempt_is_told_why(exercise, attempt, words, assert_told):
    assert_told(exercise, attempt, words)


@pytest.mark.parametrize("single", ["conv2", "conv3", "conv4", "conv5"])
def test_any_single_layer_is_right_beside_147(single, capsys):
    check.same_size_with_2_2(lambda: (OF_147, {single: 0}))
    named_in_vain = {"conv3": 1} | OF_147, {"conv2": 2, "conv3": 1} | {single: 0}
    check.same_size_with_2_2(lambda: named_in_vain)
    said = capsys.readouterr().out.splitlines()
    assert said == ["same size with 2 2: right"] * 2
