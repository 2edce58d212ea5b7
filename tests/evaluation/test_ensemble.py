"""Ensembles against the same counted image by image, and against torch's count."""

import itertools
import math

import numpy as np
import pytest
import torch

from alexnet_lib.evaluation.ensemble import (
    STEPS,
    averaged,
    losses,
    searched_weights,
    wrong,
)
from alexnet_lib.evaluation.errors import right

NETS, IMAGES, CLASSES = 3, 400, 6
LABELS = np.arange(IMAGES) % CLASSES


@pytest.fixture(scope="module")
def nets():
    """Three nets: a good one, a fair one, and one that knows nothing."""
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(NETS, IMAGES, CLASSES))
    for net, skill in enumerate((2.0, 1.0, 0.0)):
        scores[net, np.arange(IMAGES), LABELS] += skill
    e = np.exp(scores)
    return (e / e.sum(-1, keepdims=True)).astype(np.float16)


def test_the_mean_is_of_probabilities_each_net_alike(nets):
    found = averaged(nets)
    for image in range(0, IMAGES, 37):
        for label in range(CLASSES):
            expected = sum(float(net[image, label]) for net in nets) / NETS
            assert found[image, label] == pytest.approx(expected)
    weighted = averaged(nets, [2, 1, 0])
    np.testing.assert_allclose(weighted, (2.0 * nets[0] + nets[1]) / 3, rtol=2e-3)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_errors_are_those_that_torch_counts_ties_among_them(nets, k):
    coarse = np.round(nets.astype(float), 1)  # many ties
    for probabilities in (coarse, nets.astype(float)):
        found = wrong(probabilities, LABELS, k)
        for net, of_net in zip(probabilities, found, strict=True):
            expected = 1 - right(torch.from_numpy(net), torch.from_numpy(LABELS), k)
            np.testing.assert_allclose(of_net, expected)
    assert 0 < wrong(coarse, LABELS, k).mean() < 1


def test_losses_are_logarithms_and_finite_where_half_precision_has_none(nets):
    found = losses(nets, LABELS)
    for net, image in itertools.product(range(NETS), range(0, IMAGES, 37)):
        expected = -math.log(float(nets[net, image, LABELS[image]]))
        assert found[net, image] == pytest.approx(expected)
    assert losses(np.float16([[0, 1]]), np.array([0]))[0] == pytest.approx(
        24 * math.log(2)
    )


def test_the_search_is_that_of_the_authors_step_by_step(nets):
    """Written out with lists: a weight at a time, the least error kept."""
    found = searched_weights(nets, LABELS, k=1)
    weights = [1.0] * NETS
    for _ in range(5):
        start = list(weights)
        for net in range(NETS):
            errors = {}
            for step in (weights[net], *STEPS.tolist()):
                tried = [*weights[:net], step, *weights[net + 1 :]]
                summed = sum(
                    w * p.astype(float) for w, p in zip(tried, nets, strict=True)
                )
                errors.setdefault(step, (summed.argmax(1) != LABELS).mean())
            weights[net] = min(errors, key=errors.__getitem__)
        if weights == start:
            break
    assert found.tolist() == pytest.approx(weights)
    assert found[0] > found[2]
    ours, equal = (wrong(averaged(nets, w), LABELS).mean() for w in (found, None))
    assert ours <= equal
