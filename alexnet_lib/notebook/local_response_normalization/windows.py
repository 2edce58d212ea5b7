"""Pictures of what a normalisation sums over, and of one strong map's neighbours."""

from __future__ import annotations

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    SKY,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.modules.lrn import reference

MAPS, HALF = 96, 48
_SHOWN = 17
_K, _BETA = 2.0, 0.75
_FEW, _STRONG, _OTHERS = 11, 5, 30.0
_TRIED = torch.linspace(0, 600, 121)


@own_settings
def window(i: int = 47, n: int = 5) -> Picture:
    """Which of AlexNet's 96 maps normalise map `i`: on one device, and on two GPUs."""
    figure, axes = canvas(2, 1, 8, 2.9)
    said = []
    for ax, gpus in zip(axes, (1, 2), strict=True):
        size = MAPS // gpus
        low = i // size * size
        inside = [j for j in range(i - n // 2, i - n // 2 + n) if low <= j < low + size]
        _row_of_maps(ax, i, n, inside)
        where = "one device" if gpus == 1 else "two GPUs"
        said.append(f"{where} maps {inside[0]} to {inside[-1]}")
        title = f"{where}: {len(inside)} of {n} maps in the sum"
        ax.set_title(title, loc="left", fontsize=11)
    return Picture(figure, f"map {i}, n = {n}: " + "; ".join(said))


def _row_of_maps(ax: Axes, i: int, n: int, inside: list[int]) -> None:
    """Numbered maps around `i`; hatched those that a border keeps out of the sum."""
    first = min(max(i - _SHOWN // 2, 0), MAPS - _SHOWN)
    for j in range(first, first + _SHOWN):
        wanted = i - n // 2 <= j < i - n // 2 + n
        colour = ORANGE if j == i else SKY if j in inside else "white"
        hatch = "////" if wanted and j not in inside else ""
        ax.add_patch(Rectangle((j - 0.45, 0), 0.9, 1, fc=colour, ec=GREY, hatch=hatch))
        ink = "white" if j == i else BLACK
        ax.text(j, 0.5, str(j), ha="center", va="center", color=ink, fontsize=9)
    if first < HALF <= first + _SHOWN:
        ax.plot([HALF - 0.5] * 2, [-0.25, 1.25], color=BLACK, linewidth=2)
        ax.text(HALF - 0.7, -0.45, "GPU 1", ha="right", va="center", fontsize=9)
        ax.text(HALF - 0.3, -0.45, "GPU 2", ha="left", va="center", fontsize=9)
    ax.set(xlim=(first - 0.7, first + _SHOWN - 0.3), ylim=(-0.75, 1.3))
    ax.set_axis_off()


@own_settings
def windows_of_both() -> Picture:
    """Draw what the two normalisations of #145's layer 2 sum over, in one cut."""
    figure, axes = canvas(1, 2, 8, 3.4)
    titles = "across maps: 5 maps, one position", "within a map: 5 x 5 positions"
    for ax, across, title in zip(axes, (True, False), titles, strict=True):
        for row in range(9):
            for column in range(11):
                itself = (row, column) == (4, 5)
                near = abs(row - 4) <= 2 and column == 5
                if not across:
                    near = abs(column - 5) <= 2 and row == 4
                colour = ORANGE if itself else SKY if near else "white"
                ax.add_patch(Rectangle((column, row), 0.9, 0.9, fc=colour, ec=GREY))
        ax.set(title=title, xlim=(-0.3, 11.2), ylim=(9.2, -0.3), xticks=[], yticks=[])
        ax.set(xlabel="positions along a row of the map", ylabel="maps")
        ax.spines[:].set_visible(False)
    return Picture(
        figure,
        "Maps downwards, positions across: one window is five maps at one position, "
        "the other five positions, and five rows of them, in one map",
    )


@own_settings
def strong_map(strong: float = 300.0, n: int = 5) -> Picture:
    """Eleven maps at one position, of which one is strong: before and after LRN.

    By the formula as printed, times k^beta. On the right the strong map and the map
    beside it after LRN, whatever the strong one's response was.
    """
    before, after = _among_others(torch.tensor([strong]), n)
    figure, axes = canvas(1, 2, 8, 3.4)
    maps, was, is_ = range(_FEW), before[0].numpy(), after[0].numpy()
    axes[0].bar(maps, was, color=GREY, alpha=0.55, width=0.9, label="before")
    axes[0].bar(maps, is_, color=BLUE, width=0.55, label="after, times $k^\\beta$")
    axes[0].set(title="eleven maps at one position", xlabel="map", ylabel="response")
    _, courses = _among_others(_TRIED, n)
    axes[1].plot(_TRIED, courses[:, _STRONG], color=BLUE, label="the strong map after")
    beside = courses[:, _STRONG + 1]
    axes[1].plot(_TRIED, beside, "--", color=ORANGE, label="the map beside it after")
    axes[1].axvline(strong, color=GREY, linestyle=":", linewidth=1)
    axes[1].set(title="as the strong one rises", ylabel="after")
    axes[1].set(xlabel="the strong map before")
    legend_below(figure, axes)
    x, y, z = (is_[at] for at in (_STRONG, _STRONG + 1, 0))
    return Picture(
        figure,
        f"map {_STRONG} responds {strong:.0f}, the others {_OTHERS:.0f}, n = {n}: "
        f"after LRN the strong one {x:.1f}, the map beside it {y:.1f}, "
        f"the first map {z:.1f}",
    )


def _among_others(strong: torch.Tensor, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Responses (B, maps) with `strong` (B,) in the middle: before and after LRN."""
    before = torch.full((len(strong), _FEW), _OTHERS)
    before[:, _STRONG] = strong
    after = reference(before[:, :, None, None], n, k=_K, beta=_BETA)[:, :, 0, 0]
    return before, _K**_BETA * after
