"""A figure with its alternative text, and how it is drawn, shown and saved."""

from __future__ import annotations

import base64
import html
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alexnet_lib.files import written_whole

# Okabe and Ito's palette, told apart by colour-blind readers too
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, YELLOW, BLACK, GREY = "#56B4E9", "#E69F00", "#000000", "#888888"

WIDEST = 8.0
"""Inches. A narrow page shrinks a wider figure, and the words in it."""

own_settings = style.context("default")
"""Decorator of what draws: matplotlib's defaults, whatever a reader has set."""

Format = Literal["png", "jpeg"]
_JPEG = {"quality": 85, "subsampling": 0, "optimize": True}


@dataclass(frozen=True)
class Picture:
    """A matplotlib figure and the words for who cannot see it.

    As the last value of a cell it shows as HTML, since JupyterLab and nbconvert give
    an image an alternative text nowhere else. When notebooks are tested, the words
    are compared exactly, the pixels roughly.
    """

    figure: Figure
    alt: str

    @property
    def format(self) -> Format:
        """`jpeg` where colour images are shown, which are several times its size."""
        images = (image for ax in self.figure.axes for image in ax.images)
        coloured = any(len(image.get_shape()) == 3 for image in images)
        return "jpeg" if coloured else "png"

    @own_settings
    def encoded(self, format: Format) -> bytes:
        """The figure as a file."""
        stream, options = io.BytesIO(), _JPEG if format == "jpeg" else {}
        self.figure.savefig(stream, format=format, dpi=100, pil_kwargs=options)
        return stream.getvalue()

    def png(self) -> bytes:
        """The figure as PNG."""
        return self.encoded("png")

    def save(self, path: Path) -> Path:
        """Write the PNG to `path`, whole or not at all, making its folder."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as stream:
            stream.write(self.png())
        return path

    def html(self) -> str:
        """An `img` element that holds the file and the alternative text."""
        content = base64.b64encode(self.encoded(self.format)).decode()
        source = f"data:image/{self.format};base64,{content}"
        return f'<img src="{source}" alt="{html.escape(self.alt)}">'

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.alt}


def canvas(
    rows: int = 1,
    columns: int = 1,
    width: float = WIDEST,
    height: float = 4.0,
    **axes: Any,
) -> tuple[Figure, list[Axes]]:
    """A figure of `width` x `height` inches, `WIDEST` at most, and its axes by row."""
    if width > WIDEST:
        raise ValueError(f"a figure of {width} inches; on a page {WIDEST} can be read")
    figure = Figure(figsize=(width, height), layout="constrained")
    made = figure.subplots(rows, columns, squeeze=False, **axes)
    for ax in made.flat:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, list(made.flat)
