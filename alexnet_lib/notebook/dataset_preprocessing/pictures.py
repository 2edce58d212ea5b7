"""Pictures of §2: from a photograph to a centred square."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from alexnet_lib.config import Augmentation
from alexnet_lib.data.augment import Draws, TrainViews, random_draws
from alexnet_lib.data.dataset import Dataset
from alexnet_lib.data.preparing.decode import central_square
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
from alexnet_lib.notebook.dataset_preprocessing.measures import FILTERS, reduced

CHANNELS = {"red": ORANGE, "green": GREEN, "blue": BLUE}


@own_settings
def whole_way(pixels: np.ndarray, data: Dataset, seed: int = 1) -> Picture:
    """Show a photograph (H, W, 3) on its way to the net: §2 above, §4.1 below.

    Above its central square framed, that square, the mean image of `data`, and what
    is left without it; below four views of it, as training makes them.
    """
    square = central_square(torch.from_numpy(pixels)).permute(2, 0, 1)
    figure, axes = canvas(2, 4, 8, 4.5)
    height, width = pixels.shape[:2]
    short = min(height, width)
    show(axes[0], torch.from_numpy(pixels), f"file, {width} x {height}")
    frame(axes[0], ((width - short) / 2, (height - short) / 2), short)
    show(axes[1], square, "its centre, 256 x 256")
    show(axes[2], data.mean_image, f"mean of {len(data.train)} squares")
    show(axes[3], square - data.mean_image + 128, "centre minus mean")
    draws, views = _training_views(data, square, 4, seed)
    for i, (ax, view) in enumerate(zip(axes[4:], views, strict=True)):
        y, x = draws.offsets[i].tolist()
        show(ax, view + 128, f"from row {y}, column {x}")
        ax.set_xlabel("mirrored" if draws.mirrored[i] else "as it is")
    return Picture(
        figure,
        f"A synthetic photograph of {width} x {height} pixels with its central square "
        "framed, that square at 256 x 256, the mean image, the square minus the mean; "
        "and four views of it with their upper left corners at "
        + ", ".join(str(tuple(corner)) for corner in draws.offsets.tolist()),
    )


def _training_views(
    data: Dataset, square: Tensor, count: int, seed: int
) -> tuple[Draws, Tensor]:
    """`count` random draws, and the views (count, 3, 224, 224) of a square by them."""
    rule, generator = Augmentation(), torch.Generator().manual_seed(seed)
    draws = random_draws(count, square.shape[-1], rule, generator)
    views = TrainViews(data, rule, torch.device("cpu"))
    return draws, views(square.expand(count, -1, -1, -1), draws)


@own_settings
def mean_image(data: Dataset) -> Picture:
    """The mean image, what it looks like row by row, and each channel's values."""
    mean, images = data.mean_image, data.train.images[:]
    figure, axes = canvas(1, 3, 8, 2.9)
    show(axes[0], mean, f"mean of {len(data.train)} images")
    for c, (name, colour) in enumerate(CHANNELS.items()):
        axes[1].plot(mean[c].mean(1), color=colour, label=name)
        counts = torch.bincount(images[:, c].flatten().long(), minlength=256)
        share = counts.reshape(32, 8).sum(1) / counts.sum()
        axes[2].stairs(share, np.arange(0, 257, 8), color=colour)
    axes[1].set(title="its rows", xlabel="row from the top", ylabel="grey levels")
    axes[1].legend(frameon=False, loc="upper right")
    axes[2].set(title="all pixels", xlabel="grey level", ylabel="share per 8 levels")
    return Picture(
        figure,
        "The mean image of the training set, its mean over each row per channel, and "
        "a histogram of all pixels per channel",
    )


@own_settings
def colour_axes(data: Dataset, images: Tensor) -> Picture:
    """Pixels of `images` by red and green, and a step along each axis of the data."""
    deviations, directions = data.statistics.colour_axes()
    mean = images.double().mean((0, 2, 3))
    figure, axes = canvas(1, 2, 8, 3.9)
    some = images.permute(0, 2, 3, 1).reshape(-1, 3)[::4099]
    axes[0].scatter(some[:, 0], some[:, 1], s=5, c=some / 255, linewidth=0)
    for k, colour in enumerate((ORANGE, BLUE, GREEN)):
        _axis_line(axes[0], mean, directions[:, k], 150, color=colour, lw=0.8, ls=":")
        name = f"axis {k + 1}"
        step = 2 * deviations[k].item()
        _axis_line(
            axes[0], mean, directions[:, k], step, color=colour, lw=3, label=name
        )
    axes[0].set(title="pixels, and ± 2 deviations", xlabel="red", ylabel="green")
    axes[0].set(xlim=(-5, 260), ylim=(-5, 260), aspect="equal")
    _strips(axes[1], mean, directions * deviations)
    legend_below(figure, axes)
    sizes = ", ".join(f"{size:.0f}" for size in deviations.tolist())
    return Picture(
        figure,
        "Pixels by red and green with the principal axes of colour drawn through their "
        f"mean, deviations {sizes} grey levels, and the colours met along each axis; "
        "the first axis is brightness",
    )


