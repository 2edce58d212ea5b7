"""Checks of notebook 06 tell wrong from right, and say in what way.

That they accept the solutions is tested by the solution notebook.
"""

import copy

import pytest
import torch
from torch.utils.data import Subset

from alexnet_lib.data.views import centre_crop, ten_views
from alexnet_lib.notebook.reducing_overfitting import bugs as bug
from alexnet_lib.notebook.reducing_overfitting import checks as check


def columns(matrix):
    return torch.linalg.eigh(matrix)[1]


def centred(pixels):
    return pixels - pixels.mean(0)


def root(probabilities):
    return probabilities.log().mean(0).exp()


def tint(images, shift):
    return images + shift[:, :, None, None]


def few_steps(matrix):
    axis = torch.ones(3, dtype=matrix.dtype)
    for _ in range(2):
        axis = matrix @ axis
        axis = axis / axis.norm()
    return axis


def shared(pictures, held_out, noisy, plain):
    """Notebook 01's bug: the last transform set is both splits'."""
    first = len(pictures) - held_out
    training = Subset(pictures, range(first))
    validation = Subset(pictures, range(first, len(pictures)))
    training.dataset.transform = noisy
    validation.dataset.transform = plain
    return training, validation


def the_first_held_out(pictures, held_out, noisy, plain):
    of_each = copy.copy(pictures), copy.copy(pictures)
    of_each[0].transform, of_each[1].transform = noisy, plain
    rest = range(held_out, len(pictures))
    return Subset(of_each[0], rest), Subset(of_each[1], range(held_out))


def left_in_evaluation(net, images, labels):
    return (net.eval()(images).argmax(1) != labels).float().mean().item()


def left_in_training(net, images, labels):
    error = left_in_evaluation(net, images, labels)
    net.train()
    return error


def accuracy(net, images, labels):
    was_training = net.training
    error = left_in_evaluation(net, images, labels)
    net.train(was_training)
    return 1 - error


def asked_in_training(net, images, labels):
    return (net(images).argmax(1) != labels).float().mean().item()


def windows(image, size):
    return ten_views(image[None], size)[:, 0]


