"""Shown by the notebooks: pictures, live curves, sliders, checks of exercises."""

from alexnet_lib.figures.picture import Picture
from alexnet_lib.notebook.done import progress
from alexnet_lib.notebook.explorer import explore, log_slider, menu, slider
from alexnet_lib.notebook.live import watch
from alexnet_lib.notebook.opening import start

__all__ = [
    "Picture",
    "explore",
    "log_slider",
    "menu",
    "progress",
    "slider",
    "start",
    "watch",
]
