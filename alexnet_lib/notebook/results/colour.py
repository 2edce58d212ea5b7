"""Colour by tower in published runs (§6.1): responses, their null, and the twin."""

from __future__ import annotations

from collections.abc import Sequence

from alexnet_lib.figures.curves import say_if_empty
from alexnet_lib.figures.picture import (
    BLUE,
    GREY,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.ledger.estimate import mean
from alexnet_lib.runs.records import Record, Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table

NULL = "dense-conv2"
"""The net in which nothing tells the halves of conv1 apart."""
HALVES = ("response_first_half", "response_second_half")
_TWIN = {
    "both halves in colour": "test_top1",
    "the greyer half in grey": "grey_costs_greyer_half",
    "the other half in grey": "grey_costs_other_half",
    "both halves in grey": "test_top1_grey",
}


def apart(run: Record) -> float:
    """Distance of the halves' mean shares of colour, of responses."""
    first, second = (run.result[half] for half in HALVES)
    return abs(first - second)


@own_settings
def halves_apart(runs: Runs, arm: str = "baseline") -> Picture:
    """A point a run: how far apart the halves are, with towers and without.

    A line marks the largest of the runs without: what chance alone has done.
    """
    figure, (ax,) = canvas(1, 1, 8, 2.4)
    told = []
    for row, (name, colour) in enumerate(((arm, BLUE), (NULL, ORANGE))):
        values = [apart(run) for run in runs.get(name, ())]
        if values:
            ax.plot(values, [row] * len(values), "o", color=colour)
            told.append(f"{name} {min(values):.3f} to {max(values):.3f}")
            if name == NULL:
                ax.axvline(max(values), color=GREY, linestyle=":")
    ax.set_yticks((0, 1), (f"{arm}: two towers", f"{NULL}: none"))
    ax.set(ylim=(1.5, -0.5), xlabel="difference of the halves' mean share of colour")
    say_if_empty(ax)
    return Picture(
        figure,
        "How far apart the two halves of conv1 are in the colour of their responses, a "
        f"point a run: {'; '.join(told) or NOT_RUN_YET}",
    )


def twin_table(runs: Runs, arms: Sequence[str]) -> Table:
    """Top-1 error if a half of conv1's kernels sees grey pictures, means over runs."""
    rows = []
    for arm in arms:
        of_arm = runs.get(arm, ())
        if not of_arm:
            continue
        cells = []
        for metric in _TWIN.values():
            cost = metric.startswith("grey_costs")
            values = [
                100 * (r.result[metric] + (r.result["test_top1"] if cost else 0))
                for r in of_arm
            ]
            cells.append(f"{mean(values).text()} %")
        rows.append([arm, *cells])
    return table(["net", *_TWIN], rows, empty=NOT_RUN_YET)
