"""The axes of colour (§4.1): pixels as points, and noise along each axis."""

from __future__ import annotations

from statistics import fmean

import torch
from torch import Tensor

from alexnet_lib.config import Augmentation
from alexnet_lib.data.augment import Draws, TrainViews
from alexnet_lib.data.dataset import Dataset
from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import (
    BLUE,
    GREEN,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)

SIDE = 256
IMAGENET_DEVIATIONS = (121.78, 37.09, 19.72)
"""Of the pixels of ImageNet along their three axes, in grey levels, as
cuda-convnet2's `make-data/input_meta` has them."""
_LOOKS = ((ORANGE, "axis 1"), (BLUE, "axis 2"), (GREEN, "axis 3"))
_SHOWN = 1500


def pixels_of(data: Dataset) -> Tensor:
    """Every pixel of the training images as (red, green, blue): (N, 3) float64."""
    return data.train.images[:].permute(0, 2, 3, 1).reshape(-1, 3).double()


@own_settings
def space(
    pixels: Tensor, axes: Tensor, deviations: Tensor, turn: int = 30, tilt: int = 20
) -> Picture:
    """Some of the pixels (N, 3) in the space of colours, and their axes through it.

    `axes` (3, 3) are columns; each is drawn 2 of its `deviations` (3,) to either side
    of the mean colour. `turn` and `tilt` in degrees say from where it is seen.
    """
    some = pixels[:: max(1, len(pixels) // _SHOWN)]
    mean = pixels.mean(0)
    figure, (ax,) = canvas(1, 1, 6, 5, subplot_kw={"projection": "3d"})
    red, green, blue = some.T
    colours = (some / 255).numpy()
    ax.scatter(red, green, blue, c=colours, s=9, alpha=0.9, linewidth=0)  # type: ignore[misc]
    for (colour, name), axis, size in zip(_LOOKS, axes.T, deviations, strict=True):
        ends = torch.stack([mean - 2 * size * axis, mean + 2 * size * axis])
        ax.plot(*ends.T, color=colour, linewidth=3, label=name)
    ax.set(xlabel="red", ylabel="green", zlabel="blue")
    ax.set(xlim=(0, 255), ylim=(0, 255), zlim=(0, 255))
    ax.view_init(elev=tilt, azim=turn)  # type: ignore[attr-defined]
    legend_below(figure, [ax])
    sizes = ", ".join(f"{size:.0f}" for size in deviations.tolist())
    return Picture(
        figure,
        "Pixels as points of red, green and blue, a long thin cloud along the line of "
        f"greys; its axes have deviations of {sizes} grey levels; seen from {turn} and "
        f"{tilt} degrees",
    )


def deviation_with_noise(data: Dataset, divisor: float) -> float:
    """Deviation of the centred training pixels under colour noise, over that without.

    Each image under six shifts that vary along every axis as normal ones do, then
    divided by `divisor`, as the code does (`convdata_jpeg.py:155-179`).
    """
    rule = Augmentation(size=SIDE, mirror=False, divisor=divisor)
    views = TrainViews(data, rule, torch.device("cpu"))
    six = 3**0.5 * torch.cat([torch.eye(3), -torch.eye(3)])
    draws = Draws(torch.zeros(6, 2).long(), torch.zeros(6).bool(), six)
    images = data.train.images[:].split(1)
    squares = [
        views(image.expand(6, -1, -1, -1), draws).square().mean().item()
        for image in images
    ]
    return fmean(squares) ** 0.5 / data.deviation
