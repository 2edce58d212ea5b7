"""Checks of exercises tell wrong from right, and say in what way.

That they accept the solutions is tested by the solution notebooks.
"""

import pytest
import torch
from torch.nn import functional

from alexnet_lib.notebook.relu_vs_tanh import checks as check


def sgd_of_torch(w, v, g, lr):
    v = 0.9 * v + g + 0.0005 * w
    return w - lr * v, v


def without_decay(w, v, g, lr):
    v = 0.9 * v - lr * g
    return w + v, v


def last_crossing(errors, target):
    return next((float(i) for i, e in enumerate(errors, 1) if e <= target), None)


WRONG = [
    (check.tanh_derivative, lambda y: 1 - torch.tanh(y) ** 2, "takes y for the input"),
    (check.tanh_derivative, lambda y: 1 - y, "it gives 2.00, not 0.01"),
    (check.epochs_to_target, last_crossing, "the answer is"),
    (check.epochs_to_target, lambda errors, target: None, "the answer is"),
    (check.paper_update, sgd_of_torch, "inside the velocity"),
    (check.paper_update, without_decay, "in step 1"),
    (check.same_net_on_scaled_pixels, lambda s: (1, s * s), "the init"),
    (check.same_net_on_scaled_pixels, lambda s: (s, s), "the rate"),
    (check.independent_rates, lambda grid: {"relu": 0.001, "tanh": 0.001}, "tanh is"),
    (
        check.loss_from_logits,
        lambda z, y: functional.cross_entropy(z.softmax(1), y),
        "How often is the softmax",
    ),
    (
        check.centring,
        lambda a, b: (a - a.float().mean(0), b - b.float().mean(0)),
        "whose mean",
    ),
    (
        check.centring,
        lambda a, b: tuple(x - torch.cat([a, b]).float().mean(0) for x in (a, b)),
        "change when the test images do",
    ),
]


@pytest.mark.parametrize(("exercise", "attempt", "words"), WRONG)
def test_a_wrong_attempt_is_told_why(exercise, attempt, words, assert_told):
    assert_told(exercise, attempt, words)


def test_an_attempt_not_made_is_said(capsys):
    def attempt(y):
        raise NotImplementedError

    check.tanh_derivative(attempt)
    assert capsys.readouterr().out == "tanh derivative: not attempted yet\n"


def test_an_error_of_the_attempt_is_the_readers_to_see():
    with pytest.raises(ZeroDivisionError):
        check.tanh_derivative(lambda y: 1 / 0)
