"""When the rate drops: #145's stages, the plateau rule on a curve, where drops fell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from alexnet_lib.figures.curves import Look
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
from alexnet_lib.runs.records import Record, Runs
from alexnet_lib.schedule import Plateau
from alexnet_lib.tables import NOT_RUN_YET, Table, table


class Stage(NamedTuple):
    """Rates from epoch `begin` on: conv1's weights, and all other weights."""

    begin: int
    conv1: float
    others: float


STAGES = (
    Stage(0, 1e-2, 1e-2),
    Stage(25, 1e-3, 1e-3),
    Stage(51, 1e-4, 1e-4),
    Stage(67, 1e-5, 1e-4),
    Stage(72, 0.0, 1e-4),
    Stage(79, 0.0, 1e-5),
)
"""#145 by its note, `layer-params-145.cfg:165-182`; at 67 the colour noise ends too."""
KILLED = 91
"""Epoch at which #145 was stopped, by the same note."""
BIAS_RATE = 0.02
"""All biases but conv1's at the end (`layer-params-145.cfg:18-19`). They begin so in
files of its kind that are still in their first state (`layer-params-153.cfg`)."""


def stage_table() -> Table:
    """A row per stage of #145: its epochs, and both rates."""
    ends = [*(stage.begin for stage in STAGES[1:]), KILLED]
    rows = (
        [
            f"{s.begin} to {end}",
            f"{s.others:g}",
            f"{s.conv1:g}" if s.conv1 else "frozen",
        ]
        for s, end in zip(STAGES, ends, strict=True)
    )
    return table(["epochs", "rate of the weights", "of conv1's"], rows)


@own_settings
def stages() -> Picture:
    """The rates of #145 over its epochs."""
    figure, (ax,) = canvas(1, 1, 7, 3.2)
    kept = [stage for stage in STAGES if stage.conv1]
    frozen = next(stage.begin for stage in STAGES if not stage.conv1)
    for rates, edges, look in (
        (
            [stage.others for stage in STAGES],
            [*(stage.begin for stage in STAGES), KILLED],
            Look("weights", BLUE),
        ),
        (
            [stage.conv1 for stage in kept],
            [*(stage.begin for stage in kept), frozen],
            Look("conv1, then frozen", ORANGE, "--"),
        ),
    ):
        ax.stairs(rates, edges, baseline=None, linewidth=2, **look.style())
    ax.plot(
        [0, KILLED], [BIAS_RATE] * 2, "o:", color=GREEN, label="biases, at both ends"
    )
    ax.set(yscale="log", xlabel="epochs of ImageNet", ylabel="learning rate")
    ax.set_title("config #145, by hand")
    legend_below(figure, [ax])
    words = "; ".join(f"from {s.begin} on {s.others:g}" for s in STAGES)
    return Picture(
        figure,
        f"Learning rates of config #145 by epoch: weights {words}, stopped at "
        f"{KILLED}; conv1 frozen from {frozen} on; biases {BIAS_RATE:g} at both ends",
    )


def drops(errors: Sequence[float], patience: int = 4, by: float = 0.005) -> list[int]:
    """List the epochs after which `Plateau` would divide the rate.

    `errors[0]` is the error after epoch 1.
    """
    rule = Plateau("error", patience, by)
    history = [{"epoch": e, "error": x} for e, x in enumerate(errors, start=1)]
    counts = [rule.plateaus(history[:n]) for n in range(len(history) + 1)]
    return [n for n in range(1, len(counts)) if counts[n] > counts[n - 1]]


@own_settings
def marked(errors: Sequence[float], at: Sequence[int], of: str) -> Picture:
    """A curve of errors with the epochs `at` which the rate would be divided."""
    figure, (ax,) = canvas(1, 1, 7, 3.2)
    percent = [100 * error for error in errors]
    ax.plot(range(1, len(errors) + 1), percent, color=BLUE, label=of)
    for i, epoch in enumerate(at):
        name = "the rate is divided" if i == 0 else "_more"
        ax.axvline(epoch, color=ORANGE, linestyle="--", label=name)
    best = min(range(len(errors)), key=errors.__getitem__)
    ax.plot([best + 1], [percent[best]], "o", color=GREY, label="lowest")
    ax.set(title="a plateau, and a drop", xlabel="epochs", ylabel="error, %")
    legend_below(figure, [ax])
    where = ", ".join(map(str, at)) or "never"
    return Picture(
        figure,
        f"{of}: {percent[-1]:.1f} % after {len(errors)} epochs, lowest "
        f"{percent[best]:.1f} % after {best + 1}; the rate divided after: {where}",
    )


def fallen(run: Record) -> list[int]:
    """List the epochs after which a run's rate was lower than before."""
    trained = [epoch for epoch in run.epochs if epoch["epoch"] > 0]
    rates = [epoch["learning_rate"] for epoch in trained]
    return [n for n in range(1, len(rates)) if rates[n] < rates[n - 1]]


def fallen_table(runs: Runs) -> Table:
    """A row per run of `cifar-plateau`: where its drops fell, its length and errors."""
    rows = (
        [
            arm,
            str(run.seed),
            ", ".join(map(str, fallen(run))) or "none",
            str(run.epochs[-1]["epoch"]),
            *(f"{100 * run.result[key]:.1f}" for key in _ERRORS),
        ]
        for arm, of_arm in runs.items()
        for run in of_arm
    )
    head = ["arm", "seed", "drops after epochs", "epochs", "validation, %", "test, %"]
    return table(head, rows, empty=NOT_RUN_YET)


_ERRORS = ("validation_top1", "test_top1")


@own_settings
def plateau(
    errors: Sequence[float], of: str, patience: int = 4, by_points: float = 0.5
) -> Picture:
    """Draw where `Plateau` would divide the rate on a curve; `by_points` in percent."""
    return marked(errors, drops(errors, patience, by_points / 100), of)
