"""Training in a cell: the curve grows while the run goes on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from IPython.display import display

from alexnet_lib.config import RunConfig
from alexnet_lib.experiments import Experiment
from alexnet_lib.figures.picture import Picture
from alexnet_lib.runs.run import run_experiment
from alexnet_lib.settings import Scale


@dataclass
class Curve:
    """What a plot needs of a run that is still going on (`curves.HasEpochs`)."""

    config: RunConfig
    epochs: list[dict[str, Any]] = field(default_factory=list)


def watch(
    experiment: Experiment,
    scale: Scale,
    plot: Callable[[dict[str, list[Curve]]], Picture],
    arms: Iterable[str] = (),
) -> dict[str, list[Curve]]:
    """Run what is missing of one seed of an experiment, drawing it as it goes.

    Returns the epochs of each arm. Interrupt it at any time: run again, it goes
    on from the last checkpoint.
    """
    curves: dict[str, list[Curve]] = {}
    configs = experiment.arms(scale)

    def drawn() -> Picture:
        picture = plot(curves)
        return dataclasses.replace(picture, alt=f"As the runs go on: {picture.alt}")

    handle = display(drawn(), display_id=True)

    def on_epoch(arm: str, seed: int, epochs: list[dict[str, Any]]) -> None:
        curves[arm] = [Curve(configs[arm], epochs)]
        handle.update(drawn())

    for record in run_experiment(
        experiment,
        scale,
        seeds=experiment.seed_list(scale, 1),
        arms=arms,
        on_epoch=on_epoch,
    ):
        on_epoch(record.arm, record.seed, record.epochs)
    return curves
