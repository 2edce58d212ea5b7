"""Exercises of notebook 01."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from alexnet_lib.data import views
from alexnet_lib.notebook.dataset_preprocessing.measures import top_k_error
from alexnet_lib.notebook.exercise import Wrong, exercise


class Pictures:
    """Images with a `transform`, applied as they are taken: `pictures[i]`."""

    def __init__(self, images: Sequence[Any], transform: Any = None) -> None:
        self.images, self.transform = images, transform

    def __getitem__(self, i: int) -> Any:
        image = self.images[i]
        return self.transform(image) if self.transform else image


@exercise
def size_after_rescaling(attempt: Callable[[int, int, int], tuple[int, int]]) -> None:
    """`attempt(height, width, side)`: both sides once the shorter one is `side`."""
    cases = [(375, 500, 256), (500, 375, 256), (256, 256, 256), (100, 151, 256)]
    for height, width, side in cases:
        short = min(height, width)
        right = tuple((2 * n * side + short) // (2 * short) for n in (height, width))
        got = tuple(attempt(height, width, side))
        if got == right:
            continue
        asked = f"{height} x {width} becomes {right[0]} x {right[1]}, not "
        asked += " x ".join(map(str, got)) + "."
        if got == right[::-1]:
            raise Wrong(f"{asked} Height and width have changed places.")
        if max(got) == side:
            raise Wrong(f"{asked} It is the shorter side that becomes {side}.")
        if max(abs(a - b) for a, b in zip(got, right, strict=True)) <= 1:
            raise Wrong(f"{asked} Round to the nearest pixel, do not cut off.")
        raise Wrong(asked)


@exercise
def mean_of_shards(attempt: Callable[[list[Tensor]], Tensor]) -> None:
    """`attempt(shards)`: mean image (3, H, W) of uint8 shards (n, 3, H, W)."""
    generator = torch.Generator().manual_seed(5)
    shards = [
        torch.randint(low, 256, (n, 3, 4, 4), generator=generator).byte()
        for n, low in ((7, 0), (2, 200), (1, 240))
    ]
    right = torch.cat(shards).double().mean(0)
    got = attempt(shards)
    if got.shape != right.shape:
        raise Wrong(
            f"The mean is an image, {tuple(right.shape)}; yours is {tuple(got.shape)}."
        )
    if not got.is_floating_point():
        raise Wrong(f"A mean is seldom whole, yours is {got.dtype}.")
    if torch.allclose(got.double(), right, atol=1e-3):
        return
    of_means = torch.stack([s.double().mean(0) for s in shards]).mean(0)
    if torch.allclose(got.double(), of_means, atol=1e-3):
        raise Wrong(
            "It is the mean of the shards' means: the picture in the small shard "
            "weighs as much as all seven in the large one."
        )
    wrapped = torch.cat(shards).sum(0, dtype=torch.uint8).double() / 10
    if torch.allclose(got.double(), wrapped, atol=1e-3):
        raise Wrong("The sum was kept in uint8, which wraps at 256.")
    worst = (got.double() - right).abs().max().item()
    raise Wrong(f"It is off by up to {worst:.1f} grey levels.")


@exercise
def ten_views(attempt: Callable[[Tensor, int], Tensor]) -> None:
    """`attempt(image, size)`: ten views (10, 3, size, size) of (3, H, W), any order."""
    generator = torch.Generator().manual_seed(6)
    image = torch.randint(0, 256, (3, 10, 12), generator=generator)
    right = views.ten_views(image, 6)
    got = attempt(image, 6)
    if got.shape != right.shape:
        raise Wrong(
            f"The views together are {tuple(right.shape)}, yours {tuple(got.shape)}."
        )
    made = [view.tolist() for view in got]
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
def colour_shifts(attempt: Callable[[Tensor, Tensor], Tensor]) -> None:
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
    shifts = attempt(covariance, torch.eye(3, dtype=torch.float64))
    if shifts.shape != (3, 3):
        raise Wrong(f"Three draws give (3, 3) shifts, yours are {tuple(shifts.shape)}.")
    got = shifts.T @ shifts
    if torch.allclose(got, 0.01 * covariance, rtol=1e-4):
        return
    if torch.allclose(got, 0.01 * covariance @ covariance, rtol=1e-4):
        raise Wrong(
            "Sized by the eigenvalues, in squared grey levels: brightness would move "
            f"by {0.1 * values[-1]:.0f} levels. The deviation is their root."
        )
    if torch.allclose(got, covariance, rtol=1e-4):
        raise Wrong("Ten times too far: alpha has a deviation of .1.")
    rows = vectors.T @ torch.diag(0.01 * values) @ vectors
    if torch.allclose(got, rows, rtol=1e-4):
        raise Wrong("The axes are the columns of eigh's matrix, not its rows.")
    raise Wrong("The shifts do not vary as the pixels do, a hundredth in variance.")


@exercise
def mean_of_the_training_set(
    attempt: Callable[[Tensor, Callable[[Tensor], Tensor]], Tensor],
) -> None:
    """`attempt(images, augment)`: the mean image to subtract; (N, 3, H, W) uint8."""
    generator = torch.Generator().manual_seed(8)
    images = torch.randint(0, 200, (6, 3, 4, 4), generator=generator).byte()
    right = images.float().mean(0)
    mirrored = attempt(images, lambda image: image.flip(-1))
    if mirrored.shape != right.shape:
        raise Wrong(
            f"The mean is an image, {tuple(right.shape)}; yours is "
            f"{tuple(mirrored.shape)}."
        )
    if torch.allclose(mirrored, right.flip(-1)):
        raise Wrong(
            "With all views mirrored it is mirrored too: it depends on the draws. "
            "Take the mean of the images as they are stored."
        )
    if not torch.allclose(mirrored, right):
        raise Wrong("It is not the mean of the stored images.")


@exercise
def views_of_each_split(
    attempt: Callable[[Pictures, range, range, Any, Any], tuple[Any, Any]],
) -> None:
    """`attempt(pictures, train, val, random_view, centre_view)`: both splits.

    Each is indexed from 0 and gives its own pictures in its own view.
    """
    pictures = Pictures([f"picture {i}" for i in range(5)])
    train, val = attempt(
        pictures, range(3), range(3, 5), "random {}".format, "centre {}".format
    )
    for name, split, kind, first in (
        ("training", train, "random", 0),
        ("validation", val, "centre", 3),
    ):
        got = split[0]
        if got == f"{kind} picture {first}":
            continue
        if f"picture {first}" not in got:
            raise Wrong(f"The first {name} picture should be picture {first}: {got}.")
        raise Wrong(
            f"The {name} split gives '{got}', it should be a {kind} view. Which "
            "object holds the transform, and how many of them are there?"
        )


@exercise
def top5_error(attempt: Callable[[Tensor, Tensor], float]) -> None:
    """`attempt(scores, labels)`: top-5 error of (N, classes) scores, ties by odds."""
    generator = torch.Generator().manual_seed(9)
    scores = torch.randn(40, 12, generator=generator)
    labels = torch.arange(40) % 12
    right, got = top_k_error(scores, labels, 5), float(attempt(scores, labels))
    if abs(got - right) > 1e-6:
        raise Wrong(f"Already without ties it is {got:.3f}, not {right:.3f}.")
    got = float(attempt(torch.zeros(40, 10), torch.arange(40) % 10))
    if got < 0.01:
        raise Wrong("A net that gives all ten classes one score has no error at all.")
    if got > 0.99:
        raise Wrong("Ten equal scores: five places, so half are right by luck, not 0.")
    if abs(got - 0.5) > 1e-6:
        raise Wrong(f"For ten equal scores it is {got:.2f}; by their odds, 0.50.")
    some = torch.tensor([[3.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.0]])
    got = float(attempt(some, torch.tensor([4])))
    if abs(got - 0.25) > 1e-6:
        raise Wrong(
            f"Four classes tie for three places: .25 is lost, not {got:.2f}. Is the "
            "order of the classes taken for an order of the scores?"
        )
    if float(attempt(torch.full((4, 10), torch.nan), torch.arange(4))) < 0.99:
        raise Wrong(
            "A net that gives NaN is taken for right: compare so that NaN fails."
        )
