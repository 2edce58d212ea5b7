"""Draw a figure of the paper."""

from __future__ import annotations

import argparse
from pathlib import Path

from alexnet_lib import settings
from alexnet_lib.commands import words
from alexnet_lib.settings import Scale


def add(parser: argparse.ArgumentParser) -> None:
    """Add the words of `alexnet figure`."""
    parser.add_argument("number", type=int)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--published", action="store_true", help="from results/")
    words.add_scale(which)


def run(arguments: argparse.Namespace) -> None:
    """Draw the figure and print where it is."""
    print(draw(arguments.number, words.scale(arguments), arguments.published))


def draw(number: int, scale: Scale, published: bool = False) -> Path:
    """Draw a figure of the paper from your own runs, or from the published ones.

    Raises `ValueError` for a figure that is not there yet or has no runs.
    """
    from alexnet_lib.experiments.figure1 import FIGURE1
    from alexnet_lib.figures import figure1
    from alexnet_lib.runs import records

    if number != 1:
        raise ValueError(f"Figure {number} is not reproduced yet; there is: 1")
    if published and (missing := settings.why_no_results()):
        raise ValueError(missing)
    name = FIGURE1.name
    runs = records.published(name) if published else records.own(name, scale)
    if not runs:
        raise ValueError(
            f"no runs for Figure 1 at scale {scale}; first `alexnet run figure1 "
            f"--scale {scale}`, or draw the published ones with --published"
        )
    sources = {r.data["name"] for all_ in runs.values() for r in all_}
    place = settings.runs_root() / ("published" if published else scale)
    title = f"Figure 1 on {', '.join(sorted(sources))}"
    return figure1.race(runs, title).save(place / "figure1.png")
