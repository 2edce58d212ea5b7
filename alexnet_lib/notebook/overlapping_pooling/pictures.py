"""Pictures of §3.4: pooling windows, what they see and what they pass on."""

from __future__ import annotations

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from alexnet_lib.figures.panels import legend_below, show
from alexnet_lib.figures.picture import (
    BLUE,
    GREY,
    ORANGE,
    SKY,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.nets.layers import Pool
from alexnet_lib.notebook.overlapping_pooling.windows import (
    answers,
    coverage,
    pooled,
    thin_line,
    windows,
    wins,
)

KINDS = {2: "2/2, apart", 3: "3/2, overlapping"}


@own_settings
def grids(values: Tensor) -> Picture:
    """Draw both grids of windows over one map, (H, W), and the maxima that each makes.

    The pixels that win a window are framed; of a tie, the first.
    """
    figure, axes = canvas(2, 2, 7.6, 7.4, gridspec_kw={"width_ratios": [1.4, 1]})
    told = []
    for (left, right), size in zip((axes[:2], axes[2:]), KINDS, strict=True):
        pool = Pool("max", size, 2)
        largest = pooled(values[None, None], pool)[0, 0]
        won = wins(values[None, None], pool)[0, 0]
        _map_with_windows(left, values, won, size)
        _cells(right, largest, digits=1)
        winners = int((won > 0).sum())
        left.set_title(f"{KINDS[size]}: {largest.numel()} windows")
        right.set_title(f"{largest.numel()} outputs, of {winners} pixels")
        told.append(
            f"{size}/2 makes {largest.numel()} outputs of {winners} different pixels, "
            f"one of which wins {won.max():.0f}"
        )
    sides = " x ".join(map(str, values.shape))
    return Picture(figure, f"Windows over a map of {sides}: {'; '.join(told)}")


def _map_with_windows(ax: Axes, values: Tensor, won: Tensor, size: int) -> None:
    """A map's pixels with their values, winners framed, every window a pale square."""
    height, width = values.shape
    for row in windows(height, size, 2):
        for column in windows(width, size, 2):
            at, sides = (column.start, row.start), (len(column), len(row))
            ax.add_patch(Rectangle(at, *sides, color=SKY, alpha=0.3, linewidth=0))
            ax.add_patch(Rectangle(at, *sides, fill=False, color=BLUE, linewidth=0.8))
    for y, x in torch.cartesian_prod(*map(torch.arange, values.shape)).tolist():
        words = f"{values[y, x]:.1f}"
        ax.text(x + 0.5, y + 0.5, words, ha="center", va="center", fontsize=9)
        if won[y, x]:
            corner = x + 0.06, y + 0.1
            ax.add_patch(Rectangle(corner, 0.88, 0.8, fill=False, color=ORANGE, lw=2))
    ax.set(xlim=(-0.1, width + 0.1), ylim=(height + 0.1, -0.1), xticks=[], yticks=[])
    ax.set_aspect("equal")
    ax.spines[:].set_visible(False)


@own_settings
def layout(side: int = 8, size: int = 3, stride: int = 2) -> Picture:
    """Every window along a row of pixels, and how many windows see each pixel.

    `size` is taken to be `side` at most, and `stride` to be `size`, as in the 2012
    code (`layer.py:1152-1153`); the title says so.
    """
    asked, size = (size, stride), min(size, side)
    stride = min(stride, size)
    taken = "" if asked == (size, stride) else f" (not {asked[0]}/{asked[1]})"
    figure, axes = canvas(1, 2, 8, 3.7, gridspec_kw={"width_ratios": [1.35, 1]})
    made = windows(side, size, stride)
    _rows_of_windows(axes[0], side, size, stride)
    axes[0].set_title(f"{size}/{stride}{taken} on {side} pixels: {len(made)} windows")
    seen = coverage(side, size, stride)
    _cells(axes[1], torch.outer(seen, seen))
    axes[1].set_title("windows that see each pixel")
    clipped = "the last one clipped" if len(made[-1]) < size else "none clipped"
    return Picture(
        figure,
        f"{len(made)} windows of {size} with stride {stride} along {side} pixels, "
        f"{clipped}; in a picture a pixel is seen by {seen.min() ** 2} to "
        f"{seen.max() ** 2} of them",
    )


def _rows_of_windows(ax: Axes, side: int, size: int, stride: int) -> None:
    """Pixels as a row of boxes, above them a bar per window, dashed off the edge."""
    for pixel, count in enumerate(coverage(side, size, stride).tolist()):
        ax.add_patch(Rectangle((pixel, 0), 1, 1, fill=False, color=GREY))
        ax.text(pixel + 0.5, 0.5, str(count), ha="center", va="center")
    made = windows(side, size, stride)
    for row, window in enumerate(made):
        y, colour = 1.6 + row, BLUE if row % 2 else ORANGE
        ax.add_patch(Rectangle((window.start, y), len(window), 0.6, color=colour))
        over = size - len(window)
        if over:
            ax.add_patch(
                Rectangle((side, y), over, 0.6, fill=False, ls="--", color=colour)
            )
    ax.set(xlim=(-0.3, side + size), ylim=(-0.2, 1.8 + len(made)))
    ax.set(xlabel="pixel", yticks=[0.5], yticklabels=["seen by"])
    ax.set_xticks([p + 0.5 for p in range(side)], [str(p) for p in range(side)])
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.tick_params(length=0)


def _cells(ax: Axes, values: Tensor, digits: int = 0) -> None:
    """Shade a small matrix of numbers that are not negative, and write them in."""
    ax.imshow(
        values.numpy(), cmap="Blues", vmin=0, vmax=1.6 * max(values.max().item(), 4)
    )
    for (y, x), value in zip(
        torch.cartesian_prod(*map(torch.arange, values.shape)).tolist(),
        values.flatten().tolist(),
        strict=True,
    ):
        ax.text(x, y, f"{value:.{digits}f}", ha="center", va="center", fontsize=9)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


@own_settings
def side_by_side(image: Tensor, kind: str = "max", moved: int = 1) -> Picture:
    """(3, H, W) through 2/2 and 3/2, and what changes as it moves by `moved` pixels."""
    width = image.shape[2] - moved
    views = [image[None, ..., i : i + width].float() for i in (0, moved)]
    figure, axes = canvas(2, 3, 8, 5.6)
    show(axes[0], views[0][0], "the pixels")
    show(axes[3], _half_grey(views[1] - views[0]), f"moved by {moved}: change")
    sizes = []
    for column, size in enumerate(KINDS, start=1):
        pool = Pool("max" if kind == "max" else "average", size, 2)
        before, after = (pooled(view, pool) for view in views)
        rms = (after - before).square().mean().sqrt().item()
        sizes.append(f"{rms:.0f}")
        show(axes[column], before[0], f"{kind} {KINDS[size]}")
        show(axes[3 + column], _half_grey(after - before), f"change: {rms:.0f} levels")
    return Picture(
        figure,
        f"A synthetic photograph and its {kind} pooling by 2/2 and 3/2; below, what "
        f"changes as it moves by {moved} across: {sizes[0]} and {sizes[1]} grey levels",
    )


def _half_grey(change: Tensor) -> Tensor:
    return 128 + change[0]


@own_settings
def lines(width: int = 1, side: int = 16) -> Picture:
    """Draw what 2/2 and 3/2 make of a line at each of `side` positions."""
    figure, axes = canvas(1, 2, 8, 4.6)
    distinct = []
    for ax, size in zip(axes, KINDS, strict=True):
        made = answers(Pool("max", size, 2), side, width)
        distinct.append(len(made.unique(dim=0)))
        ax.imshow(made.numpy(), cmap="Blues", vmin=0, vmax=1.3, aspect="auto")
        ax.set(title=f"{KINDS[size]}: {distinct[-1]} different answers")
        ax.set(xlabel="output", xticks=range(made.shape[1]), yticks=range(0, side, 3))
    axes[0].set_ylabel("position of the line")
    return Picture(
        figure,
        f"Outputs of pooling for a line {width} wide at each of {side} positions: "
        f"2/2 has {distinct[0]} different answers, 3/2 has {distinct[1]}",
    )


@own_settings
def line(position: int = 5, width: int = 1, side: int = 16) -> Picture:
    """A row of pixels with a line in it, and the outputs of 2/2 and 3/2."""
    pixels = thin_line(position, side, width)
    figure, axes = canvas(3, 1, 7.6, 3.2)
    _strip(axes[0], pixels[0, 0, 0], 1, "pixels")
    axes[0].set_title(f"a line at {position}, {width} wide")
    said = []
    for ax, size in zip(axes[1:], KINDS, strict=True):
        made = answers(Pool("max", size, 2), side, width)[position]
        _strip(ax, made, side / len(made), KINDS[size])
        said.append("".join(f"{v:g}" for v in made.tolist()))
    return Picture(
        figure,
        f"a line at {position}, {width} wide: 2/2 answers {said[0]}, 3/2 {said[1]}",
    )


def _strip(ax: Axes, values: Tensor, step: float, title: str) -> None:
    """A row of boxes, each `step` wide, dark where the value is not 0."""
    for i, value in enumerate(values.tolist()):
        face = BLUE if value else "white"
        ax.add_patch(Rectangle((i * step, 0), step, 1, facecolor=face, edgecolor=GREY))
    ax.set(xlim=(-0.1, len(values) * step + 0.1), ylim=(-0.1, 1.1), xticks=[])
    ax.set_yticks([0.5], [title])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


@own_settings
def changes(table: dict[str, dict[int, float]]) -> Picture:
    """Draw the change under a move by a pixel against window size, a line per map."""
    figure, (ax,) = canvas(1, 1, 6.4, 4)
    looks = ((BLUE, "o-"), (ORANGE, "s--"), (GREY, "^:"))[: len(table)]
    for (name, values), (colour, dash) in zip(table.items(), looks, strict=True):
        ax.plot(list(values), list(values.values()), dash, color=colour, label=name)
    ax.set(xlabel="window, pixels, at stride 2", ylabel="change / deviation")
    ax.set(title="maps moved by one pixel", xticks=list(next(iter(table.values()))))
    ax.set_ylim(bottom=0)
    legend_below(figure, [ax])
    return Picture(
        figure,
        "How much pooled maps change when they are moved by one pixel, against the "
        "width of the window: "
        + "; ".join(
            f"{name} " + ", ".join(f"{size} {value:.2f}" for size, value in of.items())
            for name, of in table.items()
        ),
    )
