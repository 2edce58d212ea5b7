"""The paper's Figure 1: training error by epoch, ReLU against tanh."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from alexnet_lib.experiments.figure1 import TARGET
from alexnet_lib.figures.picture import BLUE, GREEN, GREY, ORANGE, PINK, Picture, canvas
from alexnet_lib.ledger.measures import Runs
from alexnet_lib.runs.records import Record

REGIMES = {"2012": "2012: raw pixels, small Gaussian init", "today": "today's scaling"}
COLOURS = {"relu": BLUE, "tanh": ORANGE, "logistic": GREEN, "abs_tanh": PINK}
NAMES = {"relu": "ReLU", "tanh": "tanh", "logistic": "logistic", "abs_tanh": "|tanh|"}
DASHES = {"relu": "-", "tanh": "--"}


def race(runs: Runs, title: str = "") -> Picture:
    """Figure 1: training error against epochs, a panel per regime, a line per run.

    As in the paper ReLU is solid, tanh dashed, and a thin line marks 25 %.
    """
    regimes = [r for r in REGIMES if any(arm.startswith(r) for arm in runs)]
    regimes = regimes or ["2012"]
    width = 4.6 * len(regimes) + 0.6
    figure, axes = canvas(1, len(regimes), width, 3.8, sharey=True)
    for ax, regime in zip(axes, regimes, strict=True):
        for unit in DASHES:
            _curves(ax, unit, runs.get(f"{regime}-{unit}", ()))
        ax.axhline(TARGET, color=GREY, linewidth=0.8)
        ax.set(title=REGIMES[regime], xlabel="epochs")
        ax.set_xlim(left=0)
        ax.set_ylim(bottom=0.2)
        if ax.lines[1:]:
            ax.legend(frameon=False, loc="upper right")
    axes[0].set_ylabel("training error rate")
    if title:
        figure.suptitle(title)
    return Picture(
        figure,
        "Training error rate against epochs for ReLU (solid) and tanh (dashed) nets, "
        "a panel per regime, with a line at 25 %",
    )


def _curves(ax: Axes, unit: str, runs: Sequence[Record]) -> None:
    for i, record in enumerate(runs):
        points = [
            (e["epoch"], e["train_error"]) for e in record.epochs if "train_error" in e
        ]
        if points:
            label = NAMES[unit] + (f", {len(runs)} seeds" if len(runs) > 1 else "")
            ax.plot(
                *zip(*points, strict=True),
                DASHES[unit],
                color=COLOURS[unit],
                linewidth=1.3,
                label=label if i == 0 else None,
            )
