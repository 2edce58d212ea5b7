"""The paper's Figure 1: training error by epoch, ReLU against tanh."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from alexnet_lib.config import Pixels
from alexnet_lib.experiments.figure1 import TARGET, UNITS
from alexnet_lib.figures.curves import (
    TRAIN_RUNNING,
    Array,
    HasEpochs,
    Look,
    RunsSoFar,
    columns,
    lines,
    whole_epochs,
)
from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import (
    BLUE,
    GREY,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.nets.network import ActivationName

REGIMES: dict[Pixels, str] = {
    "raw": "2012: raw pixels, small Gaussian init",
    "unit": "today's scaling",
}
LOOKS: dict[ActivationName, Look] = {
    "relu": Look("ReLU", BLUE, "-"),
    "tanh": Look("tanh", ORANGE, "--"),
}
"""As in the paper: ReLU solid, tanh dashed."""

Run = TypeVar("Run", bound=HasEpochs)


def by_net(
    runs: Iterable[Iterable[Run]],
) -> dict[tuple[Pixels, ActivationName], list[Run]]:
    """Runs by the scale of their pixels and their unit, as their configs say."""
    nets = defaultdict(list)
    for run in (run for arm in runs for run in arm):
        nets[run.config.data.pixels, run.config.network.activation].append(run)
    return nets


@own_settings
def race(runs: RunsSoFar, title: str = "") -> Picture:
    """Figure 1: training error against epochs, a panel per regime, a line per run.

    A thin line marks 25 %, as in the paper.
    """
    nets = by_net(runs.values())
    regimes = [p for p in REGIMES if any(p == of for of, _ in nets)] or ["raw"]
    width = 2 + 3 * len(regimes)
    figure, axes = canvas(1, len(regimes), width, 3.9, sharex=True, sharey=True)
    told = []
    for ax, pixels in zip(axes, regimes, strict=True):
        said = [
            lines(ax, nets.get((pixels, unit), ()), LOOKS[unit], _training_error)
            for unit in UNITS
        ]
        told.append(f"{REGIMES[pixels]}: {', '.join(said)}")
        ax.set(title=REGIMES[pixels], xlabel="epochs")
        whole_epochs(ax)
        ax.axhline(TARGET, color=GREY, linewidth=0.8)
        ax.set_xlim(left=0)
        ax.set_ylim(bottom=0.2)
    axes[0].set_ylabel("training error rate")
    legend_below(figure, axes)
    if title:
        figure.suptitle(title)
    return Picture(
        figure,
        "Training error rate by epoch, a line per run, ReLU solid, tanh dashed, and a "
        f"thin line at {TARGET:.0%}. {'. '.join(told)}",
    )


def _training_error(run: HasEpochs) -> Array:
    return columns(run, "epoch", TRAIN_RUNNING)
