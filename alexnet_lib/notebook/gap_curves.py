"""Test and training error by epoch, and the distance between them: overfitting."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from alexnet_lib.figures.curves import (
    TEST,
    TEST_TEN_VIEWS,
    TRAIN,
    Array,
    HasEpochs,
    Look,
    RunsSoFar,
    by_epoch,
    columns,
    lines,
    whole_epochs,
)
from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import Picture, canvas, own_settings


@own_settings
def curves(runs: RunsSoFar, looks: Mapping[str, Look], title: str = "") -> Picture:
    """Test and training error by epoch, a line per run; beside it their distance.

    Of the arms in `looks`, test errors as these say, training errors dashed.
    """
    figure, axes = canvas(1, 2, 8, 4.2)
    told = []
    for arm, look in looks.items():
        of_arm = runs.get(arm, ())
        test = look._replace(label=f"{look.label}: test")
        training = look._replace(label=f"{look.label}: training", dashes="--")
        told += [
            lines(axes[0], of_arm, test, by_epoch(TEST)),
            lines(axes[0], of_arm, training, by_epoch(TRAIN)),
        ]
        distance = lines(axes[1], of_arm, look, _distance)
        told.append(f"test minus training, {distance}")
    view = _view(runs)
    axes[0].set(title=f"errors{view}", xlabel="epoch", ylabel="%")
    axes[1].set(title=f"test minus training{view}", xlabel="epoch", ylabel="points")
    for ax in axes:
        whole_epochs(ax)
    legend_below(figure, axes[:1], columns=2)
    if title:
        figure.suptitle(title)
    return Picture(
        figure,
        f"Test and training error in percent by epoch{view}, and the distance between "
        f"the two. {'; '.join(told)}",
    )


def _distance(run: HasEpochs) -> Array:
    epochs, test, train = columns(run, "epoch", TEST, TRAIN)
    return np.array([epochs, 100 * (test - train)])


def _view(runs: RunsSoFar) -> str:
    """Which view the errors by epoch are of, where the runs have ten at the end."""
    last = (e for all_ in runs.values() for run in all_ for e in run.epochs[-1:])
    return ", centre view" if any(TEST_TEN_VIEWS in e for e in last) else ""
