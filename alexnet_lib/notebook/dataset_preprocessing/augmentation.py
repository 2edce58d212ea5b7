"""Pictures of §4.1: crops, mirrors, ten views and colour noise."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from alexnet_lib.config import Augmentation, ColourScale
from alexnet_lib.data.augment import PAPER, SOURCE, Draws, TrainViews, random_draws
from alexnet_lib.data.dataset import Dataset
from alexnet_lib.data.preparing.decode import central_square
from alexnet_lib.data.views import centre_crop, ten_views
from alexnet_lib.figures.panels import frame, legend_below, show
from alexnet_lib.figures.picture import BLUE, ORANGE, Picture, canvas, own_settings

COLOUR_SCALES: tuple[ColourScale, ...] = ("deviation", "eigenvalue_unit", "eigenvalue")
_READ_AS = ("deviation", "eigenvalue,\npixels in 0..1", "eigenvalue,\ngrey levels")


@own_settings
def crop_places(count: int = 128, side: int = 256, seed: int = 0) -> Picture:
    """Show the crops of one batch: as the paper reads, and as the code did."""
    figure, axes = canvas(1, 2, 8, 4.7)
    for ax, name, rule in zip(
        axes, ("paper", "2012 code"), (PAPER, SOURCE), strict=True
    ):
        made = random_draws(count, side, rule, torch.Generator().manual_seed(seed))
        for mirrored, marker, colour in ((False, "o", BLUE), (True, "x", ORANGE)):
            y, x = made.offsets[made.mirrored == mirrored].unbind(1)
            label = "mirrored" if mirrored else "as it is"
            ax.scatter(x, y, marker=marker, color=colour, s=28, label=label)
        views = torch.cat([made.offsets, made.mirrored[:, None]], 1).unique(dim=0)
        ax.set(
            title=f"{name}: {len(views)} different views", xlim=(-1, 33), ylim=(33, -1)
        )
        ax.set(xlabel="offset across", aspect="equal")
    axes[0].set_ylabel("offset down")
    legend_below(figure, axes)
    return Picture(
        figure,
        f"Upper left corners of the crops of {count} images: scattered one by one for "
        "the paper's rule, four places for the code's, shared by 32 images each",
    )


@own_settings
def ten(square: Tensor, size: int = 224) -> Picture:
    """The ten test views of a square (3, H, W) (§4.1)."""
    figure, axes = canvas(2, 5, 8, 3.7)
    names = ["upper left", "upper right", "lower left", "lower right", "centre"]
    views = ten_views(square[None], size)[:, 0]
    titles = [*names, *["mirrored"] * 5]
    for ax, view, title in zip(axes, views, titles, strict=True):
        show(ax, view, title)
    return Picture(
        figure, "Ten test views: four corners, the centre, and below them their mirrors"
    )


@own_settings
def crop(
    pixels: np.ndarray, down: float = 0.5, across: float = 0.5, side: int = 256
) -> Picture:
    """A 224 window of a file whose shorter side becomes `side`.

    It lies `down` and `across` the central square as far as it may: from 0 to 1.
    """
    square = central_square(torch.from_numpy(pixels), side)
    y, x = (round(share * (side - 224)) for share in (down, across))
    figure, axes = canvas(1, 2, 8, 4.3)
    show(axes[0], square, f"central square, {side} x {side}")
    frame(axes[0], (x, y), 224)
    show(axes[1], square[y : y + 224, x : x + 224], f"window at row {y}, column {x}")
    return Picture(
        figure,
        f"A central square of {side} pixels with a 224 pixel window framed at row {y} "
        f"and column {x}, and the window",
    )


def with_noise(
    data: Dataset, square: Tensor, colours: Tensor, scale: ColourScale
) -> Tensor:
    """The centre of a square (3, H, W) under each row of normal variates (N, 3).

    Deviation .1 and sizes as `scale` says, see `Augmentation`; (N, 3, 224, 224) in
    grey levels, the mean put back.
    """
    count = len(colours)
    draws = Draws(torch.full((count, 2), 16), torch.zeros(count).bool(), colours)
    rule = Augmentation(mirror=False, colour_scale=scale)
    views = TrainViews(data, rule, torch.device("cpu"))
    squares = square.expand(count, -1, -1, -1)
    return views(squares, draws) + centre_crop(data.mean_image, rule.size)


@own_settings
def noises(data: Dataset, square: Tensor, seed: int = 3) -> Picture:
    """Five draws of colour noise under the three readings of its size.

    The title of a panel is its mean shift of brightness, in grey levels.
    """
    colours = torch.randn(5, 3, generator=torch.Generator().manual_seed(seed))
    before = centre_crop(square, Augmentation.size).float()
    figure, axes = canvas(len(COLOUR_SCALES), 5, 8, 5.6)
    shifts = []
    for row, scale in enumerate(COLOUR_SCALES):
        views = with_noise(data, square, colours, scale)
        shifts.append([f"{(view - before).mean():+,.0f}" for view in views])
        for i, view in enumerate(views):
            show(axes[5 * row + i], view, shifts[row][i])
        axes[5 * row].set_ylabel(_READ_AS[row])
    figure.supxlabel("above each: mean shift in grey levels", fontsize=10)
    told = (f"{', '.join(row)}" for row in shifts)
    return Picture(
        figure,
        "A picture under five draws of colour noise, shifted by these grey levels: "
        + "; ".join(f"{name} {t}" for name, t in zip(COLOUR_SCALES, told, strict=True)),
    )


@own_settings
def noise(
    data: Dataset,
    square: Tensor,
    first: float = 1.0,
    second: float = 0.0,
    third: float = 0.0,
    scale: ColourScale = "deviation",
) -> Picture:
    """A square before and after one draw (first, second, third) of colour noise."""
    colours = torch.tensor([[0.0, 0.0, 0.0], [first, second, third]])
    before, after = with_noise(data, square, colours, scale)
    figure, axes = canvas(1, 2, 7, 3.9)
    show(axes[0], before, "without")
    title = f"alpha / .1 = {first:.1f}, {second:.1f}, {third:.1f}{_lost(after)}"
    show(axes[1], after, title)
    return Picture(
        figure,
        f"A picture without and with colour noise: {first:.1f}, {second:.1f} and "
        f"{third:.1f} along the three axes, sized by {scale}{_lost(after)}",
    )


def _lost(image: Tensor) -> str:
    """Words for an image of which nothing can be seen any more, else none."""
    if image.min() >= 255:
        return ": all white"
    return ": all black" if image.max() <= 0 else ""
