"""Pictures and tables of §3.4's experiments, from their runs.

Runs are given by the arms `overlapping` and `apart`, whatever their experiment
calls them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from alexnet_lib.figures.picture import BLUE, ORANGE, Picture, canvas
from alexnet_lib.ledger import estimate
from alexnet_lib.ledger.estimate import Estimate, Side
from alexnet_lib.runs.records import Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table

ARMS = {"overlapping": "3/2, overlapping", "apart": "2/2, apart"}
COLOURS = {"overlapping": BLUE, "apart": ORANGE}
_READINGS: dict[Side, str] = {
    "below": "lower with overlap",
    "above": "higher with overlap",
    "around": "not told apart",
}


def _points(
    epochs: Sequence[dict[str, Any]], *keys: str
) -> list[tuple[int, tuple[float, ...]]]:
    """Epoch and the values of `keys` in percent, where an epoch has them all."""
    return [
        (e["epoch"], tuple(100 * e[key] for key in keys))
        for e in epochs
        if all(key in e for key in keys)
    ]


def curves(runs: Runs, title: str = "") -> Picture:
    """Test and training error by epoch, a line per run; beside it their distance."""
    figure, axes = canvas(1, 2, 9.6, 3.8)
    for arm in ARMS:
        for i, run in enumerate(runs.get(arm, ())):
            _error_lines(axes[0], arm, run.epochs, label=i == 0)
            points = _points(run.epochs, "val_error", "train_set_error")
            gap = [(epoch, test - train) for epoch, (test, train) in points]
            axes[1].plot(*_columns(gap), color=COLOURS[arm], linewidth=1.2)
    for ax in axes:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    view = _view(runs)
    axes[0].set(title=f"errors{view}", xlabel="epoch", ylabel="%")
    title_of_gap = f"test less training error{view}"
    axes[1].set(title=title_of_gap, xlabel="epoch", ylabel="points")
    _finish(figure, axes, runs)
    if title:
        figure.suptitle(title)
    return Picture(
        figure,
        "Test and training error by epoch for 3/2 and 2/2 pooling, and the distance "
        "between the two errors",
    )


def _view(runs: Runs) -> str:
    """Which view the errors by epoch are of, where the runs have ten at the end."""
    epochs = [e for all_ in runs.values() for run in all_ for e in run.epochs[-1:]]
    return ", centre view" if any("val_error_ten" in e for e in epochs) else ""


def _error_lines(
    ax: Axes, arm: str, epochs: Sequence[dict[str, Any]], label: bool
) -> None:
    for key, dash, what in (
        ("val_error", "-", "test"),
        ("train_set_error", "--", "training"),
    ):
        points = [(epoch, value) for epoch, (value,) in _points(epochs, key)]
        ax.plot(
            *_columns(points),
            dash,
            color=COLOURS[arm],
            linewidth=1.2,
            label=f"{ARMS[arm]}: {what}" if label else None,
        )


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _finish(figure: Figure, axes: Sequence[Axes], runs: Runs) -> None:
    """One legend below, or the note that there is nothing to show."""
    for ax in axes:
        if not runs:
            ax.text(0.5, 0.5, NOT_RUN_YET, ha="center", transform=ax.transAxes)
            ax.set_axis_off()
    if runs:
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower center", ncols=4, frameon=False
        )


def at_equal_training_error(runs: Runs) -> Picture:
    """Test error against training error as training goes on, a line per run."""
    figure, axes = canvas(1, 1, 6.4, 4)
    (ax,) = axes
    for arm in ARMS:
        for i, run in enumerate(runs.get(arm, ())):
            pairs = [p for _, p in _points(run.epochs, "train_set_error", "val_error")]
            x, y = _columns([(train, test) for train, test in pairs[1:]])
            ax.plot(
                x, y, color=COLOURS[arm], linewidth=1, label=None if i else ARMS[arm]
            )
            ax.plot(x[-1:], y[-1:], "o", color=COLOURS[arm], markersize=4)
    ax.set(xlabel="training error, %", ylabel="test error, %")
    ax.set_title("as training goes on, from left to right")
    if runs:
        ax.invert_xaxis()
    _finish(figure, axes, runs)
    return Picture(
        figure,
        "Test error against training error along the training of 3/2 and 2/2 nets",
    )


def gap_at(epochs: Sequence[dict[str, Any]], train_error: float) -> float | None:
    """Test less training error, in points, when training error first falls so far.

    Both in percent, on a straight line between epochs; None if it never does.
    """
    pairs = [p for _, p in _points(epochs, "train_set_error", "val_error")]
    for (train0, test0), (train1, test1) in pairwise(pairs):
        if train1 <= train_error < train0:
            share = (train0 - train_error) / (train0 - train1)
            return test0 + share * (test1 - test0) - train_error
    return None


def gap_at_equal_error(runs: Runs) -> tuple[float, Estimate] | None:
    """The gaps' difference, overlapping less apart, at a training error all have had.

    That error, in percent, is the highest at which any run ended, rounded up to a
    whole one. By pairs of seeds, in points; None without a pair.
    """
    runs_of_both = [r for arm in ARMS for r in runs.get(arm, ())]
    ends = [r.epochs[-1]["train_set_error"] for r in runs_of_both]
    level = float(math.ceil(100 * max(ends, default=0.0)))
    ours, theirs = (
        {r.seed: gap_at(r.epochs, level) for r in runs.get(arm, ())} for arm in ARMS
    )
    pairs = [(ours[s], theirs[s]) for s in sorted(ours.keys() & theirs.keys())]
    whole = [(a, b) for a, b in pairs if a is not None and b is not None]
    if not whole:
        return None
    return level, estimate.difference(*zip(*whole, strict=True))


def at_the_end(last: dict[str, Any]) -> dict[str, float]:
    """Errors after the last epoch by what they are called, test error first.

    Of a run with augmentation the test error is that of ten views, as in the ledger;
    against the training error stands the centre view's, for both are of one view.
    """
    test, train = last["val_error"], last["train_set_error"]
    one_view = {
        "test error": test,
        "training error": train,
        "test less training error": test - train,
    }
    if "val_error_ten" not in last:
        return one_view
    centre = {f"{name}, centre view": error for name, error in one_view.items()}
    return {"test error, ten views": last["val_error_ten"]} | centre


def compared(runs: Runs) -> list[tuple[str, Estimate, Estimate, Estimate]]:
    """Each of `at_the_end` in percent: both arms, and the difference by pairs of seeds.

    Of the seeds that both arms have; empty if there are none.
    """
    ours, theirs = (
        {r.seed: at_the_end(r.epochs[-1]) for r in runs.get(arm, ())} for arm in ARMS
    )
    seeds = sorted(ours.keys() & theirs.keys())
    rows = []
    for name in ours[seeds[0]] if seeds else ():
        a, b = ([100 * arm[s][name] for s in seeds] for arm in (ours, theirs))
        rows.append(
            (name, estimate.mean(a), estimate.mean(b), estimate.difference(a, b))
        )
    return rows


def comparison(runs: Runs) -> Table:
    """The rows of `compared` as a table."""
    return table(
        ["at the end, %", *ARMS.values(), "difference, points"],
        (
            [name, *(estimate.text(2) for estimate in estimates)]
            for name, *estimates in compared(runs)
        ),
    )


def reading(difference: Estimate) -> str:
    """In words, what a difference, overlapping less apart, says of the two."""
    side = difference.side()
    return _READINGS[side] if side else "one pair of runs only: says nothing"


def readings(runs: Runs) -> str:
    """`reading` of each row of `compared`, a line each, or that there are none."""
    lines = [f"{name} at the end: {reading(d)}" for name, _, _, d in compared(runs)]
    return "\n".join(lines) or NOT_RUN_YET
