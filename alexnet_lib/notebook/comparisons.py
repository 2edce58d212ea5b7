"""Differences between arms of an experiment, as a table and as a picture."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.ticker import MaxNLocator

from alexnet_lib.figures.picture import BLACK, BLUE, GREY, ORANGE, Picture, canvas
from alexnet_lib.ledger.estimate import Side
from alexnet_lib.ledger.measures import Difference
from alexnet_lib.runs.records import Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table

_ACROSS = 3


class Contrast(NamedTuple):
    """Two arms that differ in `what`; the second is the baseline."""

    what: str
    arm: str
    against: str


def difference_table(runs: Runs, contrasts: Sequence[Contrast], metric: str) -> Table:
    """Each contrast as a row: points of the metric, a fraction, in pairs by seed."""
    rows = []
    for what, arm, against in contrasts:
        found = Difference(arm, against, metric, 100)(runs)
        points = found.text(2) if found else NOT_RUN_YET
        rows.append([what, f"{arm} less {against}", points])
    return table(["what differs", "nets", "points, 95 % interval"], rows)


def verdict_lines(runs: Runs, contrasts: Sequence[Contrast], metric: str) -> str:
    """Which nets have less of an error than their baselines, which more; three lines.

    By the interval; pairs of nets without one are left out.
    """
    names: dict[Side, list[str]] = {"below": [], "above": [], "around": []}
    for _, arm, against in contrasts:
        found = Difference(arm, against, metric)(runs)
        if found and (side := found.side()):
            names[side].append(f"{arm} against {against}")
    lower, higher, neither = ("; ".join(of) or "none" for of in names.values())
    return f"lower error: {lower}\nhigher error: {higher}\nnot told apart: {neither}"


def paired_curves(runs: Runs, contrasts: Sequence[Contrast]) -> Picture:
    """Validation error by epoch, of the centre view: a panel per contrast with runs.

    A line per run, the baseline's dashed.
    """
    shown = [c for c in contrasts if runs.get(c.arm)]
    rows = max(1, math.ceil(len(shown) / _ACROSS))
    figure, axes = canvas(rows, _ACROSS, 10.4, 2.7 * rows, sharex=True, sharey=True)
    for ax, (what, arm, against) in zip(axes, shown, strict=False):
        for name, line, colour in ((against, "--", ORANGE), (arm, "-", BLUE)):
            for i, run in enumerate(runs.get(name, ())):
                y = [100 * e["val_error"] for e in run.epochs]
                label = name if i == 0 else None
                ax.plot(y, line, color=colour, linewidth=1, label=label)
        ax.set_title(textwrap.fill(what, 36), fontsize="medium")
        ax.legend(frameon=False, fontsize="small", loc="lower left")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
    figure.supxlabel("epochs", fontsize="medium")
    figure.supylabel("validation error, centre view, %", fontsize="medium")
    return Picture(
        figure,
        "Validation error by epoch, a panel per pair of nets and a line per run: "
        + "; ".join(f"{c.arm} and {c.against}" for c in shown),
    )


def interval_plot(
    runs: Runs,
    contrasts: Sequence[Contrast],
    metric: str,
    axis: str,
    papers: float | None = None,
) -> Picture:
    """Each contrast that has runs, with its interval, against none and the paper's."""
    figure, axes = canvas(1, 1, 8.6, 0.5 * len(contrasts) + 1.1)
    ax = axes[0]
    for row, (_, arm, against) in enumerate(contrasts):
        found = Difference(arm, against, metric, 100)(runs)
        if found is None:
            continue
        ax.plot([found.value], [row], "o", color=BLUE)
        if found.low is not None and found.high is not None:
            ax.plot([found.low, found.high], [row, row], color=BLUE)
    ax.axvline(0, color=BLACK, linewidth=0.8)
    if papers is not None:
        ax.axvline(papers, color=GREY, linestyle=":", label="the paper's")
        ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    ax.set_yticks(range(len(contrasts)), [contrast.what for contrast in contrasts])
    ax.set(ylim=(len(contrasts) - 0.5, -0.5), xlabel=axis)
    words = "none" if papers is None else f"none and the paper's {papers:g}"
    return Picture(
        figure,
        f"Differences in {axis}, a row per pair of nets, with intervals, against "
        + words,
    )
