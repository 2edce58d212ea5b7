"""Run one seed of Figure 1, then print its rows of the ledger and draw it."""

from __future__ import annotations

import argparse
from pathlib import Path

from alexnet_lib.commands import figure, words
from alexnet_lib.settings import Scale

_BANNER = """
  {line}
  NOT THE PAPER'S NUMBERS: no CIFAR-10 here and no network to fetch it.
  What follows ran on synthetic images, to show that everything works.
  {reason}
  {line}
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the words of `alexnet reproduce`."""
    words.add_scale(parser)


def run(arguments: argparse.Namespace) -> None:
    """Reproduce Figure 1."""
    reproduce(words.scale(arguments))


def reproduce(scale: Scale = "laptop") -> Path:
    """Run Figure 1 at `scale`, print its rows, and return the figure's path.

    Without CIFAR-10 and without network it runs at scale `smoke`, on drawn
    images, under a banner; any other fault of the data is raised (`DataError`).
    """
    from alexnet_lib import data, machine
    from alexnet_lib.experiments.figure1 import FIGURE1
    from alexnet_lib.ledger import report
    from alexnet_lib.runs.run import run_experiment

    print("\n".join(machine.summary()))
    if scale != "smoke":
        try:
            data.load("cifar10")
        except data.DataMissing as reason:
            print(_BANNER.format(line="*" * 68, reason=reason))
            scale = "smoke"
    print(f"scale    {scale}: {FIGURE1.expect[scale]}\n")
    run_experiment(FIGURE1, scale, seeds=FIGURE1.seed_list(scale, 1))
    print(report.ledger_table(report.ledger(scale, experiment=FIGURE1.name)))
    path = figure.draw(1, scale)
    print(f"\nfigure: {path}")
    return path
