"""Errors over a split against the same counted image by image, in numpy."""

import numpy as np
import pytest
import torch
from torch import nn

from alexnet_lib.data import load
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.evaluation.errors import errors, mean_of_views, wrong_answers


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


def test_with_fewer_classes_than_k_nothing_is_wrong():
    scores = torch.randn(4, 3)
    labels = torch.tensor([0, 1, 2, 0])
    assert wrong_answers(scores, labels, 5).item() == 0
    assert wrong_answers(scores, (scores.argmax(1) + 1) % 3, 1).item() == 4
