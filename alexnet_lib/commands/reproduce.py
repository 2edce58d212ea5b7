"""`alexnet reproduce`: one seed of Figure 1, then its ledger rows and the figure."""

from __future__ import annotations

from pathlib import Path

from alexnet_lib import data, machine, settings
from alexnet_lib.data import DataMissing
from alexnet_lib.experiments.figure1 import FIGURE1
from alexnet_lib.ledger import report
from alexnet_lib.runs.run import run_experiment
from alexnet_lib.settings import Scale

_BANNER = """
  {line}
  NOT THE PAPER'S NUMBERS: no CIFAR-10 here and no network to fetch it.
  What follows ran on drawn images, to show that everything works.
  {reason}
  {line}
"""


def reproduce(scale: Scale = "laptop") -> Path:
    """Run Figure 1 at `scale`, print its rows, and return the figure's path.

    Without CIFAR-10 and without network it runs at scale `smoke`, on drawn
    images, under a banner; any other fault of the data is raised (`DataError`).
    """
    for line in machine.summary():
        print(line)
    if scale != "smoke":
        try:
            data.load("cifar10")
        except DataMissing as reason:
            print(_BANNER.format(line="*" * 68, reason=reason))
            scale = "smoke"
    print(f"scale    {scale}: {FIGURE1.expect[scale]}\n")
    run_experiment(FIGURE1, scale, seeds=FIGURE1.seed_list(scale, 1))
    print(report.ledger_table(report.ledger(scale, FIGURE1.name)))
    path = draw_figure(1, scale)
    print(f"\nfigure: {path}")
    return path


def draw_figure(number: int, scale: Scale, published: bool = False) -> Path:
    """Draw a figure of the paper from your own runs, or from the published ones.

    Raises `ValueError` for a figure that is not there yet or has no runs.
    """
    from alexnet_lib.figures import figure1

    if number != 1:
        raise ValueError(f"Figure {number} is not reproduced yet; there is: 1")
    runs = (
        report.published(FIGURE1.name) if published else report.own(FIGURE1.name, scale)
    )
    if not runs:
        raise ValueError(
            f"no runs for Figure 1 at scale {scale}; first `alexnet run figure1 "
            f"--scale {scale}`, or draw the published ones with --published"
        )
    sources = {r.data["name"] for all_ in runs.values() for r in all_}
    place = settings.runs_root() / ("published" if published else scale)
    title = f"Figure 1 on {', '.join(sorted(sources))}"
    return figure1.race(runs, title).save(place / "figure1.png")
