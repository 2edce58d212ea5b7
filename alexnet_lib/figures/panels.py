"""How a picture, or a place in it, is drawn into a panel."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from alexnet_lib.figures.picture import ORANGE


def show(ax: Axes, image: Tensor, title: str) -> None:
    """(3, H, W) or (H, W, 3) in grey levels, clipped to 0..255."""
    upright = image.permute(1, 2, 0) if image.shape[0] == 3 else image
    ax.imshow((upright.float().clamp(0, 255) / 255).numpy())
    ax.set_title(title, fontsize=10)
    ax.set_axis_off()


def frame(ax: Axes, corner: tuple[float, float], side: float) -> None:
    """Draw a square of `side` pixels, its upper left `corner` at (column, row)."""
    ax.add_patch(Rectangle(corner, side, side, fill=False, color=ORANGE, linewidth=2))
