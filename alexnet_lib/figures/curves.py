"""Curves of runs: columns of their epochs, and a line per run in a panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from alexnet_lib.config import RunConfig
from alexnet_lib.epochs import Epochs
from alexnet_lib.tables import NOT_RUN_YET

# errors that an epoch may have: over its own training batches as they were trained
# on, and measured after it on training images, on test images, on ten views of each
TRAIN_RUNNING, TRAIN = "train_running_top1", "train_top1"
TEST, TEST_TEN_VIEWS = "test_top1", "test_top1_ten"

Array = np.ndarray


class HasEpochs(Protocol):
    """A record, or a run that is still going on."""

    @property
    def config(self) -> RunConfig:
        """The configuration that is run."""

    @property
    def epochs(self) -> Epochs:
        """Figures after each epoch so far, the untrained net's first."""


RunsSoFar = Mapping[str, Sequence[HasEpochs]]
"""Runs by arm, finished or going on."""


class Look(NamedTuple):
    """The style of some runs' lines, and their name in the legend."""

    label: str
    colour: str
    dashes: str = "-"

    def style(self) -> dict[str, Any]:
        """The style, as `Axes.plot` takes it."""
        return {"color": self.colour, "linestyle": self.dashes, "label": self.label}


def columns(run: HasEpochs, *keys: str) -> Array:
    """A row per key: its values over the epochs that have all the keys."""
    epochs: Sequence[Mapping[str, Any]] = run.epochs
    rows = [[e[key] for key in keys] for e in epochs if all(k in e for k in keys)]
    return np.array(rows, float).reshape(-1, len(keys)).T


Points = Callable[[HasEpochs], Array]
"""A run's x and y, an array of two rows."""


def by_epoch(key: str) -> Points:
    """An error in percent over the epochs."""
    return lambda run: columns(run, "epoch", key) * [[1], [100]]


def lines(
    ax: Axes,
    runs: Sequence[HasEpochs],
    look: Look,
    points: Points,
    end: str = "{y} after {x} epochs",
    **style: Any,
) -> str:
    """Draw a line per run; returns in words where they end.

    `end` says so of a point's x and y. Runs without points yet are left out.
    """
    drawn = [xy for run in runs if (xy := points(run)).size]
    if not drawn:
        return f"{look.label}: {NOT_RUN_YET}"
    label = look.label if len(drawn) == 1 else f"{look.label}, {len(drawn)} runs"
    for i, (x, y) in enumerate(drawn):
        one = look._replace(label=label if i == 0 else "_more")  # `_`: not in legends
        ax.plot(x, y, linewidth=1.2, **one.style(), **style)
    x, y = (span(ends) for ends in zip(*(xy[:, -1] for xy in drawn), strict=True))
    return f"{label}: {end.format(x=x, y=y)}"


def span(values: Sequence[float]) -> str:
    """The least and the largest in three digits, once if they are the same."""
    low, high = f"{min(values):.3g}", f"{max(values):.3g}"
    return low if low == high else f"{low} to {high}"


def whole_epochs(ax: Axes) -> None:
    """Mark the x axis in whole epochs; say so where there are none yet."""
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    say_if_empty(ax)


def say_if_empty(ax: Axes) -> None:
    """Say that nothing has been run, if nothing has been drawn."""
    if not ax.has_data():
        ax.text(0.5, 0.5, NOT_RUN_YET, ha="center", transform=ax.transAxes)
