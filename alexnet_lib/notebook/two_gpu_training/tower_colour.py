"""Do the two towers' first kernels differ in colour (§6.1)? From the runs' records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean

from scipy.stats import mannwhitneyu

from alexnet_lib.evaluation.probe import by_tower
from alexnet_lib.figures.picture import BLACK, BLUE, GREY, ORANGE, Picture, canvas
from alexnet_lib.runs.records import Record, Runs
from alexnet_lib.tables import Table, table

AT_RANDOM = 2 / 3
"""The mean colour share of kernels drawn at random; see `probe.colour_shares`."""


def colour_table(runs: Runs, arms: Sequence[str]) -> Table:
    """A row per run: both halves' means, and how likely chance makes such a gap.

    By Mann and Whitney's rank test of the two halves' kernels, two-sided.
    """
    rows = []
    for run in _runs_of(runs, arms):
        first, second = by_tower(run.epochs[-1]["kernel_colour"])
        chance = mannwhitneyu(first, second).pvalue
        means = fmean(first), fmean(second)
        cells = [f"{mean:.3f}" for mean in (*means, abs(means[0] - means[1]))]
        rows.append([run.arm, str(run.seed), *cells, f"{chance:.2g}"])
    return table(["arm", "seed", "first half", "second half", "apart", "chance"], rows)


def strips(runs: Runs, arms: Sequence[str]) -> Picture:
    """Every kernel's colour share as a point, a column per half, a pair per run."""
    shown = list(_runs_of(runs, arms))
    figure, (ax,) = canvas(1, 1, 9.6, 3.8)
    for at, run in enumerate(shown):
        for side, (shares, colour) in enumerate(
            zip(by_tower(run.epochs[-1]["kernel_colour"]), (BLUE, ORANGE), strict=True)
        ):
            x = at + (side - 0.5) * 0.36
            ax.plot([x] * len(shares), shares, "_", color=colour, markersize=9)
            ax.plot([x], [fmean(shares)], "D", color=BLACK, markersize=4)
    ax.axhline(AT_RANDOM, color=GREY, linestyle=":")
    ax.set_xticks(range(len(shown)), [str(run.seed) for run in shown])
    ax.set(xlabel="seed", ylabel="share of colour", ylim=(0, 1))
    places = {run.arm: at for at, run in reversed(list(enumerate(shown)))}
    for arm, start in places.items():
        ax.text(start - 0.4, 1.02, arm, fontweight="bold")
        if start:
            ax.axvline(start - 0.5, color=GREY, linewidth=0.8)
    figure.suptitle(
        "conv1's kernels: first half blue, second orange, means as diamonds; "
        "dotted: at random",
        fontsize="medium",
    )
    return Picture(
        figure,
        "Share of colour of each conv1 kernel, in two columns per run, one for each "
        "half of the kernels, with their means",
    )


def _runs_of(runs: Runs, arms: Sequence[str]) -> Iterable[Record]:
    return (run for arm in arms for run in runs.get(arm, ()))
