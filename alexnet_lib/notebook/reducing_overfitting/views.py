"""Views of one picture (§4.1): how many there are, and how alike they are to a net."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from alexnet_lib.data.views import centre_crop, crops
from alexnet_lib.figures.panels import frame, legend_below, show
from alexnet_lib.figures.picture import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.notebook import drawn_photographs
from alexnet_lib.runs import artifacts

SQUARE, WINDOW = 128, 96
"""Pixels of a square and of a view: as many places as 224 have in 256."""
ROOM = SQUARE - WINDOW
_STRIDE = 4
_LOOKS = ((GREY, "-"), (BLUE, "--"), (ORANGE, "-."), (GREEN, ":"))


def square(kind: str = "sea", seed: int = 1001) -> Tensor:
    """A drawn photograph, (3, SQUARE, SQUARE) float32 in grey levels."""
    pixels = drawn_photographs.photograph(kind, seed, SQUARE, SQUARE)
    return torch.from_numpy(pixels).permute(2, 0, 1).float()


@own_settings
def window(picture: Tensor, down: int, across: int, mirrored: str) -> Picture:
    """The window at row `down` and column `across` of a square, and the view of it.

    `mirrored`: `yes` or `no`.
    """
    at = torch.tensor([[down, across]])
    view = crops(picture[None], at, torch.tensor([mirrored == "yes"]), WINDOW)[0]
    figure, axes = canvas(1, 2, 7, 3.9)
    show(axes[0], picture, f"{SQUARE} x {SQUARE}")
    frame(axes[0], (across, down), WINDOW)
    words = f"row {down}, column {across}{', mirrored' * (mirrored == 'yes')}"
    show(axes[1], view, words)
    return Picture(
        figure,
        f"A picture with a window of {WINDOW} pixels framed, and what a net sees of "
        f"it: {words}",
    )


def grid(picture: Tensor, step: int) -> Tensor:
    """The views at every `step`-th row and column, then their mirrors.

    (V, 3, WINDOW, WINDOW), the one at the upper left corner first.
    """
    places = torch.arange(0, ROOM + 1, step)
    offsets = torch.cartesian_prod(places, places).repeat(2, 1)
    mirrored = torch.arange(len(offsets)) >= len(offsets) // 2
    squares = picture.expand(len(offsets), -1, -1, -1)
    return crops(squares, offsets, mirrored, WINDOW)


def seen(views: Tensor, conv1: Path) -> dict[str, Tensor]:
    """Views as pixels and as a trained net's first layer has them, each (V, values).

    `conv1` is the file of a run's first layer (`kept.FirstLayer`): its kernels meet
    the views minus its mean colour; then ReLUs, then maxima of 3x3 every 2 (§3.4).
    """
    kept = {name: torch.from_numpy(x).float() for name, x in _read(conv1).items()}
    centred = views - kept["mean"][:, None, None]
    sums = functional.conv2d(centred, kept["weight"], kept["bias"], stride=_STRIDE)
    maps = sums.relu()  # (V, 96, 22, 22)
    pooled = functional.max_pool2d(maps, 3, 2)
    layers = {"pixels": centred, "conv1": maps, "pool1": pooled}
    return {name: values.flatten(1) for name, values in layers.items()}


def _read(path: Path) -> artifacts.Arrays:
    return artifacts.read(path)


def others(conv1: Path, count: int = 24) -> dict[str, Tensor]:
    """Average the centres of `count` other pictures, layer by layer."""
    kinds = list(drawn_photographs.SKY_AND_GROUND)
    squares = [square(kinds[i % len(kinds)], 3000 + i) for i in range(count)]
    centres = centre_crop(torch.stack(squares), WINDOW)
    return {name: values.mean(0) for name, values in seen(centres, conv1).items()}


def likeness(vectors: Tensor, common: Tensor) -> Tensor:
    """Cosine of every two rows of (V, values) minus `common`: (V, V), from -1 to 1.

    1 for views that differ from other pictures (values,) in the same way, about 0 for
    two that have nothing in common but what all pictures have.
    """
    own = functional.normalize((vectors - common).double(), dim=1)
    return own @ own.T


def effective_number(alike: Tensor) -> float:
    """Count the independent views that are as different as these, (V, V) `likeness`.

    1 if all are the same, V if none is like another: V^2 over the sum of squares,
    which is the participation ratio of the matrix's eigenvalues.
    """
    return len(alike) ** 2 / alike.square().sum().item()


def by_shift(pictures: Tensor, conv1: Path) -> dict[str, Tensor]:
    """Mean likeness of two views that lie 0, 1, ... ROOM pixels apart across.

    In each of `seen`'s layers; of the views along the middle row of every picture
    (N, 3, SQUARE, SQUARE).
    """
    places = torch.arange(ROOM + 1)
    offsets = torch.stack([torch.full_like(places, ROOM // 2), places], 1)
    plain = torch.zeros(len(places), dtype=torch.bool)
    common, of_each = others(conv1), []
    for picture in pictures:
        squares = picture.expand(len(places), -1, -1, -1)
        layers = seen(crops(squares, offsets, plain, WINDOW), conv1)
        apart = [
            [alike.diagonal(shift).mean() for shift in places.tolist()]
            for name, values in layers.items()
            for alike in [likeness(values, common[name])]
        ]
        of_each.append(torch.tensor(apart))  # (layers, shifts)
    return dict(zip(common, torch.stack(of_each).mean(0), strict=True))


@own_settings
def alike(by_layer: Mapping[str, Tensor]) -> Picture:
    """Draw the likeness of two views against the pixels between them."""
    figure, (ax,) = canvas(1, 1, 6.4, 3.6)
    told = []
    for (name, values), (colour, dashes) in zip(by_layer.items(), _LOOKS, strict=False):
        ax.plot(values, dashes, color=colour, label=name)
        near, far = values[_STRIDE].item(), values[-1].item()
        told.append(f"{name} {near:.2f} at {_STRIDE} pixels, {far:.2f} at {ROOM}")
    ax.set(xlabel="pixels between the two windows", ylabel="likeness of two views")
    ax.set_ylim(min(0.0, ax.get_ylim()[0]), 1.02)
    legend_below(figure, [ax])
    return Picture(figure, f"Likeness of two views of one picture: {'; '.join(told)}")
