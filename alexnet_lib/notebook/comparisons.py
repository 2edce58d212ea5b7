"""Arms of an experiment in pairs by seed: as tables, in words, as pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping

from alexnet_lib.figures.curves import TEST, Look, by_epoch, lines, whole_epochs
from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.ledger.estimate import Estimate, Outcome, Side, told_apart
from alexnet_lib.ledger.measures import Difference, Mean, Measure
from alexnet_lib.runs.planned import plan_of
from alexnet_lib.runs.records import Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table

Comparisons = Mapping[str, Difference]
"""By what is compared, in words: the difference, in percent or points of an error."""

_ACROSS = 2


def in_points(
    pairs: Mapping[str, tuple[str, str]], metric: str
) -> dict[str, Difference]:
    """Differences of an error between pairs of arms, the second the baseline."""
    return {what: Difference(*arms, metric, 100) for what, arms in pairs.items()}


def found_in(runs: Runs, of: Measure) -> Outcome | None:
    """The number, with the error that the plan of these runs has for a difference."""
    plan = plan_of(runs)
    return of(runs, plan.error_term if plan else "pairs")


def difference_table(runs: Runs, comparisons: Comparisons) -> Table:
    """A row per comparison: its two arms, and the difference with its interval."""
    rows = (
        [what, f"{of.arm} minus {of.less}", _text(found_in(runs, of))]
        for what, of in comparisons.items()
    )
    return table(["what differs", "nets", "points, 95 % interval"], rows)


def both_arms_table(
    runs: Runs, comparisons: Comparisons, names: Mapping[str, str]
) -> Table:
    """A row per comparison of the two arms in `names`: both means, the difference."""
    rows = []
    for what, of in comparisons.items():
        means = (Mean(arm, of.metric, of.factor)(runs) for arm in of.arms)
        rows.append([what, *map(_text, means), _text(found_in(runs, of))])
    return table(["at the end, %", *names.values(), "difference, points"], rows)


def _text(found: Outcome | None) -> str:
    return found.text(2) if found else NOT_RUN_YET


def verdict_lines(runs: Runs, comparisons: Comparisons) -> str:
    """A line per comparison: which arm has less of the error.

    By the intervals, corrected by Holm for how many comparisons there are.
    """
    found = {what: found_in(runs, of) for what, of in comparisons.items()}
    known = {
        w: outcome for w, outcome in found.items() if isinstance(outcome, Estimate)
    }
    sides = dict(zip(known, told_apart(list(known.values())), strict=True))
    return "\n".join(
        f"{what}: {_said(of, found[what], sides.get(what))}"
        for what, of in comparisons.items()
    )


def verdict(difference: Difference, found: Outcome | None) -> str:
    """Say in words what `found`, taken alone, says of the two arms of a difference."""
    side = found.side() if isinstance(found, Estimate) else None
    return _said(difference, found, side)


def _said(difference: Difference, found: Outcome | None, side: Side | None) -> str:
    if not isinstance(found, Estimate):
        return _text(found)
    arm, other = difference.arms
    words = {
        "below": f"{arm} lower than {other}",
        "above": f"{arm} higher than {other}",
        "around": "no difference shown",
        None: "one pair of runs only: says nothing",
    }
    return words[side]


@own_settings
def paired_curves(runs: Runs, comparisons: Comparisons) -> Picture:
    """Test error by epoch, of the centre view: a panel per comparison with runs.

    A line per run, the baseline's dashed.
    """
    shown = {what: of for what, of in comparisons.items() if runs.get(of.arm)}
    rows = max(1, math.ceil(len(shown) / _ACROSS))
    figure, axes = canvas(rows, _ACROSS, 8, 2.5 * rows, sharex=True, sharey=True)
    told = []
    for ax, (what, of) in zip(axes, shown.items(), strict=False):
        looks = Look(of.less, ORANGE, "--"), Look(of.arm, BLUE)
        said = [lines(ax, runs.get(k.label, ()), k, by_epoch(TEST)) for k in looks]
        told.append(f"{what}: {', '.join(said)}")
        ax.set_title(what, fontsize="medium")
        ax.legend(frameon=False, fontsize="small", loc="lower left")
        whole_epochs(ax)
        ax.tick_params(labelbottom=True)
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
    figure.supxlabel("epochs", fontsize="medium")
    figure.supylabel("test error, centre view, %", fontsize="medium")
    return Picture(
        figure,
        "Test error in percent by epoch, a panel per pair of nets and a line per run. "
        + (". ".join(told) or NOT_RUN_YET),
    )


@own_settings
def interval_plot(
    runs: Runs,
    comparisons: Mapping[str, Measure],
    axis: str,
    papers: float | None = None,
) -> Picture:
    """Each difference's interval on an axis of its own, against 0 and the paper's."""
    figure, (ax,) = canvas(1, 1, 8, 0.45 * len(comparisons) + 1.3)
    told = []
    outcomes = {what: found_in(runs, of) for what, of in comparisons.items()}
    for row, (what, found) in enumerate(outcomes.items()):
        if isinstance(found, Estimate):
            ax.plot([found.value], [row], "o", color=BLUE)
            if found.low is not None and found.high is not None:
                ax.plot([found.low, found.high], [row, row], color=BLUE)
        told.append(f"{what} {_text(found)}")
    ax.axvline(0, color=BLACK, linewidth=0.8)
    if papers is not None:
        name = f"the paper's {papers:g}"
        ax.axvline(papers, color=GREY, linestyle=":", label=name)
        told.append(name)
    ax.set_yticks(range(len(comparisons)), list(comparisons))
    ax.set(
        ylim=(len(comparisons) - 0.5, -0.5),
        xlabel=f"{axis}, 95 % intervals; below 0: less",
    )
    if not any(isinstance(found, Estimate) for found in outcomes.values()):
        ax.text(0.5, 0.5, NOT_RUN_YET, ha="center", transform=ax.transAxes)
    legend_below(figure, [ax])
    return Picture(
        figure, f"Differences with 95 % intervals, in {axis}: {'; '.join(told)}"
    )
