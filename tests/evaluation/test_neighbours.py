"""Nearest neighbours against a search one by one, in float64."""

import numpy as np
import pytest
import torch

from alexnet_lib.evaluation.neighbours import (
    distances,
    hits,
    in_common,
    nearest,
    nearest_of_batches,
)

GENERATOR = torch.Generator().manual_seed(5)
QUERIES = torch.randn(23, 17, generator=GENERATOR)
AMONG = torch.randn(1205, 17, generator=GENERATOR)
ORDER = torch.randperm(1205, generator=GENERATOR)


def brute(query, among):
    """Indices by distance, each computed by itself, and the distances."""
    apart = [float(np.sqrt(((query - other) ** 2).sum())) for other in among]
    order = sorted(range(len(apart)), key=apart.__getitem__)
    return order, apart


@pytest.mark.parametrize("k", [1, 6])
def test_the_nearest_are_those_of_a_search_one_by_one(k):
    found = nearest(distances(QUERIES, AMONG), k)
    among = AMONG.double().numpy()
    for row, query in enumerate(QUERIES.double().numpy()):
        order, apart = brute(query, among)
        assert found.indices[row].tolist() == order[:k]
        expected = [apart[i] for i in order[:k]]
        assert found.distances[row].tolist() == pytest.approx(expected)


def test_distances_are_those_of_large_numbers_too():
    """Pixels of images that differ little: a float32 product would not tell them."""
    among = torch.full((3, 30_000), 200, dtype=torch.uint8)
    among[1, 0], among[2, 7] = 201, 203
    found = nearest(distances(among[:1], among), 3)
    assert found.indices.tolist() == [[0, 1, 2]]
    assert found.distances[0].tolist() == pytest.approx([0, 1, 3], abs=1e-3)


@pytest.mark.parametrize("size", [7, 300])
def test_the_shortcut_keeps_the_nearest_of_each_batch(size):
    apart = distances(QUERIES, AMONG)
    found = nearest_of_batches(apart, ORDER, size, 6)
    for row, distance in enumerate(apart.tolist()):
        batches = [b.tolist() for b in ORDER.split(size)]
        best = [min(batch, key=distance.__getitem__) for batch in batches]
        expected = sorted(best, key=distance.__getitem__)[:6]
        assert found.indices[row].tolist() == expected
        assert found.distances[row].tolist() == [distance[i] for i in expected]


def test_a_batch_of_one_is_the_exact_search_and_few_batches_give_few():
    apart = distances(QUERIES, AMONG)
    exact, alone = nearest(apart, 6), nearest_of_batches(apart, ORDER, 1, 6)
    assert torch.equal(exact.indices, alone.indices)
    assert nearest_of_batches(apart, ORDER, 700, 6).indices.shape == (23, 2)


def test_hits_and_what_two_searches_share_are_counted_one_by_one():
    labels, labels_among = torch.arange(23) % 4, torch.arange(1205) % 4
    apart = distances(QUERIES, AMONG)
    exact = nearest(apart, 6).indices
    short = nearest_of_batches(apart, ORDER, 100, 6).indices
    of_class = hits(exact, labels, labels_among).tolist()
    both = in_common(short, exact).tolist()
    for row, (ours, theirs) in enumerate(
        zip(exact.tolist(), short.tolist(), strict=True)
    ):
        assert of_class[row] == sum(i % 4 == row % 4 for i in ours)
        assert both[row] == len(set(ours) & set(theirs))
    assert 0 < sum(of_class) < 6 * 23
    assert 0 < sum(both) < 6 * 23
