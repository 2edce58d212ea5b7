"""Errors over a split against the same counted image by image, in numpy."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from alexnet_lib.data import load
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.evaluation.errors import (
    answers,
    errors,
    mean_of_views,
    top_k_error,
)


@pytest.fixture
def net():
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Flatten(), nn.Dropout(), nn.Linear(3 * 24 * 24, 10)
    ).requires_grad_(False)


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def naive_windows(image, ten):
    """24x24 windows of a 32x32 picture (3, 32, 32), corners row by row."""
    corners = [(4, 4)] if not ten else [(0, 0), (0, 8), (8, 0), (8, 8), (4, 4)]
    windows = [image[:, y : y + 24, x : x + 24] for y, x in corners]
    return windows + [w[:, :, ::-1] for w in windows] if ten else windows


@pytest.mark.parametrize("ten", [False, True])
def test_errors_equal_a_count_image_by_image(net, ten):
    data = load("synthetic")
    split = data.test.first(60)
    views = CentreViews(data, torch.device("cpu"), size=24)
    layer = net[2]
    assert isinstance(layer, nn.Linear)
    weight, bias = (p.double().numpy() for p in (layer.weight, layer.bias))
    centred = split.images[:].double().numpy() - data.mean_image.double().numpy()
    wrong1 = wrong5 = nll = 0.0
    for image, label in zip(centred, split.labels.tolist(), strict=True):
        views_of_it = naive_windows(image, ten)
        p = np.mean([softmax(weight @ v.ravel() + bias) for v in views_of_it], 0)
        ranking = np.argsort(-p)
        wrong1 += label != ranking[0]
        wrong5 += label not in ranking[:5]
        nll -= np.log(p[label])
    got = errors(net, split, views, ten=ten)
    assert got.top1 == pytest.approx(wrong1 / 60)
    assert got.top5 == pytest.approx(wrong5 / 60)
    assert got.loss == pytest.approx(nll / 60, rel=1e-4)
    assert 0 < got.top5 < got.top1
    assert net.training


def test_ten_views_average_probabilities_not_scores():
    logits = torch.tensor([[8.0, 0.0, 0.0], [0.0, 1.0, 0.9], [0.0, 1.0, 0.9]])
    scores = mean_of_views(logits, 3)  # one image, three views
    torch.testing.assert_close(scores.exp(), logits.softmax(1).mean(0, keepdim=True))
    assert scores.argmax().item() == 0


def test_with_fewer_classes_than_k_only_what_is_no_number_is_wrong():
    scores = torch.randn(4, 3)
    labels = torch.tensor([0, 1, 2, 0])
    assert top_k_error(scores, labels, 5) == 0
    assert top_k_error(scores, (scores.argmax(1) + 1) % 3, 1) == 1
    scores[1] = torch.nan
    assert top_k_error(scores, labels, 5) == 0.25


@pytest.mark.parametrize("k", [1, 2, 3])
def test_ties_count_by_the_orders_in_which_they_may_be_broken(k):
    scores = torch.randint(0, 3, (20, 4), generator=torch.Generator().manual_seed(k))
    labels = torch.arange(20) % 4
    wrong = 0.0
    for row, label in zip(scores.tolist(), labels.tolist(), strict=True):
        orders = list(itertools.permutations(range(4)))
        firsts = [sorted(order, key=lambda c: -row[c])[:k] for order in orders]
        wrong += sum(label not in first for first in firsts) / len(orders)
    got = top_k_error(scores.float(), labels, k)
    assert got == pytest.approx(wrong / 20)


def test_a_score_that_is_no_number_is_never_right():
    scores = torch.tensor([[torch.nan, 1.0, 0.0], [1.0, torch.nan, 0.0]])
    labels = torch.tensor([0, 0])
    assert top_k_error(scores, labels, 1) == 1.0
    assert top_k_error(scores, labels, 2) == 0.5


@pytest.mark.parametrize("ten", [False, True])
def test_answers_say_of_each_image_whether_it_was_right(net, ten):
    data = load("synthetic")
    split = data.test.first(60)
    views = CentreViews(data, torch.device("cpu"), size=24)
    given = answers(net, split, views, ten=ten)
    torch.testing.assert_close(given.probabilities.sum(1), torch.ones(60))
    assert torch.equal(given.labels, split.labels)
    likeliest = given.log_probabilities.argsort(1, descending=True)
    for k in (1, 5):
        among = (likeliest[:, :k] == split.labels[:, None]).any(1)
        assert torch.equal(given.right(k), among.double())
    assert given.errors() == errors(net, split, views, ten=ten)
    assert given.errors().top1 == pytest.approx(1 - given.right(1).mean().item())


def test_a_diverged_net_is_wrong_everywhere(net):
    net[2].weight.fill_(torch.nan)
    data = load("synthetic")
    views = CentreViews(data, torch.device("cpu"), size=24)
    got = errors(net, data.test.first(20), views)
    assert (got.top1, got.top5) == (1.0, 1.0)
    assert got.loss != got.loss
