"""Measure speed, as ratios."""

from __future__ import annotations

import argparse
import importlib
import json

BENCHES = ("step", "lrn", "loader", "towers")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the words of `alexnet bench`."""
    parser.add_argument("name", choices=BENCHES)
    parser.add_argument("--json", action="store_true")


def run(arguments: argparse.Namespace) -> None:
    """Measure, and print a line a figure or JSON."""
    figures = importlib.import_module(f"alexnet_lib.bench.{arguments.name}").measure()
    if arguments.json:
        print(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        shown = f"{value:.4g}" if isinstance(value, float) else value
        print(f"{name:28} {shown}")
