"""A figure with its alternative text, and how it is shown and saved."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from IPython.display import Markdown
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette, told apart by colour-blind readers too
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, YELLOW, BLACK, GREY = "#56B4E9", "#E69F00", "#000000", "#888888"
_DPI = 100


@dataclass(frozen=True)
class Picture:
    """A matplotlib figure and the words for who cannot see it.

    As the last value of a cell it shows as a PNG whose alternative text travels
    along, to HTML as well. Only `alt` is compared when notebooks are tested.
    """

    figure: Figure
    alt: str

    def png(self) -> bytes:
        """The figure as PNG, the same bytes whichever matplotlib drew it."""
        stream = io.BytesIO()
        self.figure.savefig(stream, format="png", dpi=_DPI, metadata={"Software": None})
        return stream.getvalue()

    def save(self, path: Path) -> Path:
        """Write the PNG to `path`, making its folder; returns the path."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.png())
        return path

    def _repr_mimebundle_(
        self, **_: Any
    ) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
        data = {"image/png": self.png(), "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt}}


def canvas(
    rows: int = 1,
    columns: int = 1,
    width: float = 8.0,
    height: float = 4.0,
    **axes: Any,
) -> tuple[Figure, list[Axes]]:
    """A figure of `width` x `height` inches and its axes, row by row."""
    figure = Figure(figsize=(width, height), layout="constrained")
    made = figure.subplots(rows, columns, squeeze=False, **axes)
    for ax in made.flat:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, list(made.flat)


def markdown(text: str) -> Markdown:
    """A table or text of the report, shown as such in a notebook."""
    return Markdown(text)
