"""Short codes, and the ways of a search, against linear algebra by another route."""

import numpy as np
import pytest
import torch

from alexnet_lib.evaluation.codes import coded, principal_axes, random_axes
from alexnet_lib.evaluation.neighbours import distances, hits, nearest
from alexnet_lib.evaluation.retrieval import (
    Labels,
    Vectors,
    precision,
    precision_by_class,
    search,
)

CLASSES, DIMENSIONS = 4, 30


@pytest.fixture(scope="module")
def photographs():
    """Vectors of four classes, whose means lie apart in three of thirty directions."""
    generator = torch.Generator().manual_seed(2)
    means = torch.zeros(CLASSES, DIMENSIONS)
    means[:, :3] = 3 * torch.randn(CLASSES, 3, generator=generator)
    labels = Labels(torch.arange(80) % CLASSES, torch.arange(400) % CLASSES)
    vectors = Vectors(
        *(
            means[each] + torch.randn(len(each), DIMENSIONS, generator=generator)
            for each in labels
        )
    )
    return vectors, labels


def test_principal_axes_are_those_of_the_covariance(photographs):
    train = photographs[0].train
    axes = principal_axes(train, 5).numpy()
    values, vectors = np.linalg.eigh(np.cov(train.double().numpy().T))
    for place, axis in enumerate(axes.T):
        expected = vectors[:, -1 - place]
        assert abs(axis @ expected) == pytest.approx(1)
    spread = coded(train, torch.from_numpy(axes)).var(0)
    assert spread.tolist() == pytest.approx(values[::-1][:5].tolist())


def test_all_axes_together_keep_every_distance(photographs):
    vectors, _ = photographs
    axes = principal_axes(vectors.train, DIMENSIONS)
    short = [coded(each, axes) for each in vectors]
    torch.testing.assert_close(distances(*short), distances(*vectors))


def test_random_axes_keep_distances_on_average_and_leave_randomness_alone(photographs):
    vectors, _ = photographs
    state = torch.get_rng_state()
    axes = random_axes(DIMENSIONS, 4000)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(axes, random_axes(DIMENSIONS, 4000))
    short = [coded(each, axes) for each in vectors]
    ratio = distances(*short) / distances(*vectors) / 4000**0.5
    assert ratio.mean().item() == pytest.approx(1, abs=0.01)


def test_a_search_has_every_way_that_is_asked_for(photographs):
    vectors, labels = photographs
    state = torch.get_rng_state()
    found = search(vectors, labels, 6, batches=(50, 4), codes=(1, 3))
    assert torch.equal(state, torch.get_rng_state())
    exact = nearest(distances(*vectors), 6)
    assert torch.equal(found.nearest.indices, exact.indices)
    ways = {"exact", "batches-50", "batches-4", "pca-1", "pca-3", "random-1"}
    assert found.hits.keys() == ways | {"random-3"}
    assert found.found.keys() == {"batches-50", "batches-4"}
    assert torch.equal(found.hits["exact"], hits(exact.indices, *labels))
    wholly = {way: precision(counts, 6) for way, counts in found.hits.items()}
    assert wholly["pca-3"] > wholly["pca-1"]
    assert wholly["pca-3"] > wholly["random-3"]
    assert found.found["batches-4"].sum() > found.found["batches-50"].sum()


def test_precision_is_a_count_over_the_queries_of_each_class(photographs):
    vectors, labels = photographs
    counts = search(vectors, labels, 6).hits["exact"]
    by_class = precision_by_class(counts, labels.test, 6)
    rows = list(zip(counts.tolist(), labels.test.tolist(), strict=True))
    for label in range(CLASSES):
        own = [count for count, of in rows if of == label]
        assert by_class[label] == pytest.approx(sum(own) / len(own) / 6)
    assert precision(counts, 6) == pytest.approx(sum(c for c, _ in rows) / 480)
