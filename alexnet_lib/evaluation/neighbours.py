"""Nearest neighbours among vectors: exact, and by the authors' shortcut (§6.1)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

_ROWS = 1000


class Neighbours(NamedTuple):
    """For each query the nearest first: `indices` and `distances`, (queries, k)."""

    indices: Tensor
    distances: Tensor


def distances(queries: Tensor, among: Tensor) -> Tensor:
    """Euclidean distances in float64: (Q, D) and (N, D) of any type to (Q, N)."""
    rows = [
        torch.cat(
            [torch.cdist(some.double(), part.double()) for part in among.split(_ROWS)],
            dim=1,
        )
        for some in queries.split(_ROWS)
    ]
    return torch.cat(rows)


def nearest(apart: Tensor, k: int) -> Neighbours:
    """The `k` nearest of each row of distances, (Q, N) to (Q, k): exactly these."""
    found = apart.topk(k, dim=1, largest=False)
    return Neighbours(found.indices, found.values)


def nearest_of_batches(apart: Tensor, order: Tensor, size: int, k: int) -> Neighbours:
    """The `k` nearest among those that are nearest in their batch of `size`.

    As the authors' search has it, which keeps one image of each batch
    (`findsimilar.py:55-66`): of two good neighbours in a batch the second is lost.
    `order` (N,) says how the images lie in batches; of fewer than `k` batches there
    are fewer neighbours.
    """
    best = []
    for members in order.split(size):
        near = apart[:, members].min(1)
        best.append(Neighbours(members[near.indices], near.values))
    indices, values = (torch.stack(column, 1) for column in zip(*best, strict=True))
    first = nearest(values, min(k, values.shape[1]))
    return Neighbours(indices.gather(1, first.indices), first.distances)


def hits(indices: Tensor, labels: Tensor, labels_among: Tensor) -> Tensor:
    """Count the neighbours that are of the query's own class: (Q, k) to (Q,) int64."""
    return (labels_among[indices] == labels[:, None]).sum(1)


def in_common(indices: Tensor, others: Tensor) -> Tensor:
    """Count a query's neighbours that are among its others: (Q, k), (Q, m) to (Q,)."""
    return (indices[:, :, None] == others[:, None, :]).any(2).sum(1)
