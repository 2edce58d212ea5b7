"""Spot the bug, notebook 01: mistakes in preparing pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from alexnet_lib.evaluation.errors import top_k_error
from alexnet_lib.notebook.answers import Wrong, require
from alexnet_lib.notebook.exercise import Attempt, exercise, raising_is_told


class Pictures:
    """Images with a `transform`, applied as they are taken: `pictures[i]`."""

    def __init__(self, images: Sequence[Any], transform: Any = None) -> None:
        self.images, self.transform = images, transform

    def __getitem__(self, i: int) -> Any:
        image = self.images[i]
        return self.transform(image) if self.transform else image


@exercise
def mean_of_the_training_set(attempt: Attempt) -> None:
    """`attempt(images, augment)`: the mean image to subtract; (N, 3, H, W) uint8."""
    generator = torch.Generator().manual_seed(8)
    images = torch.randint(0, 200, (6, 3, 4, 4), generator=generator).byte()
    right = images.float().mean(0)
    got = attempt(images, lambda image: image.flip(-1), wanted=right)
    mistakes = {
        "With all views mirrored it is mirrored too: it depends on the draws. Take the "
        "mean of the images as they are stored.": right.flip(-1)
    }
    require(got, right, mistakes, "It is not the mean of the stored images.")


@exercise
def views_of_each_split(attempt: Attempt) -> None:
    """`attempt(pictures, train, val, random_view, centre_view)`: both splits.

    Each is indexed from 0 and gives its own pictures in its own view.
    """
    pictures = Pictures([f"picture {i}" for i in range(5)])
    views = "random {}".format, "centre {}".format
    splits: tuple[Any, Any] = attempt(
        pictures, range(3), range(3, 5), *views, wanted=(object(), object())
    )
    for name, split, kind, first in (
        ("training", splits[0], "random", 0),
        ("validation", splits[1], "centre", 3),
    ):
        with raising_is_told():
            got = str(split[0])
        if got == f"{kind} picture {first}":
            continue
        if f"picture {first}" not in got:
            raise Wrong(
                f"The first {name} picture should be picture {first}: '{got[:40]}'."
            )
        raise Wrong(
            f"The {name} split gives '{got}', it should be a {kind} view. Which "
            "object holds the transform, and how many of them are there?"
        )


@exercise
def top5_error(attempt: Attempt) -> None:
    """`attempt(scores, labels)`: top-5 error of (N, classes) scores, ties by odds."""
    generator = torch.Generator().manual_seed(9)
    scores = torch.randn(40, 12, generator=generator)
    labels = torch.arange(40) % 12
    right, got = top_k_error(scores, labels, 5), attempt(scores, labels, wanted=0.0)
    if abs(got - right) > 1e-6:
        raise Wrong(f"Already without ties it is {got:.3f}, not {right:.3f}.")
    got = attempt(torch.zeros(40, 10), torch.arange(40) % 10, wanted=0.0)
    if got < 0.01:
        raise Wrong("A net that gives all ten classes one score has no error at all.")
    if got > 0.99:
        raise Wrong("Ten equal scores: five places, so half are right by luck, not 0.")
    if abs(got - 0.5) > 1e-6:
        raise Wrong(f"For ten equal scores it is {got:.2f}; by their odds, 0.50.")
    some = torch.tensor([[3.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.0]])
    got = attempt(some, torch.tensor([4]), wanted=0.0)
    if abs(got - 0.25) > 1e-6:
        raise Wrong(
            f"Four classes tie for three places: .25 is lost, not {got:.2f}. Is the "
            "order of the classes taken for an order of the scores?"
        )
    if attempt(torch.full((4, 10), torch.nan), torch.arange(4), wanted=0.0) < 0.99:
        raise Wrong(
            "A net that gives NaN is taken for right: compare so that NaN fails."
        )
