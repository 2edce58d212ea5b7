"""Checks of notebook 09 tell wrong from right, and say in what way.

That they accept the solutions is tested by the solution notebook.
"""

import pytest
import torch
from torch.nn import functional

from alexnet_lib.notebook.what_came_next_vgg import bugs as bug
from alexnet_lib.notebook.what_came_next_vgg import checks as check
from alexnet_lib.notebook.what_came_next_vgg.stacks import weights


def slid(view, *, turned=False, biased=True):
    """A fully connected layer on maps, its weights given axes by `view`."""

    def attempt(maps, weight, bias):
        kernel = view(weight)
        kernel = kernel.flip(2, 3) if turned else kernel
        return functional.conv2d(maps, kernel, bias if biased else None)

    return attempt


def maps_first(weight):
    return weight.view(-1, 3, 4, 4)


def maps_last(weight):
    return weight.view(-1, 4, 4, 3).permute(0, 3, 1, 2)


def joined(first, second):
    kernel = first.new_zeros(len(second), first.shape[1], 5, 5)
    for i in range(3):
        for j in range(3):
            product = torch.einsum("cb,bakl->cakl", second[:, :, i, j], first)
            kernel[:, :, i : i + 3, j : j + 3] += product
    return kernel


def not_shifted(first, second):
    padded = functional.pad(second, (1, 1, 1, 1))
    return torch.einsum("oikl,ic->ockl", padded, first.sum((2, 3)))


def stage(pool=functional.max_pool2d, padding=1, unit=torch.relu):
    def attempt(x, weights):
        for weight in weights:
            x = unit(functional.conv2d(x, weight, padding=padding))
        return pool(x, 2)

    return attempt


def weights_alone(deep, shallow, names):
    return deep | {f"{own}.weight": shallow[f"{a}.weight"] for own, a in names.items()}


def by_name_and_shape(deep, shallow, names):
    return deep | {
        n: t for n, t in shallow.items() if n in deep and deep[n].shape == t.shape
    }


def and_one_more(deep, shallow, names):
    taken = {
        f"{own}.{p}": shallow[f"{a}.{p}"]
        for own, a in names.items()
        for p in ("weight", "bias")
    }
    return deep | taken | {"conv2.bias": deep["conv2.bias"] + 1}


WRONG = [
    (check.stack_weights, lambda k, c: sum(n * n * c for n in k), "as deep as its"),
    (check.stack_weights, lambda k, c: sum(n * n for n in k), "How many kernels"),
    (check.stack_weights, lambda k, c: weights(k, c) + len(k) * c, "Biases are not"),
    (check.stack_weights, lambda k, c: sum(k) * c * c, "3 x 3 places"),
    (check.stack_weights, lambda k, c: 1, "not 1"),
    (check.places_along_a_side, lambda side: side // 32, "then comes a kernel of 7"),
    (check.places_along_a_side, lambda side: side // 32 - 7, "first place counts too"),
    (check.places_along_a_side, lambda side: side - 223, "not one pixel apart"),
    (check.connected_on_maps, slid(maps_last), "map by map"),
    (check.connected_on_maps, slid(maps_first, biased=False), "without its bias"),
    (check.connected_on_maps, slid(maps_first, turned=True), "stands on its head"),
    (
        check.connected_on_maps,
        lambda maps, weight, bias: maps.flatten(1) @ weight.T + bias,
        "Wanted: a tensor of shape (2, 5, 1, 1)",
    ),
    (check.dense_answer, lambda s: s.softmax(1).mean((2, 3)), "means of probabilities"),
    (check.dense_answer, lambda s: s.mean((2, 3)), "the softmax is missing"),
    (check.dense_answer, lambda s: s.sum((2, 3)).softmax(1), "sums over the places"),
    (check.dense_answer, lambda s: s.mean((2, 3)).softmax(0), "over the images"),
    (check.dense_answer, lambda s: s.amax((2, 3)).softmax(1), "best place"),
    (check.dense_answer, lambda s: s.mean(1), "Wanted: a tensor of shape (4, 6)"),
    (check.composed, lambda a, b: joined(a, b).flip(2, 3), "turned by half a turn"),
    (check.composed, not_shifted, "shift it"),
    (check.composed, lambda a, b: 2 * joined(a, b), "one after the other"),
    (
        check.composed,
        lambda a, b: torch.einsum("cbij,bakl->cakl", b, a),
        "Wanted: a tensor of shape (4, 3, 5, 5)",
    ),
    (bug.stage, stage(padding=0), "leave the stage as 2 x 2"),
    (bug.stage, stage(pool=functional.avg_pool2d), "average pooling"),
    (bug.stage, stage(unit=lambda x: x), "ReLUs are missing"),
    (
        bug.fc_as_kernel,
        lambda w, c, n: w.view(-1, n, n, c).permute(0, 3, 1, 2),
        "other",
    ),
    (bug.fc_as_kernel, lambda w, c, n: w.view(-1, c, n, n).mT, "Rows and columns"),
    (bug.fc_as_kernel, lambda w, c, n: 2 * w.view(-1, c, n, n), "are not the weights"),
    (
        bug.start_from_a,
        by_name_and_shape,
        "only conv1 came from A. conv3 of D is conv2",
    ),
    (bug.start_from_a, weights_alone, "the bias of conv1 is not"),
    (bug.start_from_a, and_one_more, "conv2.bias is none of the seven"),
    (bug.start_from_a, lambda deep, a, names: a, "other names"),
    (bug.start_from_a, lambda deep, a, names: dict.fromkeys(deep, 1), "a tensor of"),
    (bug.start_from_a, lambda deep, a, names: deep | a, "other names"),
    (bug.start_from_a, lambda deep, a, names: deep, "only none came from A"),
    (bug.size_at_scale, lambda h, w, s: (s, s), "squashed"),
    (
        bug.size_at_scale,
        lambda h, w, s: (round(w * s / min(h, w)), round(h * s / min(h, w))),
        "Rows come first",
    ),
    (
        bug.size_at_scale,
        lambda h, w, s: (round(h * s / max(h, w)), round(w * s / max(h, w))),
        "the shorter side's",
    ),
    (bug.size_at_scale, lambda h, w, s: (h, w), "(256, 341), not (300, 400)"),
]


@pytest.mark.parametrize(("exercise", "attempt", "words"), WRONG)
def test_a_wrong_attempt_is_told_why(exercise, attempt, words, assert_told):
    assert_told(exercise, attempt, words)


def test_a_scale_may_be_rounded_either_way(capsys):
    def down(height, width, scale):
        return scale * height // min(height, width), scale * width // min(height, width)

    bug.size_at_scale(down)
    assert capsys.readouterr().out == "size at scale: right\n"
