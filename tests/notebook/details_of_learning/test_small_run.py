"""The small net of the rate slider: it learns as a plain loop does."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from alexnet_lib.data import synthetic
from alexnet_lib.modules.build import build
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.nets.network import with_input_side
from alexnet_lib.notebook.details_of_learning import small_run
from tests.drawn import Panel, assert_shows, unnoticed


def plain(rate, steps):
    """Losses by torch's SGD, which at a constant rate is the paper's."""
    images, labels = synthetic.images(40, 16, seed=1)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))
    x, labels = (images.float() - images.float().mean(0))[order], labels[order]
    net = build(with_input_side(four_layer(), 16), seed=1)
    biases = [p for n, p in net.named_parameters() if n.endswith("bias")]
    weights = [p for n, p in net.named_parameters() if n.endswith("weight")]
    groups = [{"params": weights}, {"params": biases, "lr": 2 * rate}]
    optimizer = torch.optim.SGD(groups, lr=rate, momentum=0.9)
    losses = []
    for step in range(steps):
        at = 10 * (step % 4)
        loss = functional.cross_entropy(net(x[at : at + 10]), labels[at : at + 10])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_its_losses_are_those_of_a_plain_loop():
    expected = plain(0.003, steps=22)
    assert small_run.losses(0.003, steps=22) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("rate", "word"), [(1e-5, "crawls"), (0.003, "learns"), (0.1, "diverges")]
)
def test_a_rate_has_its_outcome(rate, word):
    assert small_run.outcome(small_run.losses(rate)) == word


@pytest.mark.parametrize(
    ("losses", "word", "end"),
    [
        ([2.3] * 20, "crawls", 2.3),
        ([2.3] * 10 + [1.0] * 10, "learns", 1.0),
        ([2.3, 9.0] + [2.3] * 10, "diverges", 2.3),
        ([2.3, 9.0] + [1.0] * 10, "learns", 1.0),
        ([2.3, math.nan], "diverges", math.inf),
        ([2.3, math.inf], "diverges", math.inf),
    ],
)
def test_outcomes_are_told_by_the_losses(losses, word, end):
    assert small_run.outcome(losses) == word
    assert small_run.end(losses) == pytest.approx(end)


def test_the_run_is_drawn():
    picture = small_run.run(0.001)
    losses = small_run.losses(0.001)
    chance = [(0, math.log(10)), (1, math.log(10))]
    panels = [Panel([list(enumerate(losses, start=1)), chance])]
    words = [f"rate 0.001: {small_run.outcome(losses)}"]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []


def test_the_finder_says_whether_the_best_has_worse_neighbours():
    tried = {0.1: [2.3, 9.0], 0.01: [2.3, 1.0], 0.001: [2.3, 2.2]}
    ends = [(0.001, 2.25), (0.01, 1.65), (0.1, 5.65)]
    chance = [(0, math.log(10)), (1, math.log(10))]
    picture = small_run.finder(tried)
    panels = [Panel([ends, [ends[1]], np.empty((0, 2)), chance])]
    words = ["best at 0.01, worse on both sides", "0.1 diverges"]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []
    beyond = small_run.finder(tried | {1.0: [2.3, math.nan]}).figure.axes[0].lines[2]
    assert beyond.get_xydata().tolist() == [[1.0, pytest.approx(3 * math.log(10))]]
    del tried[0.001]
    assert "best at 0.01, at an end of what was tried" in small_run.finder(tried).alt
