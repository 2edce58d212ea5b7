"""Exercises of notebook 01."""

from __future__ import annotations

import torch

from alexnet_lib.data import views
from alexnet_lib.evaluation import errors
from alexnet_lib.notebook.answers import Wrong, close, require
from alexnet_lib.notebook.exercise import Attempt, exercise


@exercise
def size_after_rescaling(attempt: Attempt) -> None:
    """`attempt(height, width, side)`: both sides once the shorter one is `side`."""
    cases = [(375, 500, 256), (500, 375, 256), (256, 256, 256), (100, 151, 256)]
    for height, width, side in cases:
        short = min(height, width)
        right = tuple((2 * n * side + short) // (2 * short) for n in (height, width))
        got = attempt(height, width, side, wanted=(1.0, 1.0))
        if got == right:
            continue
        asked = f"{height} x {width} becomes {right[0]} x {right[1]}, not "
        asked += " x ".join(f"{n:g}" for n in got) + "."
        if got == right[::-1]:
            raise Wrong(f"{asked} Height and width have changed places.")
        if max(got) == side:
            raise Wrong(f"{asked} It is the shorter side that becomes {side}.")
        if max(abs(a - b) for a, b in zip(got, right, strict=True)) <= 1:
            raise Wrong(f"{asked} Round to the nearest pixel, do not cut off.")
        raise Wrong(asked)


@exercise
def mean_of_shards(attempt: Attempt) -> None:
    """`attempt(shards)`: mean image (3, H, W) of uint8 shards (n, 3, H, W)."""
    generator = torch.Generator().manual_seed(5)
    shards = [
        torch.randint(low, 256, (n, 3, 4, 4), generator=generator).byte()
        for n, low in ((7, 0), (2, 200), (1, 240))
    ]
    images = torch.cat(shards)
    right = images.double().mean(0)
    of_means = torch.stack([shard.double().mean(0) for shard in shards]).mean(0)
    wrapped = images.sum(0, dtype=torch.uint8) / len(images)
    mistakes = {
        "It is the mean of the shards' means: the picture in the small shard weighs as "
        "much as all seven in the large one.": of_means,
        "The sum was kept in uint8, which wraps at 256.": wrapped,
        "It is the sum, not yet divided.": images.double().sum(0),
    }
    require(attempt(shards, wanted=right), right, mistakes)


@exercise
def ten_views(attempt: Attempt) -> None:
    """`attempt(image, size)`: ten views (10, 3, size, size) of (3, H, W), any order."""
    generator = torch.Generator().manual_seed(6)
    image = torch.randint(0, 256, (3, 10, 12), generator=generator)
    right = views.ten_views(image, 6)
    made = [view.tolist() for view in attempt(image, 6, wanted=right)]
    plain, mirrored = right[:5].tolist(), right[5:].tolist()
    places = ("upper left", "upper right", "lower left", "lower right", "centre")
    for place, view in zip(places, plain, strict=True):
        if view not in made:
            raise Wrong(f"The {place} view is not among yours.")
    if all(view in made for view in mirrored):
        return
    if all(view in made for view in right[:5].flip(-2).tolist()):
        raise Wrong("The mirrors stand on their heads: swap left and right.")
    missing = [p for p, view in zip(places, mirrored, strict=True) if view not in made]
    raise Wrong(f"The mirror of the {missing[0]} view is not among yours.")


@exercise
def colour_shifts(attempt: Attempt) -> None:
    """`attempt(covariance, draws)`: RGB shifts (N, 3), deviation .1 along each axis.

    `covariance` (3, 3) in squared grey levels, `draws` (N, 3) standard normal.
    """
    generator = torch.Generator().manual_seed(7)
    factor = torch.randn(3, 3, generator=generator, dtype=torch.float64)
    axes = torch.linalg.qr(factor)[0]
    covariance = axes @ torch.diag(torch.tensor([9e3, 400.0, 50.0]).double()) @ axes.T
    values, vectors = torch.linalg.eigh(covariance)
    # Rows of the identity are draws whose shifts, squared, sum to what is asked of
    # the covariance, whatever the order and signs of the axes.
    draws = torch.eye(3, dtype=torch.float64)
    shifts = attempt(covariance, draws, wanted=draws)
    squared = 0.01 * covariance @ covariance
    rows = vectors.T @ torch.diag(0.01 * values) @ vectors
    mistakes = {
        "Sized by the eigenvalues, in squared grey levels: brightness would move by "
        f"{0.1 * values[-1]:.0f} levels. The deviation is their root.": squared,
        "Ten times too far: alpha has a deviation of .1.": covariance,
        "The axes are the columns of eigh's matrix, not its rows.": rows,
    }
    otherwise = "The shifts do not vary as the pixels do, a hundredth in variance."
    require(shifts.T @ shifts, 0.01 * covariance, mistakes, otherwise)
    few = attempt(covariance, draws[:2], wanted=draws[:2])
    if not close(few, shifts[:2]):
        raise Wrong(
            "With fewer pictures the shifts are others: each draw makes its own."
        )


@exercise
def top_k_error(attempt: Attempt) -> None:
    """`attempt(scores, labels, k)`: share of wrong pictures, (N, classes) without ties.

    Wrong is a label that `k` classes or more have a higher score than.
    """
    scores = torch.randn(40, 12, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(40) % 12
    by_k = [errors.top_k_error(scores, labels, k) for k in range(7)]
    for k in (5, 1):
        got, right = attempt(scores, labels, k, wanted=0.0), by_k[k]
        mistakes = {
            "That is the share of pictures that are right.": 1 - right,
            "It counts pictures, it does not divide by how many there are.": 40 * right,
            "The label's own score counts as one that is higher.": by_k[k - 1],
            "With k classes ahead of it a label has missed the first k.": by_k[k + 1],
            "Whatever k is, it is the top-1 error.": by_k[1],
        }
        if abs(got - right) < 1e-6:
            continue
        for words, outcome in mistakes.items():
            if abs(got - outcome) < 1e-6:
                raise Wrong(f"{words} The top-{k} error here is {right:.3f}.")
        raise Wrong(f"The top-{k} error here is {right:.3f}, not {got:.3f}.")
