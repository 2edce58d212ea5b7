"""The figures of a run's epochs: what is measured of a network in training."""

from __future__ import annotations

from typing import Any

from torch import nn

from alexnet_lib.config import RunConfig
from alexnet_lib.data import Dataset
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.evaluation.errors import Errors, errors
from alexnet_lib.evaluation.probe import colour_shares, probe
from alexnet_lib.training.loop import Measure
from alexnet_lib.training.team import Team


def measure_of(config: RunConfig, dataset: Dataset, views: CentreViews) -> Measure:
    """What is measured after each epoch: `val_*`, as asked `train_set_*`, `probe`."""
    training = config.training
    trained_on = dataset.train.every_nth(training.evaluate_train)
    probed = dataset.train.first(training.probe_images)

    def measure(net: nn.Module) -> dict[str, Any]:
        tested = errors(net, dataset.test, views, training.precision)
        figures: dict[str, Any] = _named("val", tested)
        if training.evaluate_train:
            seen = errors(net, trained_on, views, training.precision)
            figures |= _named("train_set", seen)
        if training.probe_images:
            assert isinstance(net, nn.Sequential)
            figures["probe"] = probe(
                net, views(probed.images[:]), probed.labels.to(views.device)
            )
        return figures

    return measure


def last_figures(
    config: RunConfig, dataset: Dataset, views: CentreViews, net: nn.Module, team: Team
) -> dict[str, Any]:
    """What is measured once, at the end: ten views after crops, kernels' colour."""
    figures: dict[str, Any] = {}
    if config.data.augmentation is not None:
        tested = errors(net, dataset.test, views, config.training.precision, ten=True)
        figures |= _named("val", tested, "_ten")
    if config.training.kernel_colour:
        kernels = team.merge(net, net.state_dict()).get("conv1.weight")
        if kernels is not None:
            figures["kernel_colour"] = colour_shares(kernels).tolist()
    return figures


def _named(of: str, measured: Errors, how: str = "") -> dict[str, Any]:
    return {
        f"{of}_error{how}": measured.top1,
        f"{of}_top5{how}": measured.top5,
        f"{of}_loss{how}": measured.loss,
    }
