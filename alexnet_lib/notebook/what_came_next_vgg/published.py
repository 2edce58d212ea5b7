"""VGG's experiments on narrow copies: what of them is published, as words and pictures.

Nothing here needs all runs, or any: what is missing is said.
"""

from __future__ import annotations

from statistics import fmean

from alexnet_lib.experiments.experiment import Experiment
from alexnet_lib.experiments.vgg import DEPTH
from alexnet_lib.figures.curves import (
    TEST,
    Look,
    RunsSoFar,
    by_epoch,
    lines,
    say_if_empty,
    span,
    whole_epochs,
)
from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.ledger.measures import Difference
from alexnet_lib.notebook.comparisons import Comparisons
from alexnet_lib.notebook.what_came_next_vgg.costs import weighted
from alexnet_lib.runs import records
from alexnet_lib.runs.records import Runs
from alexnet_lib.tables import NOT_RUN_YET

COMPARED: Comparisons = {
    what: Difference(arm, less, "test_top1", 100)
    for what, arm, less in (
        ("normalisation after conv1", "A-LRN", "A"),
        ("13 layers for 11", "B", "A"),
        ("16 layers, three 1x1, for 13", "C", "B"),
        ("3x3 for these 1x1", "D", "C"),
        ("one 5x5 for two 3x3", "B-5x5", "B"),
    )
}
STARTED: Comparisons = {
    what: Difference(arm, "D", "test_top1", 100)
    for what, arm in (
        ("layers of a trained A", "D-from-A"),
        ("drawn after Glorot", "D-glorot"),
    )
}
STARTS = {
    "A": Look("A, drawn", GREY, ":"),
    "D-from-A": Look("D, from A's layers", BLUE),
    "D": Look("D, drawn alike", ORANGE, "--"),
    "D-glorot": Look("D, Glorot's init", GREEN, "-."),
}
_BESIDE = {"A": -0.12, "A-LRN": 0.12, "C": -0.12, "D": 0.12}
"""Arms of as many layers stand side by side."""


def state(experiment: Experiment) -> str:
    """Say how much of the plan of an experiment is published."""
    runs, plan = records.published(experiment.name), experiment.plan["laptop"]
    arms = list(experiment.arms("laptop"))
    seeds = [{run.seed for run in runs.get(arm, ())} for arm in arms]
    done = len(set.intersection(*seeds))
    if not any(seeds):
        whole = f"{plan.seeds} seeds of {len(arms)} nets, {plan.epochs} epochs each"
        return f"{NOT_RUN_YET}: {whole} (alexnet run {experiment.name})"
    if done < plan.seeds:
        return f"interim, {done} of {plan.seeds} seeds of all nets"
    return f"all {plan.seeds} seeds of all {len(arms)} nets"


@own_settings
def by_depth(runs: Runs) -> Picture:
    """Test error by the number of weight layers: a point a run, a dash their mean."""
    figure, (ax,) = canvas(1, 1, 8, 4)
    told = []
    for arm, config in DEPTH.arms("laptop").items():
        depth = len(weighted(config.network))
        errors = [100 * run.result["test_top1"] for run in runs.get(arm, ())]
        if not errors:
            told.append(f"{arm} {NOT_RUN_YET}")
            continue
        x = depth + _BESIDE.get(arm, 0)
        colour = ORANGE if arm in ("A-LRN", "B-5x5") else BLUE
        ax.plot([x] * len(errors), errors, "o", color=colour, alpha=0.5)
        ax.plot([x - 0.1, x + 0.1], [fmean(errors)] * 2, color=colour)
        ax.annotate(arm, (x, max(errors)), (0, 6), textcoords="offset points")
        told.append(f"{arm}, {depth} layers, {span(errors)}")
    ax.set(xlabel="weight layers", ylabel="test error, %", xlim=(7, 17))
    ax.margins(y=0.15)  # room for the names above
    ax.set_title("narrow copies on CIFAR-10; a point a run, a dash their mean")
    say_if_empty(ax)
    return Picture(
        figure, f"Test error in percent by depth on CIFAR-10: {'; '.join(told)}"
    )


@own_settings
def starts(runs: RunsSoFar, title: str = "") -> Picture:
    """Test error by epoch of A and of D, begun in three ways, a line per run."""
    figure, (ax,) = canvas(1, 1, 8, 4.2)
    told = [
        lines(ax, runs.get(arm, ()), look, by_epoch(TEST))
        for arm, look in STARTS.items()
    ]
    ax.set(xlabel="epochs", ylabel="test error, %", title=title, ylim=(0, 100))
    whole_epochs(ax)
    ax.axhline(90, color=GREY, linewidth=0.6)  # ten classes: a guess
    legend_below(figure, [ax])
    return Picture(
        figure, f"Test error in percent by epoch; guessing is 90. {'; '.join(told)}"
    )
