"""Parts that several pictures draw into a panel, or below all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from alexnet_lib.figures.picture import GREY, ORANGE

if TYPE_CHECKING:  # Figure 1 is drawn without torch, whose import takes seconds
    from torch import Tensor


def show(ax: Axes, image: Tensor, title: str) -> None:
    """Show (3, H, W) or (H, W, 3), grey levels clipped to 0..255, in a thin frame."""
    upright = image.permute(1, 2, 0) if image.shape[0] == 3 else image
    ax.imshow((upright.float().clamp(0, 255) / 255).numpy())
    ax.set_title(title, fontsize=10)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color=GREY, linewidth=0.5)


def frame(ax: Axes, corner: tuple[float, float], side: float) -> None:
    """Draw a square of `side` pixels, its upper left `corner` at (column, row)."""
    ax.add_patch(Rectangle(corner, side, side, fill=False, color=ORANGE, linewidth=2))


def legend_below(figure: Figure, axes: Iterable[Axes], columns: int = 4) -> None:
    """One legend for all panels, below them, where it covers nothing.

    In so many `columns`, or fewer if the figure is not wide enough for them.
    """
    entries = {
        label: handle
        for ax in axes
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
    }
    for count in range(min(columns, len(entries)), 0, -1):
        legend = figure.legend(
            entries.values(),
            entries.keys(),
            loc="outside lower center",
            ncols=count,
            frameon=False,
        )
        if count == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()