WRONG = [
    (check.number_of_views, lambda n, w: 2 * (n - w) ** 2, "how many offsets"),
    (check.number_of_views, lambda n, w: (n - w + 1) ** 2, "has a mirror too"),
    (check.number_of_views, lambda n, w: 2 * (n - w + 1), "down and across"),
    (check.number_of_views, lambda n, w: 4 * (n - w + 1) ** 2, "one mirror"),
    (check.number_of_views, lambda n, w: 2048, "224 pixels in 256: 2178, not 2048"),
    (check.covariance, lambda p: p.T @ p / len(p), "mean colour is still in it"),
    (check.covariance, lambda p: centred(p).T @ centred(p), "not yet divided"),
    (
        check.covariance,
        lambda p: (p - p.mean()).T @ (p - p.mean()) / len(p),
        "each has its own",
    ),
    (check.covariance, lambda p: torch.corrcoef(p.T), "These are correlations"),
    (check.covariance, lambda p: p.var(0, correction=0).diag(), "Only the variances"),
    (check.covariance, lambda p: torch.eye(3).double(), "It is off by up to"),
    (check.first_axis, lambda c: columns(c)[:, 0], "least variance"),
    (check.first_axis, lambda c: columns(c)[-1], "row of eigh's matrix"),
    (check.first_axis, lambda c: c @ columns(c)[:, -1], "the eigenvalue's"),
    (check.first_axis, lambda c: -3 * columns(c)[:, -1], "its length is 3, not 1"),
    (check.first_axis, few_steps, "after how many steps"),
    (check.first_axis, lambda c: torch.zeros(3), "after how many steps"),
    (check.classic_dropout, lambda x, m, k, t: x * m / k if t else x, "PyTorch's way"),
    (check.classic_dropout, lambda x, m, k, t: x * m if t else x, "must be smaller"),
    (check.classic_dropout, lambda x, m, k, t: x * m, "no unit is dropped."),
    (
        check.classic_dropout,
        lambda x, m, k, t: x * m if t else x * m * k,
        "dropped, each is scaled",
    ),
    (
        check.classic_dropout,
        lambda x, m, k, t: x * (1 - m) if t else k * x,
        "other way",
    ),
    (check.classic_dropout, lambda x, m, k, t: x if t else k * x, "mask is not"),
    (check.classic_dropout, lambda x, m, k, t: x * m if t else x / k, "not divided"),
    (check.classic_dropout, lambda x, m, k, t: x * m if t else x / 2, "whatever keep"),
    (check.factors_for_inverted, lambda k: (1, 1), "Already the untrained nets differ"),
    (check.factors_for_inverted, lambda k: (1 / k, k), "what must be smaller?"),
    (check.factors_for_inverted, lambda k: (k, 1.0), "they part in training: the rate"),
    (check.factors_for_inverted, lambda k: (k, k), "The gradient changes too"),
    (check.factors_for_inverted, lambda k: (0, 1), "An init of 0"),
    (check.geometric_mean, lambda p: p.mean(0), "arithmetic mean"),
    (check.geometric_mean, root, "do not add up to 1"),
    (check.geometric_mean, lambda p: p.prod(0), "the root is missing"),
    (
        check.geometric_mean,
        lambda p: p.prod(0) / p.prod(0).sum(),
        "take the root first",
    ),
    (
        check.geometric_mean,
        lambda p: (
            (p.prod(0) ** (1 / len(p))) if len(p) > 9 else root(p) / root(p).sum()
        ),
        "too small for a number",
    ),
    (check.average_views, lambda s: s.mean(0).softmax(1), "The scores were averaged"),
    (check.average_views, lambda s: s.softmax(2).sum(0), "sum over the views"),
    (check.average_views, lambda s: s.softmax(1).mean(0), "over the images"),
    (check.average_views, lambda s: s.softmax(0).mean(0), "over the views, not"),
    (check.average_views, lambda s: s.mean(0), "softmax is missing"),
    (check.average_views, lambda s: (s == s.amax(2, True)).double().mean(0), "votes"),
    (
        bug.noise_for_unit_pixels,
        lambda x, a, d, n, u: tint(x, n * d @ a.T / u**2),
        "divided by 70 twice",
    ),
    (
        bug.noise_for_unit_pixels,
        lambda x, a, d, n, u: tint(x, n * d**2 @ a.T / u),
        "the deviation is its root",
    ),
    (
        bug.noise_for_unit_pixels,
        lambda x, a, d, n, u: tint(x, n * d @ a / u),
        "columns of the matrix",
    ),
    (
        bug.noise_for_unit_pixels,
        lambda x, a, d, n, u: tint(x, n * d @ a.T),
        "70 times too strong",
    ),
    (bug.noise_for_unit_pixels, lambda x, *_: x, "not the image and its shift"),
    (bug.ten_windows, lambda i, s: windows(i, s)[:5].repeat(2, 1, 1, 1), "twice"),
    (
        bug.ten_windows,
        lambda i, s: torch.cat([windows(i, s)[:5], windows(i, s)[:5].flip(-2)]),
        "on their heads",
    ),
    (
        bug.ten_windows,
        lambda i, s: torch.cat([windows(i, s)[:9], windows(i, s)[4:5]]),
        "4 of 5 mirrors",
    ),
    (bug.ten_windows, lambda i, s: windows(i, s).roll(1, 0), "corners and the centre"),
    (bug.own_transforms, shared, "The training split gives 'plain picture 0'"),
    (bug.own_transforms, the_first_held_out, "should hold pictures 0, 1, 2, 3, not 2"),
    (bug.scaled_once, lambda x, m, k, t: x * m if t else x, "0.50 times as large as"),
    (bug.scaled_once, lambda x, m, k, t: x * k, "must be 0"),
    (bug.scaled_once, lambda x, m, k, t: x * m * k if t else x * k * k, "but neither"),
    (bug.scaled_once, lambda x, m, k, t: x * m if t else 0 * x, "0.00 times as large"),
    (bug.validated, asked_in_training, "What do its units do while it is asked"),
    (bug.validated, left_in_evaluation, "trained without dropout"),
    (bug.validated, left_in_training, "it was not training before"),
    (bug.validated, accuracy, "so its error is 0, not 1.00"),
    (bug.inputs_of_ten, lambda i, m, s: windows(i, s), "answers by chance"),
    (bug.inputs_of_ten, lambda i, m, s: windows(i + m, s), "The mean is added"),
    (
        bug.inputs_of_ten,
        lambda i, m, s: torch.cat([windows(i - m, s)[:5], windows(i, s)[5:]]),
        "not of their mirrors",
    ),
    (
        bug.inputs_of_ten,
        lambda i, m, s: windows(i, s) - windows(m, s)[:5].repeat(2, 1, 1, 1),
        "not mirrored with its view",
    ),
    (
        bug.inputs_of_ten,
        lambda i, m, s: windows(i, s) - m.mean(),
        "the mean is an image",
    ),
]


@pytest.mark.parametrize(("exercise", "attempt", "words"), WRONG)
def test_mistakes_are_named(exercise, attempt, words, assert_told):
    assert_told(exercise, attempt, words)


RIGHT = [
    (check.covariance, lambda p: torch.cov(p.T)),  # by N - 1: as good
    (check.first_axis, lambda c: -columns(c)[:, -1]),
    (bug.scaled_once, lambda x, m, k, t: x * m if t else k * x),
    (bug.inputs_of_ten, lambda i, m, s: windows(i, s) - centre_crop(m, s)),
]


@pytest.mark.parametrize(("exercise", "attempt"), RIGHT)
def test_other_ways_are_right_too(exercise, attempt, capsys):
    exercise(attempt)
    assert capsys.readouterr().out.endswith(": right\n")
