"""What a picture shows, to be compared with what it should; and spoilt copies of it."""

import dataclasses
import pickle
from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle, StepPatch

from alexnet_lib.figures.picture import Picture


@dataclasses.dataclass(frozen=True)
class Panel:
    """All that is drawn by numbers in a panel, in order.

    Lines as (n, 2) points, boxes as (x, y, width, height), dots as (n, 2) points,
    images as arrays, steps as heights.
    """

    lines: list = dataclasses.field(default_factory=list)
    boxes: list = dataclasses.field(default_factory=list)
    dots: list = dataclasses.field(default_factory=list)
    images: list = dataclasses.field(default_factory=list)
    steps: list = dataclasses.field(default_factory=list)


def panel_of(ax) -> Panel:
    """What is drawn in `ax`."""
    return Panel(
        [line.get_xydata() for line in ax.lines],
        [
            (*p.get_xy(), p.get_width(), p.get_height())
            for p in ax.patches
            if isinstance(p, Rectangle)
        ],
        [np.asarray(dots.get_offsets()) for dots in ax.collections],
        [np.asarray(image.get_array()) for image in ax.images],
        [p.get_data().values for p in ax.patches if isinstance(p, StepPatch)],
    )


def assert_shows(picture: Picture, panels: list[Panel], words: list[str]) -> None:
    """Each panel shows these things and no others, and the words are in `alt`."""
    axes = picture.figure.axes
    assert len(axes) == len(panels)
    for ax, expected in zip(axes, panels, strict=True):
        found = panel_of(ax)
        for field in dataclasses.fields(Panel):
            of_found, of_expected = (getattr(p, field.name) for p in (found, expected))
            assert len(of_found) == len(of_expected), (ax.get_title(), field.name)
            for a, b in zip(of_found, of_expected, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    missing = [word for word in words if word not in picture.alt]
    assert not missing, (missing, picture.alt)


def spoilt(figure: Figure) -> Iterator[str]:
    """Spoil one thing at a time in place, say what, and make it good again."""
    for n, ax in enumerate(figure.axes):
        for i, line in enumerate(ax.lines):
            y = np.asarray(line.get_ydata(), float)
            if np.nan_to_num(y).any():
                line.set_ydata(y / 2)
                yield f"panel {n}: line {i} halved"
                line.set_ydata(y)
        for i, patch in enumerate(ax.patches):
            if isinstance(patch, Rectangle) and patch.get_height():
                height = patch.get_height()
                patch.set_height(0)
                yield f"panel {n}: box {i} set to zero"
                patch.set_height(height)
        for i, dots in enumerate(ax.collections):
            offsets = np.asarray(dots.get_offsets())
            if offsets.any():
                dots.set_offsets(offsets / 2)
                yield f"panel {n}: dots {i} halved"
                dots.set_offsets(offsets)
        for i, image in enumerate(ax.images):
            pixels = np.asarray(image.get_array())
            image.set_data(1 - pixels)
            yield f"panel {n}: image {i} turned to its negative"
            image.set_data(pixels)


def emptied(figure: Figure) -> Iterator[Figure]:
    """Copies of the figure with one of its panels emptied."""
    copy = pickle.dumps(figure)
    for i, ax in enumerate(figure.axes):
        if ax.has_data() or ax.patches:
            other = pickle.loads(copy)
            other.axes[i].clear()
            yield other


def unnoticed(picture: Picture, panels: list[Panel], words: list[str]) -> list[str]:
    """What of the picture can be spoilt without `assert_shows` seeing it."""

    def shown(other: Picture) -> bool:
        try:
            assert_shows(other, panels, words)
        except AssertionError:
            return False
        return True

    found = [what for what in spoilt(picture.figure) if shown(picture)]
    for n, without in enumerate(emptied(picture.figure)):
        if shown(dataclasses.replace(picture, figure=without)):
            found.append(f"panel {n} emptied")
    if shown(dataclasses.replace(picture, alt="")):
        found.append("no words")
    if not shown(picture):
        found.append("spoilt for good")
    return found
