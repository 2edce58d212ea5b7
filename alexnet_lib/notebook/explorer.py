"""Sliders over any function that draws a `Picture`.

    explore(pictures.window, i=slider(0, 95, 47), n=slider(1, 15, 5))

The picture is an output of its own, below the sliders: it stays where there is no
kernel, on a static page as in a notebook opened again.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
from IPython.display import DisplayHandle, display

from alexnet_lib.figures.picture import Picture


@dataclass(frozen=True)
class Slider:
    """Numbers from `low` to `high`; whole ones if `start` is; on a log scale or not."""

    low: float
    high: float
    start: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low <= self.start <= self.high:
            raise ValueError(
                f"a slider from {self.low:g} to {self.high:g} cannot start at "
                f"{self.start:g}"
            )

    @property
    def tried(self) -> tuple[Any, ...]:
        """Both ends."""
        return self.low, self.high

    def __contains__(self, value: Any) -> bool:
        return bool(self.low <= value <= self.high)

    def __str__(self) -> str:
        return f"from {self.low:g} to {self.high:g}"

    def widget(self, **looks: Any) -> widgets.ValueWidget:
        """The slider to move; it answers when it is let go."""
        looks |= {"value": self.start, "continuous_update": False}
        if self.log:
            ends = {"min": math.log10(self.low), "max": math.log10(self.high)}
            return widgets.FloatLogSlider(step=0.05, **ends, **looks)
        kind = widgets.IntSlider if isinstance(self.start, int) else widgets.FloatSlider
        return kind(min=self.low, max=self.high, **looks)


@dataclass(frozen=True)
class Menu:
    """One of `tried`, the first to begin with."""

    tried: tuple[Any, ...]

    @property
    def start(self) -> Any:
        """The value to begin with."""
        return self.tried[0]

    def __contains__(self, value: Any) -> bool:
        return value in self.tried

    def __str__(self) -> str:
        return f"one of {', '.join(map(str, self.tried))}"

    def widget(self, **looks: Any) -> widgets.ValueWidget:
        """The menu to choose from."""
        return widgets.Dropdown(options=self.tried, **looks)


def slider(low: float, high: float, start: float) -> Slider:
    """Choose a number; a whole one if `start` is."""
    return Slider(low, high, start)


def log_slider(low: float, high: float, start: float) -> Slider:
    """Choose a positive number, each step by the same factor."""
    return Slider(low, high, start, log=True)


def menu(*values: Any) -> Menu:
    """Choose one of the values; the first is shown to begin with."""
    return Menu(values)


class Explorer:
    """Sliders, and below them a picture that is drawn again whenever one moves."""

    def __init__(
        self, draw: Callable[..., Picture], controls: dict[str, Slider | Menu]
    ) -> None:
        self.draw, self.controls = draw, controls
        layout = {"layout": widgets.Layout(width="480px", max_width="100%")}
        layout["style"] = {"description_width": "140px"}
        self.widgets = {
            name: control.widget(description=name.replace("_", " "), **layout)
            for name, control in controls.items()
        }
        self._picture = DisplayHandle()
        for widget in self.widgets.values():
            widget.observe(self._redraw, names="value")

    @property
    def state(self) -> dict[str, Any]:
        """The values that the sliders stand at."""
        return {name: widget.value for name, widget in self.widgets.items()}

    def at(self, **values: Any) -> str:
        """The picture's words with these `values`, the others as they begin.

        No slider moves. Raises `ValueError` for a value that none can reach.
        """
        for name, value in values.items():
            if name not in self.controls:
                raise ValueError(f"no slider {name}: {', '.join(self.controls)}")
            if value not in self.controls[name]:
                raise ValueError(f"{name} is {self.controls[name]}, not {value!r}")
        start = {name: control.start for name, control in self.controls.items()}
        return self.draw(**start | values).alt

    def corners(self) -> Iterator[dict[str, Any]]:
        """Yield every combination of the sliders' ends and the menus' values."""
        tried = (control.tried for control in self.controls.values())
        for values in itertools.product(*tried):
            yield dict(zip(self.controls, values, strict=True))

    def __repr__(self) -> str:
        ranges = (f"{name} {control}" for name, control in self.controls.items())
        return "To choose when this cell has run: " + "; ".join(ranges)

    def _ipython_display_(self) -> None:
        view = widgets.VBox(list(self.widgets.values()))._repr_mimebundle_()
        display(view | {"text/plain": repr(self)}, raw=True)
        self._picture.display(self.draw(**self.state))

    def _redraw(self, _: Any = None) -> None:
        """Put the picture of the present state, or why there is none, in its place."""
        try:
            picture = self.draw(**self.state)
        except Exception as error:  # a widget's own errors reach nobody's eyes
            at = ", ".join(f"{name} = {value}" for name, value in self.state.items())
            words = f"no picture at {at}: {type(error).__name__}: {error}"
            self._picture.update({"text/plain": words}, raw=True)
        else:
            self._picture.update(picture)


def explore(draw: Callable[..., Picture], **controls: Slider | Menu) -> Explorer:
    """An `Explorer` of `draw(**values)`, a `slider`, `log_slider` or `menu` a value."""
    return Explorer(draw, controls)
