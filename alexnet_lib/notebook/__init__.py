"""What the notebooks show: pictures, live curves, sliders, checks of exercises."""

from alexnet_lib.figures.picture import Picture
from alexnet_lib.notebook.explorer import explore
from alexnet_lib.notebook.live import watch
from alexnet_lib.notebook.opening import start

__all__ = ["Picture", "explore", "start", "watch"]
