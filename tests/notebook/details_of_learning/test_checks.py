"""Checks of exercises tell wrong from right, and say in what way.

That they accept the solutions is tested by the solution notebooks.
"""

import math

import pytest
import torch

from alexnet_lib.notebook.details_of_learning import bugs as bug
from alexnet_lib.notebook.details_of_learning import checks as check
from alexnet_lib.training.optim import PaperSGD


def powers(gradients, momentum):
    return momentum ** torch.arange(len(gradients) - 1, -1, -1)


def against_the_last(errors, patience, by):
    waited, found = 0, []
    for epoch, (last, error) in enumerate(zip([9.0, *errors], errors, strict=False), 1):
        waited = 0 if error <= last - by else waited + 1
        if waited == patience:
            found.append(epoch)
            waited = 0
    return found


def waiting(late=0, by=None, resets=True):
    def plateaus(errors, patience, least):
        best, waited, found = 9.0, 0, []
        for epoch, error in enumerate(errors, 1):
            waited += 1
            if error <= best - (least if by is None else by):
                best, waited = error, 0
            if waited == patience or (waited > patience and not resets):
                found.append(epoch + late)
                waited = 0 if resets else waited
        return found

    return plateaus


def moved(forgets=False, outside=False, momentum=0.9, sign=-1, drops=True):
    def after(weight, gradients, rates):
        v, last = 0 * weight, rates[0]
        for gradient, rate in zip(gradients, rates, strict=True):
            v = 0 * v if forgets and rate != last else v
            last = rate
            rate = rate if drops else rates[0]
            v = momentum * v + sign * gradient * (1 if outside else rate)
            weight = weight + v * (rate if outside else 1)
        return weight

    return after


def sgd(groups_of):
    return lambda net, rate, decay: torch.optim.SGD(groups_of(net, decay), lr=rate)


def by_substring(net, decay):
    named = list(net.named_parameters())
    return [
        {"params": [p for n, p in named if "bias" not in n], "weight_decay": decay},
        {"params": [p for n, p in named if "bias" in n]},
    ]


def without_biases(net, decay):
    named = net.named_parameters()
    weights = [p for n, p in named if n.endswith("weight")]
    return [{"params": weights, "weight_decay": decay}]


