"""Short codes for long vectors: by principal axes, or by random ones (§6.1)."""

from __future__ import annotations

import torch
from torch import Tensor

_SEED = 0


def principal_axes(vectors: Tensor, count: int) -> Tensor:
    """The `count` axes along which (N, D) vectors vary most, most first: (D, count).

    Of unit length, float64. Fewer if the vectors span fewer.
    """
    centred = vectors.double() - vectors.double().mean(0)
    return torch.linalg.svd(centred, full_matrices=False).Vh[:count].T


def random_axes(dimensions: int, count: int) -> Tensor:
    """`count` random directions, normal variates, always the same: (D, count).

    Distances between (N, D) vectors times these are, on average, those between the
    vectors, times the root of `count`.
    """
    generator = torch.Generator().manual_seed(_SEED)
    drawn = torch.randn(dimensions, count, generator=generator)
    return drawn.double()


def coded(vectors: Tensor, axes: Tensor, rows: int = 1000) -> Tensor:
    """Coordinates along `axes`, of any type, (N, D) to (N, count) float64."""
    return torch.cat([some.double() @ axes for some in vectors.split(rows)])
