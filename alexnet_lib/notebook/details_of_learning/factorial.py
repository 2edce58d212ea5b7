"""The map of `start`: which init, biases and scale of pixels let the net begin."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

import numpy as np

from alexnet_lib.figures.picture import Picture, canvas, own_settings
from alexnet_lib.runs.records import Record, Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table

DEVIATIONS, BIASES = ("0.01", "0.03"), ("0", "0.1", "1")
PIXELS = {"raw": "raw pixels", "unit": "pixels of unit deviation"}
TEXT = "0.01-1-raw"
ONE_CHANGE = {
    TEXT: "none: as the text has it",
    "0.03-1-raw": "conv3 to conv5 with .03",
    "0.01-0.1-raw": "biases of .1",
    "0.01-0-raw": "biases of 0",
    "0.01-1-unit": "pixels of unit deviation",
}
"""The text's net and those that one change makes of it, by arm."""
_STEPS, _COUNTED = "steps_to_2.20", "restricted_steps_to_2.20"
_LATEST = 500
"""Steps of five epochs that count: the darkest of the map."""


@own_settings
def steps_map(runs: Runs) -> Picture:
    """Steps to a mean loss of 2.20, by deviation, biases and pixels; darker: later."""
    figure, axes = canvas(1, 2, 8, 2.9, sharey=True)
    told = []
    for ax, (pixels, title) in zip(axes, PIXELS.items(), strict=True):
        values = np.full((len(DEVIATIONS), len(BIASES)), np.nan)
        for row, deviation in enumerate(DEVIATIONS):
            for column, bias in enumerate(BIASES):
                found = runs.get(f"{deviation}-{bias}-{pixels}", ())
                values[row, column], words = _cell(found)
                dark = values[row, column] > _LATEST / 2
                colour = "white" if dark else "black"
                ax.text(column, row, words, ha="center", va="center", color=colour)
                told.append(f"{title}, {deviation}, biases {bias}: {words}")
        ax.imshow(values, cmap="cividis_r", vmin=0, vmax=_LATEST, aspect="auto")
        ax.set_xticks(range(len(BIASES)), BIASES)
        ax.set(title=title, xlabel="biases where the text has 1")
    axes[0].set_yticks(range(len(DEVIATIONS)), DEVIATIONS)
    axes[0].set_ylabel("deviation, conv3 to conv5")
    return Picture(
        figure,
        "Steps until the mean training loss of 50 batches is 2.20, mean over seeds. "
        + "; ".join(told),
    )


def _cell(runs: Sequence[Record]) -> tuple[float, str]:
    """The colour of a cell and its words."""
    if not runs:
        return math.nan, NOT_RUN_YET
    there = sum(run.result[_STEPS] is not None for run in runs)
    mean = fmean(run.result[_COUNTED] for run in runs)
    if there == len(runs):
        return mean, f"{mean:.0f}"
    return mean, f"{there} of {len(runs)}" if there else "never"


def one_change_table(runs: Runs) -> Table:
    """A row per change of the text's net: the steps of each seed, or `never`."""
    rows = []
    for arm, what in ONE_CHANGE.items():
        steps = [run.result[_STEPS] for run in runs.get(arm, ())]
        shown = ", ".join("never" if s is None else f"{s:.0f}" for s in steps)
        rows.append([what, arm, shown or NOT_RUN_YET])
    return table(["change", "arm", "steps to a loss of 2.20, each seed"], rows)
