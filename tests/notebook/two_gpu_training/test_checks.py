"""Checks of notebook 05 tell wrong from right, and say in what way."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from alexnet_lib.notebook.two_gpu_training import bugs as bug
from alexnet_lib.notebook.two_gpu_training import checks as check


def conv(x, weight, bias=None):
    return functional.conv2d(x, weight, bias, padding=1)


def grouped(x, weight, bias):
    return functional.conv2d(x, weight, bias, padding=1, groups=2)


def as_a_layer(x, weight, bias):
    layer = nn.Conv2d(6, 8, 3, padding=1, groups=2).double()
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer(x)


def by_halves(x, weight, bias):
    halves = zip(x.chunk(2, 1), weight.chunk(2), bias.chunk(2), strict=True)
    return torch.cat([conv(*half) for half in halves], 1)


def biased_twice(own, other, weight, bias, tower):
    w = weight.chunk(2, 1)
    return conv(own, w[tower], bias) + conv(other, w[1 - tower], bias)


def own_first(own, other, weight, bias, tower):
    return conv(torch.cat([own, other], 1), weight, bias)


def pair(x, first, second, bias, unit=torch.relu, times=1):
    halves = zip(first, second, strict=True)
    return sum(unit(x @ a.T) @ b.T for a, b in halves) + times * bias


def own_mask(units, seed):
    mask = torch.rand(units // 2, generator=torch.Generator().manual_seed(seed)) < 0.5
    return mask, mask


def unseeded(units, seed):
    return (torch.rand(units) < 0.5).chunk(2)


def padded_by(*sides):
    return lambda x, w: functional.conv2d(functional.pad(x, sides), w, stride=4)


WRONG = [
    (
        check.positions_along_a_side,
        lambda n, f, s, p, ceil: (n + 2 * p - f) // s + 1,
        "may hang over",
    ),
    (
        check.positions_along_a_side,
        lambda n, f, s, p, ceil: (n + 2 * p - f) // s,
        "first window counts",
    ),
    (
        check.positions_along_a_side,
        lambda n, f, s, p, ceil: (
            (math.ceil((n + p - f) / s) if ceil else (n + p - f) // s) + 1
        ),
        "on both sides",
    ),
    (
        check.convolution_in_two_groups,
        lambda x, w, b: by_halves(x.roll(3, 1), w, b),
        "other tower's maps",
    ),
    (
        check.convolution_in_two_groups,
        lambda x, w, b: by_halves(x, w, 0 * b),
        "biases are missing",
    ),
    (check.convolution_in_two_groups, grouped, "without `groups`"),
    (
        check.convolution_in_two_groups,
        lambda x, w, b: torch.conv2d(x, w, b, 1, 1, 1, 2),
        "without `groups`",
    ),
    (check.convolution_in_two_groups, as_a_layer, "without `groups`"),
    (
        check.convolution_in_two_groups,
        lambda *a: by_halves(*a).unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2),
        "take turns",
    ),
    (
        check.convolution_in_two_groups,
        lambda *a: by_halves(*a).roll(4, 1),
        "wanted first",
    ),
    (
        check.convolution_in_two_groups,
        lambda x, w, b: conv(x[:, :3], w, b),
        "tower 1's are not",
    ),
    (check.conv3_while_waiting, biased_twice, "added once"),
    (check.conv3_while_waiting, own_first, "Right in tower 0"),
    (
        check.conv3_while_waiting,
        lambda own, other, w, b, t: conv(own, w.chunk(2, 1)[t], b),
        "Tower 0 is off",
    ),
    (
        check.bytes_before_a_layer,
        lambda shape, batch, towers, size: math.prod(shape) * batch * size,
        "not all maps",
    ),
    (
        check.bytes_before_a_layer,
        lambda shape, batch, towers, size: math.prod(shape) * size // 2,
        "for one image",
    ),
    (
        check.bytes_before_a_layer,
        lambda shape, batch, towers, size: math.prod(shape) * batch * size // towers,
        "every other tower",
    ),
    (
        check.two_layers_one_sum,
        lambda *a: pair(*a, times=2),
        "counts twice",
    ),
    (
        check.two_layers_one_sum,
        lambda *a: pair(*a, unit=lambda x: x),
        "rectifier",
    ),
    (
        bug.gradient_of_own_maps,
        lambda g, t: g[t].chunk(2, 1)[t],
        "Whoever reads",
    ),
    (
        bug.gradient_of_own_maps,
        lambda g, t: sum(g).chunk(2, 1)[t] / 2,
        "not their mean",
    ),
    (bug.gradient_of_own_maps, lambda g, t: sum(g), "of shape (2, 3, 3, 3)"),
    (
        bug.gradient_of_own_maps,
        lambda g, t: sum(g).chunk(2, 1)[1 - t],
        "the other's maps' gradient",
    ),
    (bug.gradient_of_the_logits, lambda g, t: sum(g).chunk(2, 1)[t], "twice"),
    (bug.gradient_of_the_logits, lambda g, t: g[t], "of shape (4, 5)"),
    (
        bug.gradient_of_the_logits,
        lambda g, t: g[t].chunk(2, 1)[1 - t],
        "own classes",
    ),
    (
        bug.normalisation_in_towers,
        lambda x: functional.local_response_norm(x, 5, 1e-4, 0.75, 2),
        "maps 46, 47, 48, 49",
    ),
    (bug.normalisation_in_towers, lambda x: x, "of the 96 maps differ"),
    (bug.dropout_in_towers, own_mask, "share their fate in 100%"),
    (bug.dropout_in_towers, unseeded, "could not be repeated"),
    (bug.dropout_in_towers, lambda n, s: own_mask(n, 7), "Another seed"),
    (bug.who_averages, lambda r, towers, replicas: range(towers * replicas), "one"),
    (bug.who_averages, lambda r, towers, replicas: [r], "its replicas are"),
    (bug.first_layer_of_224, padded_by(0, 0, 0, 0), "54 x 54 positions"),
    (bug.first_layer_of_224, padded_by(2, 2, 2, 2), "begin at pixel 0"),
]


@pytest.mark.parametrize(("exercise", "attempt", "words"), WRONG)
def test_a_wrong_attempt_is_told_why(exercise, attempt, words, assert_told):
    assert_told(exercise, attempt, words)
