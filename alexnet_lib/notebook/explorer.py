"""Sliders over any function that draws a `Picture`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from alexnet_lib.figures.picture import Picture


class Explorer(widgets.VBox):
    """Sliders above a picture that is drawn again whenever one moves.

    `controls` holds the sliders by name and `alt` the text of what is shown now,
    so a cell can move a slider and look at the answer.
    """

    def __init__(
        self, draw: Callable[..., Picture], controls: dict[str, widgets.ValueWidget]
    ) -> None:
        self.draw, self.controls = draw, controls
        self.image = widgets.HTML()
        super().__init__([*controls.values(), self.image])
        for control in controls.values():
            control.observe(self._redraw, names="value")
        self._redraw()

    def _redraw(self, _: Any = None) -> None:
        values = {name: control.value for name, control in self.controls.items()}
        picture = self.draw(**values)
        self.image.value, self.alt = picture.html(), picture.alt

    def __repr__(self) -> str:
        return f"Explorer({', '.join(self.controls)})"


def explore(draw: Callable[..., Picture], **choices: Any) -> Explorer:
    """An `Explorer` of `draw(**values)`.

    Each choice is `(low, high, start)` for a slider, logarithmic if
    `(low, high, start, "log")`, or a list for a menu.
    """
    return Explorer(draw, {name: _control(name, c) for name, c in choices.items()})


def _control(name: str, choice: Any) -> widgets.ValueWidget:
    title = {"description": name.replace("_", " "), "continuous_update": False}
    style = {"description_width": "140px"}
    layout = widgets.Layout(width="480px")
    if isinstance(choice, list):
        return widgets.Dropdown(
            options=choice, description=title["description"], style=style, layout=layout
        )
    if len(choice) == 4:
        from math import log10

        low, high, start, _ = choice
        return widgets.FloatLogSlider(
            value=start,
            min=log10(low),
            max=log10(high),
            step=0.05,
            style=style,
            layout=layout,
            **title,
        )
    low, high, start = choice
    kind = widgets.IntSlider if isinstance(start, int) else widgets.FloatSlider
    return kind(value=start, min=low, max=high, style=style, layout=layout, **title)
