"""Do the two towers' first kernels differ in colour (§6.1)? From the runs' records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean

from matplotlib.axes import Axes
from scipy.stats import mannwhitneyu

from alexnet_lib.experiments.metrics import by_tower
from alexnet_lib.figures.picture import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.runs.records import Record, Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table

AT_RANDOM = 2 / 3
"""The mean colour share of kernels drawn at random; see `probe.colour_shares`."""


def colour_table(runs: Runs, arms: Sequence[str]) -> Table:
    """A row per run: both halves' means, and how likely chance makes such a gap."""
    rows = []
    for run in _runs_of(runs, arms):
        first, second = by_tower(run.epochs[-1]["kernel_colour"])
        means = fmean(first), fmean(second)
        cells = [f"{mean:.3f}" for mean in (*means, abs(means[0] - means[1]))]
        rows.append([run.arm, str(run.seed), *cells, f"{chance(first, second):.2g}"])
    head = ["arm", "seed", "first half", "second half", "apart", "chance"]
    return table(head, rows, empty=NOT_RUN_YET)


def chance(first: Sequence[float], second: Sequence[float]) -> float:
    """Probability that two samples of one population lie so far apart in rank.

    By Mann and Whitney's test, two-sided, which takes the values for independent.
    """
    return float(mannwhitneyu(first, second).pvalue)


@own_settings
def strips(runs: Runs, arms: Sequence[str]) -> Picture:
    """Every kernel's colour share as a point, a column per half, a pair per run."""
    shown = list(_runs_of(runs, arms))
    figure, (ax,) = canvas(1, 1, 8, 4)
    told = []
    for at, run in enumerate(shown):
        halves = by_tower(run.epochs[-1]["kernel_colour"])
        for side, (shares, colour) in enumerate(
            zip(halves, (BLUE, ORANGE), strict=True)
        ):
            x = at + (side - 0.5) * 0.36
            ax.plot([x] * len(shares), shares, "_", color=colour, markersize=7)
            ax.plot([x], [fmean(shares)], "D", color=BLACK, markersize=4)
        first, second = (f"{fmean(shares):.2f}" for shares in halves)
        told.append(f"{run.arm} seed {run.seed} {first} and {second}")
    ax.axhline(AT_RANDOM, color=GREY, linestyle=":")
    ax.set_xticks(range(len(shown)), [str(run.seed) for run in shown])
    ax.set(xlabel="seed", ylabel="share of colour", ylim=(0, 1))
    _name_arms(ax, [run.arm for run in shown])
    figure.suptitle(
        "conv1's kernels: first half blue, second orange, means as diamonds; "
        "dotted: at random",
        fontsize="medium",
    )
    return Picture(
        figure,
        "Share of colour of each conv1 kernel, in two columns per run, one for each "
        f"half of the kernels; means of the halves: {'; '.join(told) or NOT_RUN_YET}",
    )


def _name_arms(ax: Axes, arms: Sequence[str]) -> None:
    """Write each arm's name above its first run, and a line between arms."""
    for arm in dict.fromkeys(arms):
        start = arms.index(arm)
        ax.text(start - 0.4, 1.02, arm, fontweight="bold")
        if start:
            ax.axvline(start - 0.5, color=GREY, linewidth=0.8)


def _runs_of(runs: Runs, arms: Sequence[str]) -> Iterable[Record]:
    return (run for arm in arms for run in runs.get(arm, ()))
