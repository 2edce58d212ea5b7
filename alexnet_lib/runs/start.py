"""Weights that a run takes from another arm's finished run, as VGG's nets did."""

from __future__ import annotations

from torch import Tensor

from alexnet_lib.config import StartFrom, TrainingConfig
from alexnet_lib.training.checkpoint import CheckpointError, Saved
from alexnet_lib.training.loop import finished


def start_weights(
    start: StartFrom, saved: Saved, training: TrainingConfig, title: str
) -> dict[str, Tensor]:
    """The tensors of the layers that `start` names, by name in the merged network.

    `saved` is the other run's checkpoint and `training` its configuration; `title`
    names the run that starts. Raises `CheckpointError` if the other is not finished,
    or has no such layer.
    """
    state = saved.load()
    if state is None or not finished(state["progress"]["history"], training):
        raise CheckpointError(
            f"{title} starts from the weights of arm {start.arm}, which is not "
            f"finished; run it first (looked for {saved.path})"
        )
    own_names, given = start.own_names, _by_layer(state["net"])
    if missing := own_names.keys() - given.keys():
        raise CheckpointError(
            f"{title} starts from layers of arm {start.arm}, which has no "
            f"{min(missing)}; leave it out of `start.layers`"
        )
    return {
        f"{own}.{parameter}": tensor
        for theirs, own in own_names.items()
        for parameter, tensor in given[theirs].items()
    }


def _by_layer(state: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Sort the tensors of a network by layer, and by name within it."""
    layers: dict[str, dict[str, Tensor]] = {}
    for name, tensor in state.items():
        layer, _, parameter = name.rpartition(".")
        layers.setdefault(layer, {})[parameter] = tensor
    return layers
