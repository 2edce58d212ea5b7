"""Training in a cell: the curves grow while the nets train."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import ipywidgets as widgets
from IPython.display import display

from alexnet_lib.config import RunConfig
from alexnet_lib.epochs import Epochs
from alexnet_lib.experiments import Experiment
from alexnet_lib.figures.picture import Picture
from alexnet_lib.runs.run import Options, Run, run_experiment
from alexnet_lib.settings import Scale

_SECONDS = 0.1


@dataclass
class Curve:
    """A run that is still going on, as a plot needs it (`curves.HasEpochs`)."""

    config: RunConfig
    epochs: Epochs = field(default_factory=list)


Curves = dict[str, list[Curve]]


def watch(
    experiment: Experiment,
    scale: Scale,
    plot: Callable[[Curves], Picture],
    arms: Iterable[str] = (),
) -> Curves:
    """Run what is missing of one seed of an experiment, drawing it as it goes.

    Returns the epochs of each arm. Interrupt it at any time: run again, it goes
    on from the last checkpoint.
    """
    configs = experiment.arms(scale)
    live = _Live(configs, tuple(arms) or tuple(configs), plot)
    try:
        for record in run_experiment(
            experiment,
            scale,
            seeds=experiment.seed_list(scale, 1),
            arms=live.arms,
            options=Options(show=False, on_epoch=live.on_epoch),
        ):
            live.curves[record.arm] = [Curve(record.config, record.epochs)]
    finally:
        live.end()
    return live.curves


class _Live:
    """A line of words above the curves, while they grow; the curves alone at the end.

    As a widget it is no part of what a notebook stores, nor of what tests compare.
    """

    def __init__(
        self,
        configs: Mapping[str, RunConfig],
        arms: tuple[str, ...],
        plot: Callable[[Curves], Picture],
    ) -> None:
        self.configs, self.arms, self.plot = configs, arms, plot
        self.curves: Curves = {}
        self.widget = widgets.HTML("getting the data")
        view = self.widget._repr_mimebundle_()
        view.pop("text/plain")
        self.handle = display(view, raw=True, display_id=True)
        self.shown_at = float("-inf")

    def on_epoch(self, run: Run, epochs: Epochs) -> None:
        """Show the curves with this arm's epochs so far; ten times a second at most."""
        arm, config = run.arm, run.config
        self.curves[arm] = [Curve(config, epochs)]
        if time.monotonic() - self.shown_at < _SECONDS:
            return
        last = config.training.epochs
        words = (
            f"net {self.arms.index(arm) + 1} of {len(self.arms)}, {arm}: "
            f"epoch {min(epochs[-1]['epoch'] + 1, last)} of {last} running"
        )
        self.widget.value = f"<p>{words}</p>{self.plot(self.curves).html()}"
        self.shown_at = time.monotonic()

    def end(self) -> None:
        """Leave an ordinary picture of what was reached, whole or interrupted."""
        self.handle.update({"text/plain": ""}, raw=True)
        self.widget.close()
        display(self.plot(self.curves))
