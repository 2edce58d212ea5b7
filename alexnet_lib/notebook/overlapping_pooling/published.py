"""Pictures and tables of §3.4's experiments, from their runs.

Runs are given by the arms `overlapping` and `apart`, whatever their experiment
calls them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from alexnet_lib.epochs import epochs_to
from alexnet_lib.figures.curves import (
    TEST,
    TRAIN,
    Array,
    HasEpochs,
    Look,
    RunsSoFar,
    by_epoch,
    columns,
    lines,
    say_if_empty,
)
from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import BLUE, ORANGE, Picture, canvas, own_settings
from alexnet_lib.ledger.estimate import Outcome
from alexnet_lib.ledger.measures import Difference
from alexnet_lib.ledger.report import Row
from alexnet_lib.notebook import gap_curves
from alexnet_lib.notebook.comparisons import Comparisons, found_in
from alexnet_lib.runs.records import Record, Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table

LOOKS = {
    "overlapping": Look("3/2, overlapping", BLUE),
    "apart": Look("2/2, apart", ORANGE),
}
ARMS = {arm: look.label for arm, look in LOOKS.items()}


def _points(metrics: dict[str, str]) -> Comparisons:
    """Overlapping minus apart, in points of each metric."""
    return {
        what: Difference("overlapping", "apart", metric, 100)
        for what, metric in metrics.items()
    }


CIFAR = _points(
    {
        "test error": "test_top1",
        "training error": "train_top1",
        "test minus training error": "gap",
    }
)
# the test error of ten views, as in the ledger; against the training error stands the
# centre view's, for both are of one view
PHOTOGRAPHS = _points(
    {
        "test error, ten views": "test_top1_ten",
        "test error, centre view": "test_top1",
        "training error, centre view": "train_top1",
        "test minus training error, centre view": "gap",
    }
)


@own_settings
def curves(runs: RunsSoFar, title: str = "") -> Picture:
    """Test and training error by epoch, a line per run; beside it their distance."""
    return gap_curves.curves(runs, LOOKS, title)


@own_settings
def at_equal_training_error(runs: RunsSoFar) -> Picture:
    """Test against training error from epoch 1 on, a line per run, a dot at its end."""
    figure, (ax,) = canvas(1, 1, 6.4, 4.4)
    end = "at training error {x} test error {y}"
    dot = {"marker": "o", "markevery": [-1], "markersize": 5}
    told = [
        lines(ax, runs.get(arm, ()), look, _test_against_training, end, **dot)
        for arm, look in LOOKS.items()
    ]
    ax.set(xlabel="training error, %", ylabel="test error, %")
    ax.set_title("as training goes on, from left to right")
    ax.invert_xaxis()
    say_if_empty(ax)
    legend_below(figure, [ax])
    return Picture(
        figure,
        "Test error against training error, in percent, as training goes on; at the "
        f"end {'; '.join(told)}",
    )


def _test_against_training(run: HasEpochs) -> Array:
    return 100 * columns(run, TRAIN, TEST)[:, 1:]


def gap_at(run: Record, train_error: float) -> float | None:
    """Test minus training error, in points, when training error first falls so far.

    Both in percent, on a straight line between epochs; None if it never does.
    """
    epoch = epochs_to(run.epochs, TRAIN, train_error / 100)
    if epoch is None:
        return None
    return float(np.interp(epoch, *by_epoch(TEST)(run))) - train_error


GAP = Difference("overlapping", "apart", "gap")


def gap_at_equal_error(runs: Runs) -> tuple[float, Outcome] | None:
    """The gaps' difference, overlapping minus apart, at a training error all have had.

    That error, in percent, is the highest at which any run was when the learning rate
    first dropped, rounded up to a whole one: across the drop errors fall too far in an
    epoch to draw a line between. By pairs of seeds, in points; None without a pair.
    """
    of_both = {arm: [_before_the_drop(r) for r in runs.get(arm, ())] for arm in ARMS}
    ends = [r.epochs[-1]["train_top1"] for all_ in of_both.values() for r in all_]
    level = float(math.ceil(100 * max(ends, default=0.0)))
    then = {
        arm: [dataclasses.replace(r, result={"gap": gap_at(r, level)}) for r in all_]
        for arm, all_ in of_both.items()
    }
    found = GAP(then)
    return (level, found) if found else None


def _before_the_drop(run: Record) -> Record:
    """The run as far as its first learning rate goes."""
    untrained, *trained = run.epochs
    same = [e for e in trained if e["learning_rate"] == trained[0]["learning_rate"]]
    return dataclasses.replace(run, epochs=[untrained, *same])


ERROR, OVERFITTING = "less error", "harder to overfit"
_CIFAR, _FIRST, _ALL = "CIFAR-10", "photographs, 711 updates", "all of Imagenette"
_LEDGER = {
    "overlapping-pooling-cifar": (ERROR, _CIFAR, "test error"),
    "overlapping-pooling-imagenette": (ERROR, _FIRST, "test error, ten views"),
    "overlapping-pooling-photographs": (ERROR, _ALL, "test error, ten views"),
    "overlapping-pooling-top-1": (ERROR, "ImageNet", "top-1 error"),
    "overlapping-pooling-gap": (OVERFITTING, _ALL, "gap at the end"),
}
"""By a claim of the ledger: which of §3.4's two it is, the data, what is compared."""


def two_claims(cifar: Runs, photographs: Runs, rows: Sequence[Row]) -> Table:
    """A row per claim of §3.4, data and measure: 3/2 minus 2/2, and the ledger's word.

    `rows` are the ledger's of §3.4; what none of them is about is told to have no row.
    """
    gap, equal = "test minus training error", gap_at_equal_error(cifar)
    at = f"gap at {equal[0]:.0f} % training error" if equal else "gap at equal error"
    first = PHOTOGRAPHS[f"{gap}, centre view"]
    described = {
        (_CIFAR, "gap at the end"): found_in(cifar, CIFAR[gap]),
        (_CIFAR, at): equal[1] if equal else None,
        (_FIRST, "gap at the end"): found_in(photographs, first),
    }
    made = [
        [OVERFITTING, *on, _points_text(found), "no row"]
        for on, found in described.items()
    ]
    of_claim = {row.claim.name: row for row in rows}
    for name, told in _LEDGER.items():
        row = of_claim[name]
        word = row.verdict.partition(": needs")[0]  # the ledger says what it takes
        made.append([*told, _points_text(row.published), word])
    made.sort(key=lambda cells: cells[0] == OVERFITTING)
    head = ["claim", "on", "what is compared", "3/2 minus 2/2, points", "ledger"]
    return table(head, made)


def _points_text(found: Outcome | None) -> str:
    return found.text() if found else NOT_RUN_YET
