"""The first cell of the notebooks that have a scale, 01 and on."""

from __future__ import annotations

from alexnet_lib import machine, settings
from alexnet_lib.data.sources import locations


def start(scale: str | None = None) -> settings.Scale:
    """Print scale, device and the data found; returns the scale.

    The scale is the argument, else `$ALEXNET_SCALE`, else `smoke`.
    """
    chosen = settings.scale(scale)
    for line in machine.summary():
        print(line)
    print(f"data     cifar10: {locations.where('cifar10') or 'not found'}")
    if missing := settings.why_no_results():
        print(f"results  {missing}")
    if chosen == "smoke":
        print("scale    smoke: cells that train take synthetic images, a few seconds;")
        print("         its numbers are not the paper's, published runs are real")
    else:
        print(f"scale    {chosen}")
    return chosen
