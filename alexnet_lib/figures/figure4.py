"""Figure 4: what a network answers to pictures, and which pictures it finds alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from alexnet_lib.figures.picture import (
    BLUE,
    GREY,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)

BARS = 5
"""Labels shown of each picture: the five most probable."""


@own_settings
def predictions(
    images: NDArray,
    probabilities: NDArray,
    labels: NDArray,
    classes: Sequence[str],
    title: str = "",
) -> Picture:
    """Figure 4, left: the pictures, under each its five most probable labels as bars.

    `images` (N, 3, H, W) uint8, `probabilities` (N, classes), `labels` (N,). The bar of
    the true label is orange and dashed; if it is not among the five, its name stands
    above the picture alone.
    """
    count = len(images)
    figure, axes = canvas(2, count, 8, 4.2, gridspec_kw={"height_ratios": (1.1, 1)})
    told = []
    for i in range(count):
        likeliest = np.argsort(-probabilities[i], kind="stable")[:BARS]
        shown(axes[i], images[i], classes[labels[i]])
        _bars(axes[count + i], probabilities[i], likeliest, int(labels[i]), classes)
        first = f"{classes[likeliest[0]]} {probabilities[i][likeliest[0]]:.2f}"
        place = list(likeliest).index(labels[i]) + 1 if labels[i] in likeliest else None
        where = f"is number {place}" if place else f"is not among the {len(likeliest)}"
        told.append(f"{classes[labels[i]]} {where}, first is {first}")
    if title:
        figure.suptitle(title)
    return Picture(
        figure,
        f"{f'{title}. ' if title else ''}{count} pictures and bars of the most "
        f"probable labels of each, the true one marked: {'; '.join(told)}",
    )


def _bars(
    ax: Axes,
    probabilities: NDArray,
    likeliest: NDArray,
    label: int,
    classes: Sequence[str],
) -> None:
    colours = [ORANGE if number == label else BLUE for number in likeliest]
    bars = ax.barh(
        range(len(likeliest)), probabilities[likeliest], color=colours, alpha=0.5
    )
    for bar, number in zip(bars, likeliest, strict=True):
        bar.set_hatch("//" if number == label else "")
    for place, number in enumerate(likeliest):
        ax.text(0.02, place, classes[number], va="center", fontsize=8)
    ax.set(xlim=(0, 1), ylim=(BARS - 0.5, -0.5), xticks=[0, 1], yticks=[])
    ax.spines["left"].set_visible(False)


@own_settings
def retrieval(
    queries: NDArray,
    neighbours: NDArray,
    distances: NDArray,
    labels: tuple[NDArray, NDArray],
    classes: Sequence[str],
    title: str = "",
) -> Picture:
    """Figure 4, right: a row for each query, then the pictures nearest to it.

    `queries` (Q, 3, H, W) and `neighbours` (Q, k, 3, H, W) uint8, `distances` (Q, k),
    `labels` of both, (Q,) and (Q, k). Above each neighbour its distance; one of another
    class has a frame and its class's name beside it.
    """
    rows, k = distances.shape
    figure, axes = canvas(rows, k + 1, 8, 0.35 + 1.35 * rows)
    told = []
    for row in range(rows):
        own, *others = axes[row * (k + 1) : (row + 1) * (k + 1)]
        name = classes[labels[0][row]]
        shown(own, queries[row], name)
        for at, ax in enumerate(others):
            same = labels[1][row, at] == labels[0][row]
            far = f"{distances[row, at]:.3g}"
            words = far if same else f"{far} {classes[labels[1][row, at]]}"
            shown(ax, neighbours[row, at], words, framed=not same)
        right = int((labels[1][row] == labels[0][row]).sum())
        told.append(
            f"{name}: {right} of {k} are of its class, distances "
            f"{distances[row, 0]:.3g} to {distances[row, -1]:.3g}"
        )
    if title:
        figure.suptitle(title)
    return Picture(
        figure,
        f"{f'{title}. ' if title else ''}{rows} pictures, each beside the {k} training "
        f"pictures nearest to it. {'; '.join(told)}",
    )


def shown(ax: Axes, image: NDArray, title: str, framed: bool = False) -> None:
    """Show (3, H, W) or (1, H, W) uint8 in `ax`, framed thinly in grey or in orange."""
    pixels = np.moveaxis(image, 0, -1)
    ax.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    ax.set_title(title, fontsize=8)
    ax.set(xticks=[], yticks=[])
    colour, width = (ORANGE, 2.5) if framed else (GREY, 0.5)
    ax.spines[:].set(visible=True, color=colour, linewidth=width)