def _strips(ax: Axes, mean: Tensor, steps: Tensor) -> None:
    """The mean colour moved by up to two `steps`, a strip for each column of them."""
    moved = torch.linspace(-2, 2, 201, dtype=torch.float64)[:, None]
    colours = mean + torch.stack([moved * step for step in steps.T])  # (3, 201, 3)
    shown = (colours.clamp(0, 255) / 255).numpy()
    ax.imshow(shown, aspect="auto", extent=(-2, 2, 3.5, 0.5), interpolation="nearest")
    ax.set(title="the mean colour, moved", yticks=(1, 2, 3))
    ax.set(xlabel="standard deviations", ylabel="axis")


def _axis_line(
    ax: Axes, mean: Tensor, direction: Tensor, length: float, **style: Any
) -> None:
    """A line through the mean colour, `length` grey levels to each side."""
    ends = torch.stack([mean - length * direction, mean + length * direction])
    ax.plot(ends[:, 0], ends[:, 1], **style)  # red, green


@own_settings
def row(images: Tensor, titles: Sequence[str]) -> Picture:
    """Images (N, 3, H, W) side by side under their titles."""
    figure, axes = canvas(1, len(images), 8, 0.4 + 8 / len(images))
    for ax, image, title in zip(axes, images, titles, strict=True):
        show(ax, image, title)
    return Picture(figure, "Pictures side by side: " + ", ".join(titles))


@own_settings
def squash_or_crop(pixels: np.ndarray) -> Picture:
    """Show one file cut as §2 says, and squashed whole into 256 x 256."""
    whole = torch.from_numpy(pixels).permute(2, 0, 1).float()
    figure, axes = canvas(1, 2, 7, 3.8)
    show(axes[0], central_square(torch.from_numpy(pixels)), "cropped: shapes kept")
    squashed = reduced(whole, 256, "antialiased bicubic")
    show(axes[1], squashed, "squashed: all there, shapes bent")
    return Picture(
        figure,
        "A photograph cropped to its central square, where the sun is round or "
        "cut off, and squashed into a square, where the sun is an upright ellipse",
    )


@own_settings
def filters(side: int = 128) -> Picture:
    """Rings that grow finer outwards, 512 x 512, made `side` wide by each filter."""
    axis = torch.linspace(-1, 1, 512)
    radius = axis[:, None] ** 2 + axis[None] ** 2
    rings = 127.5 + 127.5 * torch.cos(200 * radius)[None]
    figure, axes = canvas(2, len(FILTERS) // 2, 7, 7.3)
    for ax, name in zip(axes, FILTERS, strict=True):
        small = reduced(rings, side, name)
        show(ax, small.expand(3, -1, -1), name)
    return Picture(
        figure,
        f"Rings that grow finer outwards reduced from 512 to {side} pixels by four "
        "filters: nearest and bilinear draw false rings, antialiased fades to grey",
    )


@own_settings
def integer_means(square: Tensor, mean: Tensor) -> Picture:
    """A square (3, H, W) uint8 minus the mean: in float, wrapped, clipped at 0."""
    whole = mean.round().byte()
    figure, axes = canvas(1, 3, 8, 3)
    show(axes[0], square - mean + 128, "float32, shown + 128")
    show(axes[1], square - whole, "uint8: below 0 wraps")
    clipped = (square.int() - whole).clamp(min=0)
    show(axes[2], clipped, "clipped: darker is lost")
    return Picture(
        figure,
        "A square minus the mean image in floating point, in uint8 with false colours "
        "where it wraps around, and clipped at zero with all darker places black",
    )


@own_settings
def sums_of_kernels(sums: dict[str, Tensor], kernels: int = 6) -> Picture:
    """Draw the outputs of the first kernels, a panel per scale of pixels."""
    figure, axes = canvas(1, len(sums), 8, 3)
    for ax, (name, values) in zip(axes, sums.items(), strict=True):
        some = values[:kernels, ::37].numpy()
        ax.boxplot(
            list(some), whis=(5, 95), showfliers=False, medianprops={"color": BLUE}
        )
        ax.axhline(0, color=GREY, linewidth=0.8)
        ax.set(title=name, xlabel="kernel")
    axes[0].set_ylabel("sum before the ReLU")
    return Picture(
        figure,
        f"Sums of {kernels} untrained kernels of conv1 as boxes, a panel per scale of "
        "pixels: away from zero for 0..255, about zero for centred pixels",
    )
