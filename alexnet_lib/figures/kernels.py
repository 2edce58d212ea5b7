"""Figure 3: the kernels of the first layer, as the paper's authors drew them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from alexnet_lib.evaluation.colour import colour_shares
from alexnet_lib.figures.picture import Picture, canvas, own_settings

PER_ROW = 16
"""Kernels beside each other, as in `shownet.py:110-148` and in the figure."""
Scale = Literal["all", "each"]
"""Grey levels from the least to the largest weight of all kernels, or of each, after
its mean is taken away and it is divided by its deviation, over all colours together
(`shownet.py --norm-filters`)."""
TOWERS = ("GPU 1", "GPU 2")


def levels(kernels: NDArray, scale: Scale = "all") -> NDArray:
    """Kernels as pictures, (maps, 3, H, W) to (maps, H, W, 3), from 0 to 1.

    By either `scale` black is the least value of all, white the largest; kernels that
    are all alike are grey.
    """
    shown = kernels.astype(float).transpose(0, 2, 3, 1)
    if scale == "each":
        shown = shown - shown.mean((1, 2, 3), keepdims=True)
        deviations = shown.std((1, 2, 3), keepdims=True)
        shown = shown / np.where(deviations > 0, deviations, 1.0)
    low, high = shown.min(), shown.max()
    return (shown - low) / (high - low) if high > low else np.full_like(shown, 0.5)


def tiled(pictures: NDArray, per_row: int = PER_ROW) -> NDArray:
    """(N, H, W, 3) in rows, a black pixel between them, as one picture."""
    count, height, width, _ = pictures.shape
    rows = -(-count // per_row)
    size = rows * (height + 1) + 1, min(count, per_row) * (width + 1) + 1
    whole = np.zeros((*size, 3))
    for i, picture in enumerate(pictures):
        y, x = 1 + i // per_row * (height + 1), 1 + i % per_row * (width + 1)
        whole[y : y + height, x : x + width] = picture
    return whole


@own_settings
def kernels(
    weight: NDArray,
    scale: Scale = "all",
    title: str = "",
    towers: Sequence[str] = TOWERS,
) -> Picture:
    """Figure 3: the kernels of conv1, (maps, 3, H, W), those of each tower by itself.

    A panel for each of `towers`, in the order of the kernels; of one, all are together.
    The scale is the same in all panels. Kernels of one colour alone, (maps, 1, H, W),
    are grey.
    """
    coloured = np.broadcast_to(weight, (len(weight), 3, *weight.shape[2:]))
    pictures = levels(coloured, scale)
    halves = np.array_split(pictures, len(towers))
    rows = [-(-len(half) // PER_ROW) for half in halves]
    height = 0.5 * sum(rows) + 0.45 * len(towers) + 0.3
    figure, axes = canvas(
        len(towers), 1, 8, height, gridspec_kw={"height_ratios": rows}
    )
    for ax, half, tower in zip(axes, halves, towers, strict=True):
        ax.imshow(tiled(half), interpolation="nearest", vmin=0, vmax=1)
        ax.set_title(f"{tower}: {len(half)} kernels", fontsize="medium", loc="left")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    if title:
        figure.suptitle(title)
    return Picture(figure, _words(weight, coloured, halves, towers, scale, title))


def _words(
    weight: NDArray,
    coloured: NDArray,
    halves: Sequence[NDArray],
    towers: Sequence[str],
    scale: Scale,
    title: str,
) -> str:
    height, width = weight.shape[2:]
    whole = colour_shares(torch.tensor(coloured, dtype=torch.float32)).numpy()
    shares = np.array_split(whole, len(towers))
    told = [
        f"{tower}: {len(half)} kernels, mean share of colour {share.mean():.2f}"
        for tower, half, share in zip(towers, halves, shares, strict=True)
    ]
    by = {"all": "one scale for all", "each": "each kernel standardised"}[scale]
    about = f"{title}. " if title else ""
    return (
        f"{about}Kernels of the first layer, {height} x {width} pixels each, drawn as "
        f"small colour pictures, {by}. {'; '.join(told)}"
    )
