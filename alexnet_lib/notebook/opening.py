"""The first cell of every notebook."""

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
    print(f"scale    {chosen}")
    if chosen == "smoke":
        print("         training cells here use drawn images for a few seconds:")
        print("         their numbers are not the paper's; published runs are real")
    return chosen