def steps(count):
    """Rates by how often the schedule has stepped before an epoch."""

    def rates(rate, epochs, batches, every):
        at = [count(epoch, batches) for epoch in range(epochs)]
        return torch.tensor([rate / 10 ** (n // every) for n in at])

    return rates


def parts(of_all):
    def gradient(w, x, y, size):
        pairs = zip(x.split(size), y.split(size), strict=True)
        each = [2 * ((part @ w - t)[:, None] * part).mean(0) for part, t in pairs]
        return of_all(torch.stack(each), len(x))

    return gradient


WRONG = [
    (check.coasting, lambda m, s: int(math.log(s) / math.log(m)), "it is still"),
    (check.coasting, lambda m, s: math.ceil(math.log(s) / math.log(m)) + 1, "already"),
    (check.coasting, lambda m, s: round(1 / (1 - m)), "about 37 %"),
    (check.coasting, lambda m, s: 1, "each step leaves"),
    (check.velocity, lambda g, r, m: -r[-1] * (powers(g, m) * g).sum(), "its own step"),
    (check.velocity, lambda g, r, m: -(powers(g, m).flip(0) * r * g).sum(), "oldest"),
    (check.velocity, lambda g, r, m: (powers(g, m) * r * g).sum(), "wrong sign"),
    (check.velocity, lambda g, r, m: -m * (powers(g, m) * r * g).sum(), "power is 0"),
    (
        check.velocity,
        lambda g, r, m: -(1 - m) * (powers(g, m) * r * g).sum(),
        "an average",
    ),
    (check.velocity, lambda g, r, m: -(r * g).sum(), "momentum is missing"),
    (check.velocity, lambda g, r, m: 3 * g.sum(), "After 12 steps it is"),
    (check.buffer_after_a_drop, lambda b, old, new: b * new / old, "upside down"),
    (check.buffer_after_a_drop, lambda b, old, new: b, "left as it was"),
    (check.buffer_after_a_drop, lambda b, old, new: -old * b, "the velocity itself"),
    (check.buffer_after_a_drop, lambda b, old, new: 0 * b, "forgets the past"),
    (check.buffer_after_a_drop, lambda b, old, new: b + 1, "4, 0, 1.5, not 30"),
    (check.keeping_deviation, lambda n: n**-0.5, "drops half"),
    (check.keeping_deviation, lambda n: 2 / n, "the variance"),
    (check.keeping_deviation, lambda n: 2 * n**-0.5, "not the deviation"),
    (check.keeping_deviation, lambda n: 0.01, "0.0295, not 0.01"),
    (check.dose, lambda r, b, d, m: b * sum(r) * d, "divide by 1 - m"),
    (check.dose, lambda r, b, d, m: sum(r) * d / (1 - m), "many steps"),
    (check.dose, lambda r, b, d, m: r[0] * len(r) * b * d / (1 - m), "add up"),
    (check.dose, lambda r, b, d, m: len(r) * b * d / (1 - m), "the rate counts"),
    (check.dose, lambda r, b, d, m: 7.0, "not 7"),
    (check.plateaus, against_the_last, "the best so far"),
    (check.plateaus, waiting(late=1), "an epoch late"),
    (check.plateaus, waiting(late=-1), "counted from 0"),
    (check.plateaus, waiting(by=1e-12), "smaller than `by`"),
    (check.plateaus, waiting(resets=False), "begins anew"),
    (check.plateaus, lambda e, p, by: [2], "not after 2: count the epochs"),
    (check.mean_of_an_epoch, lambda losses, n: losses.mean(), "every image should"),
    (
        check.mean_of_an_epoch,
        lambda losses, n: (losses * n).sum(),
        "the mean is wanted",
    ),
    (
        check.mean_of_an_epoch,
        lambda losses, n: (losses * n)[:-1].sum() / n[:-1].sum(),
        "left out",
    ),
    (
        check.mean_of_an_epoch,
        lambda losses, n: (losses * n).sum() / (len(n) * n[0]),
        "every batch were full",
    ),
    (bug.velocity_kept, moved(forgets=True), "the velocity is lost"),
    (bug.velocity_kept, moved(outside=True), "torch's rule"),
    (bug.velocity_kept, moved(momentum=0.0), "no momentum"),
    (bug.velocity_kept, moved(sign=1), "It climbs"),
    (bug.velocity_kept, moved(drops=False), "never drops"),
    (bug.velocity_kept, moved(momentum=0.8), "not where the paper's rule goes"),
    (bug.decay_of_weights, sgd(by_substring), "debiased.weight has a decay of 0, not"),
    (bug.decay_of_weights, sgd(without_biases), "conv1.bias is in no group"),
    (
        bug.decay_of_weights,
        sgd(lambda net, decay: net.parameters()),
        "conv1.weight has a decay of 0, not of 0.0005",
    ),
    (
        bug.decay_of_weights,
        lambda net, rate, decay: torch.optim.SGD(
            net.parameters(), lr=rate, weight_decay=decay
        ),
        "conv1.bias has a decay of 0.0005, not of 0",
    ),
    (
        bug.decay_of_weights,
        lambda net, rate, decay: torch.optim.SGD(net.parameters(), lr=1.0),
        "learns at 1, not at 0.01",
    ),
    (
        bug.decay_of_weights,
        lambda net, rate, decay: PaperSGD(net.parameters(), lr=rate),
        "A PaperSGD came. Wanted: a SGD",
    ),
    (bug.rates_by_epoch, steps(lambda e, b: e * b), "with every batch"),
    (bug.rates_by_epoch, steps(lambda e, b: e + 1), "an epoch early"),
    (bug.rates_by_epoch, steps(lambda e, b: max(0, e - 1)), "an epoch late"),
    (bug.rates_by_epoch, steps(lambda e, b: 0), "never drops"),
    (bug.rates_by_epoch, steps(lambda e, b: 2 * e), "The rates are 0.01, 0.001"),
    (bug.gradient_in_parts, parts(lambda each, n: each.sum(0)), "are added up: it is"),
    (bug.gradient_in_parts, parts(lambda each, n: each.mean(0)), "its images count"),
    (bug.gradient_in_parts, parts(lambda each, n: each[-1]), "Only the last part"),
    (bug.gradient_in_parts, parts(lambda each, n: each[0]), "not the gradient"),
    (
        bug.gradient_in_parts,
        lambda w, x, y, size: 2 * ((x @ w - y)[:, None] * x).sum(0),
        "their mean is wanted",
    ),
    (bug.chosen_and_reported, lambda v, t: (3, v.min()), "low by luck too"),
    (bug.chosen_and_reported, lambda v, t: (4, t.min()), "chosen by the test images"),
    (bug.chosen_and_reported, lambda v, t: (2, t[2]), "counted from 0"),
    (bug.chosen_and_reported, lambda v, t: (3, t.min()), "of another epoch"),
    (bug.chosen_and_reported, lambda v, t: (3, 0.4), "is 0.29, not 0.40"),
    (bug.chosen_and_reported, lambda v, t: (1, t[0]), "has not the lowest"),
]


@pytest.mark.parametrize(("exercise", "attempt", "words"), WRONG)
def test_a_wrong_attempt_is_told_why(exercise, attempt, words, assert_told):
    assert_told(exercise, attempt, words)


@pytest.mark.parametrize("fan_in", [100, 2304])
def test_the_deviation_keeps_the_mean_square_of_what_relus_pass_on(fan_in, capsys):
    """Measured, not derived: many sums of products, through a ReLU."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(500, fan_in, generator=generator).relu()
    weights = math.sqrt(2 / fan_in) * torch.randn(fan_in, 500, generator=generator)
    kept = (x @ weights).relu().square().mean() / x.square().mean()
    assert kept == pytest.approx(1, abs=0.1)
    check.keeping_deviation(lambda n: math.sqrt(2 / n))
    assert capsys.readouterr().out.endswith(": right\n")


@pytest.mark.parametrize(("old", "new"), [(0.01, 0.001), (0.02, 0.05)])
def test_with_its_buffer_changed_so_torch_goes_on_as_the_paper(old, new):
    """Exercise 3, by both optimizers."""
    weights = [torch.ones(3, dtype=torch.float64) for _ in range(2)]
    ours = PaperSGD([weights[0]], lr=old)
    theirs = torch.optim.SGD([weights[1]], lr=old, momentum=0.9)
    for step in range(20):
        for optimizer, weight in zip((ours, theirs), weights, strict=True):
            if step == 10:
                optimizer.param_groups[0]["lr"] = new
            weight.grad = 4 * weight**3
        if step == 10:
            theirs.state[weights[1]]["momentum_buffer"] *= old / new
        ours.step()
        theirs.step()
    torch.testing.assert_close(*weights, rtol=1e-14, atol=0)
