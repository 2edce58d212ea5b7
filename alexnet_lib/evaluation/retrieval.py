"""Retrieval as in Figure 4: test images, and the training images nearest to each.

Judged by class: of the six nearest, how many show what the test image shows (§6.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from alexnet_lib.evaluation.codes import coded, principal_axes, random_axes
from alexnet_lib.evaluation.neighbours import (
    Neighbours,
    distances,
    hits,
    in_common,
    nearest,
    nearest_of_batches,
)

_FITTED_ON = 2000
_SEED = 0


class Vectors(NamedTuple):
    """Vectors of test images, (Q, D), and of the training images searched, (N, D)."""

    test: Tensor
    train: Tensor


class Labels(NamedTuple):
    """The classes of both, (Q,) and (N,) int64."""

    test: Tensor
    train: Tensor


class Search(NamedTuple):
    """Training images near to each test image, by exact and by shorter ways.

    `hits` (Q,) by way: how many of the `k` nearest are of the same class; `found` (Q,)
    by shortcut: how many of the exact ones it has too.
    """

    nearest: Neighbours
    hits: dict[str, Tensor]
    found: dict[str, Tensor]


def search(
    vectors: Vectors,
    labels: Labels,
    k: int,
    *,
    batches: Sequence[int] = (),
    codes: Sequence[int] = (),
) -> Search:
    """Search by distance, exactly; by batches of these sizes; and by shorter codes.

    A code's length is that of `codes`, along so many principal axes of two thousand of
    the training vectors (`pca-32`), or along random ones (`random-32`). In batches the
    images lie shuffled, as the authors' did. The caller's random state is left alone.
    """
    apart = distances(*vectors)
    exact = nearest(apart, k)
    of_class, found = {"exact": hits(exact.indices, *labels)}, {}
    shuffled = torch.Generator().manual_seed(_SEED)
    order = torch.randperm(len(vectors.train), generator=shuffled)
    for size in batches:
        ours = nearest_of_batches(apart, order, size, k).indices
        of_class[f"batches-{size}"] = hits(ours, *labels)
        found[f"batches-{size}"] = in_common(ours, exact.indices)
    for name, short in _codes(vectors, codes):
        of_class[name] = hits(nearest(distances(*short), k).indices, *labels)
    return Search(exact, of_class, found)


def _codes(vectors: Vectors, lengths: Sequence[int]) -> Iterator[tuple[str, Vectors]]:
    """Shorter vectors made of these, by name."""
    if not lengths:
        return
    step = -(-len(vectors.train) // _FITTED_ON)
    for name, axes in {
        "pca": principal_axes(vectors.train[::step], max(lengths)),
        "random": random_axes(vectors.train.shape[1], max(lengths)),
    }.items():
        long = [coded(each, axes) for each in vectors]
        for length in lengths:
            yield f"{name}-{length}", Vectors(*(each[:, :length] for each in long))


def precision(of_class: Tensor, k: int) -> float:
    """The share of neighbours that are of the query's own class, over all queries."""
    return of_class.double().mean().item() / k


def precision_by_class(of_class: Tensor, labels: Tensor, k: int) -> dict[int, float]:
    """The same share over the queries of each class, by its number."""
    return {
        label: precision(of_class[labels == label], k)
        for label in labels.unique().tolist()
    }
