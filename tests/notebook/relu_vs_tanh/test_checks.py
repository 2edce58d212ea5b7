"""Checks of exercises tell wrong from right, and say in what way.

That they accept the solutions is tested by the solution notebooks.
"""

import pytest
import torch
from torch.nn import functional

from alexnet_lib.notebook.relu_vs_tanh import bugs as bug
from alexnet_lib.notebook.relu_vs_tanh import checks as check


def sgd_of_torch(w, v, g, lr):
    v = 0.9 * v + g + 0.0005 * w
    return w - lr * v, v


def without_decay(w, v, g, lr):
    v = 0.9 * v - lr * g
    return w + v, v


def rule(momentum=0.9, decay=0.0005, slope=1.0, decay_at_rate=True):
    def update(w, v, g, lr):
        v = momentum * v - decay * (lr if decay_at_rate else 1) * w - slope * lr * g
        return w + v, v

    return update


def by_old_velocity(w, v, g, lr):
    return w + v, rule()(w, v, g, lr)[1]


def last_crossing(errors, target):
    return next((float(i) for i, e in enumerate(errors, 1) if e <= target), None)


WRONG = [
    (check.tanh_derivative, lambda y: 1 - torch.tanh(y) ** 2, "takes y for the input"),
    (check.tanh_derivative, lambda y: 1 - y, "it gives 2.00, not 0.01"),
    (check.epochs_to_target, last_crossing, "the answer is"),
    (check.epochs_to_target, lambda errors, target: None, "is a `return` missing"),
    (check.epochs_to_target, lambda errors, target: float("nan"), "nan came"),
    (
        check.epochs_to_target,
        lambda errors, target: last_crossing(errors, target) or 4.0,
        "the answer is",
    ),
    (check.paper_update, sgd_of_torch, "inside the velocity"),
    (check.paper_update, without_decay, "The weight decay is missing"),
    (check.paper_update, rule(decay=-0.0005), "the weights grow"),
    (check.paper_update, rule(decay_at_rate=False), "decay is not multiplied"),
    (check.paper_update, rule(momentum=0.0), "The momentum is missing"),
    (check.paper_update, rule(slope=-1.0), "wrong sign"),
    (check.paper_update, lambda *a: rule()(*a)[::-1], "have changed places"),
    (check.paper_update, by_old_velocity, "old velocity"),
    (check.paper_update, rule(momentum=0.8), "in step 2"),
    (check.same_net_on_scaled_pixels, lambda s: (1, s * s), "the init"),
    (check.same_net_on_scaled_pixels, lambda s: (s, s), "the rate"),
    (bug.independent_rates, lambda grid: {"relu": 0.001, "tanh": 0.001}, "tanh is"),
    (bug.independent_rates, lambda grid: {"relu": 0.001}, "no rate for tanh"),
    (bug.independent_rates, lambda grid: dict.fromkeys(grid), "None came"),
    (
        bug.loss_from_logits,
        lambda z, y: functional.cross_entropy(z.softmax(1), y),
        "How often is the softmax",
    ),
    (
        bug.loss_from_logits,
        lambda z, y: functional.cross_entropy(z, y, reduction="sum"),
        "the sum over the batch",
    ),
    (
        bug.loss_from_logits,
        lambda z, y: z.log_softmax(1).gather(1, y[:, None]).mean(),
        "wrong sign",
    ),
    (
        bug.loss_from_logits,
        lambda z, y: -z.softmax(1).gather(1, y[:, None]).mean(),
        "logarithm is missing",
    ),
    (
        bug.loss_from_logits,
        lambda z, y: -z.gather(1, y[:, None]).mean(),
        "takes the logits for log-probabilities",
    ),
    (
        bug.loss_from_logits,
        lambda z, y: functional.nll_loss(z.log_softmax(0), y),
        "over the batch, not over the classes",
    ),
    (
        bug.loss_from_logits,
        lambda z, y: functional.cross_entropy(z, y) + 1,
        "a constant is added",
    ),
    (
        bug.loss_from_logits,
        lambda z, y: functional.multi_margin_loss(z, y),
        "not probability minus truth",
    ),
    (
        bug.centring,
        lambda a, b: (a - a.float().mean(0), b - b.float().mean(0)),
        "whose mean",
    ),
    (
        bug.centring,
        lambda a, b: tuple(x - torch.cat([a, b]).float().mean(0) for x in (a, b)),
        "change when the test images do",
    ),
    (bug.centring, lambda a, b: (a - a.float().mean(0), b.float()), "are not centred"),
    (
        bug.centring,
        lambda a, b: tuple(x - b.float().mean(0) for x in (a, b)),
        "that of the test images",
    ),
    (
        bug.centring,
        lambda a, b: tuple(x - a.float().mean() for x in (a, b)),
        "One mean for all pixels",
    ),
    (
        bug.centring,
        lambda a, b: tuple(x - a.float().mean((0, 2, 3), keepdim=True) for x in (a, b)),
        "One mean for each channel",
    ),
    (
        bug.centring,
        lambda a, b: tuple((x - a.float().mean(0)) / 50 for x in (a, b)),
        "are not the images minus",
    ),
    (
        bug.centring,
        lambda a, b: tuple(x - a.float().mean(0).byte() for x in (a, b)),
        "uint8 came. Wanted: one of floating point",
    ),
]


@pytest.mark.parametrize(("exercise", "attempt", "words"), WRONG)
def test_a_wrong_attempt_is_told_why(exercise, attempt, words, assert_told):
    assert_told(exercise, attempt, words)
