"""One look at a run before its first step: can it be trained, and is it one run?

`alexnet run`, `alexnet train` and every rank under torchrun pass here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, get_args

import torch

from alexnet_lib.config import RunConfig, StartFrom
from alexnet_lib.config_json import to_dict
from alexnet_lib.data import Dataset
from alexnet_lib.epochs import LOOP_KEYS
from alexnet_lib.experiments.measures import Measures, keys_of
from alexnet_lib.nets.layers import BatchNorm, Weighted
from alexnet_lib.nets.shapes import layers_of
from alexnet_lib.schedule import FixedDrops
from alexnet_lib.settings import PACKAGE
from alexnet_lib.training.team import Team

_LARGEST = 2**31 - 1
_LEAST = {
    **dict.fromkeys(("epochs", "batch_size", "offsets", "chunk", "input_shape"), 1),
    **dict.fromkeys(("maps", "kernel", "stride", "groups", "units", "side", "n"), 1),
    **dict.fromkeys(("size", "patience"), 1),
    **dict.fromkeys(("weight_decay", "bias_rate_factor", "momentum", "colour"), 0),
    **dict.fromkeys(("target", "by", "drops", "factor", "from_epoch", "held_out"), 0),
    **dict.fromkeys(("std", "decay_mult", "padding", "right", "bottom", "alpha"), 0),
}
_MOST = {"keep": 1}
_ABOVE = {"learning_rate": 0, "divide_by": 0, "divisor": 0, "keep": 0, "k": 0}
_BELOW = {"momentum": 1}
"""The ranges of the numbers in a config, by the name of their field."""
_CODE = (".py", ".cpp", ".h")


def check_run(config: RunConfig, dataset: Dataset, seed: int, team: Team) -> None:
    """Refuse what cannot be trained, and processes that would train different runs.

    All processes of `team` call it together, before they share anything. Raises
    `ValueError` as `check_config` does, and `TeamError` that names what differs: a
    word of the config, the seed, the images, the library's own code.
    """
    team.require_equal(
        {
            "config": to_dict(config),
            "seed": seed,
            "data": {
                "name": dataset.name,
                "fingerprint": dataset.fingerprint,
                "training images": len(dataset.train),
                "test images": len(dataset.test),
            },
            "code": _code_sha256(),
            "torch": torch.__version__,
        }
    )
    check_config(config, dataset)


@lru_cache(maxsize=1)
def _code_sha256() -> str:
    """Short SHA-256 of the library's modules as they lie on this machine."""
    sha = hashlib.sha256()
    for path in sorted(p for p in PACKAGE.rglob("*") if p.suffix in _CODE):
        sha.update(path.relative_to(PACKAGE).as_posix().encode() + path.read_bytes())
    return sha.hexdigest()[:16]


def check_config(config: RunConfig, dataset: Dataset) -> None:
    """Raise `ValueError`, naming the field and both numbers, if it cannot be trained.

    Every number in its range, layers that fit their input, an input that the data
    fill, no fewer outputs than classes, drops of the rate within the epochs, names of
    layers that the network has.
    """
    for where, value in _numbers(config, ""):
        _check_number(where, value)
    _check_schedule(config)
    _check_names(config)
    _check_input(config, dataset)
    _check_outputs(config, dataset)


def _numbers(config: Any, where: str) -> Iterator[tuple[str, float]]:
    """Yield all numbers in a config with their dotted names."""
    if dataclasses.is_dataclass(config):
        for field in dataclasses.fields(config):
            name = f"{where}.{field.name}" if where else field.name
            yield from _numbers(getattr(config, field.name), name)
    elif isinstance(config, tuple):
        for index, item in enumerate(config):
            yield from _numbers(item, f"{where}[{index}]")
    elif isinstance(config, int | float) and not isinstance(config, bool):
        yield where, config


def _check_number(where: str, value: float) -> None:
    name = where.rsplit(".", 1)[-1].split("[")[0]
    least, most = _LEAST.get(name, -_LARGEST), _MOST.get(name, _LARGEST)
    above, below = _ABOVE.get(name, -math.inf), _BELOW.get(name, math.inf)
    if not (least <= value <= most and above < value < below):  # nor NaN
        wanted = f"above {above}" if name in _ABOVE else f"at least {least:,}"
        limit = f"below {below}" if name in _BELOW else f"at most {most:,}"
        raise ValueError(f"{where} is {value}, and must be {wanted} and {limit}")


def _check_schedule(config: RunConfig) -> None:
    epochs, schedule = config.training.epochs, config.training.schedule
    drops = schedule.epochs if isinstance(schedule, FixedDrops) else ()
    for drop in drops:
        if drop >= epochs:
            raise ValueError(
                f"training.schedule.epochs: {drop}, but the training ends after "
                f"{epochs} epochs; leave that drop out, or train longer"
            )
    if len(set(drops)) < len(drops):
        raise ValueError(f"training.schedule.epochs: {list(drops)} name an epoch twice")


def _check_names(config: RunConfig) -> None:
    """Raise `ValueError` if a layer is named that has no weights in this network."""
    kinds = (*get_args(Weighted), BatchNorm)
    layers = [p.name for p in layers_of(config.network) if isinstance(p.layer, kinds)]
    start = config.start or StartFrom("", ())
    if start.theirs and len(start.theirs) != len(start.layers):
        raise ValueError(
            f"start.theirs: {len(start.theirs)} names for {len(start.layers)} layers; "
            "give one for each, or none"
        )
    named = [("start.layers", name) for name in start.layers]
    for index, rate in enumerate(config.training.layer_rates):
        layer = rate.layer.removesuffix(".weight").removesuffix(".bias")
        named.append((f"training.layer_rates[{index}].layer", layer))
    for where, name in named:
        if name not in layers:
            raise ValueError(
                f"{where}: no layer {name!r} with weights; this network has "
                f"{', '.join(layers)}"
            )


def check_figures(config: RunConfig, measures: Measures) -> None:
    """Raise `ValueError` if the training waits for a figure that no epoch will have."""
    training = config.training
    waited_for = {
        "training.stop.key": training.stop.key if training.stop else None,
        "training.schedule.key": getattr(training.schedule, "key", None),
    }
    each = [measure for measure in measures if measure.when == "every epoch"]
    written = keys_of(each) | LOOP_KEYS
    for where, key in waited_for.items():
        if key is not None and key not in written:
            raise ValueError(
                f"{where}: no measure writes {key!r} after every epoch; add the one "
                "that does to the experiment's measures"
            )


def _check_input(config: RunConfig, dataset: Dataset) -> None:
    """Raise `ValueError` unless the images, or crops of them, fill the input."""
    for part, split in (("training", dataset.train), ("test", dataset.test)):
        if not len(split):
            raise ValueError(f"data.name: {dataset.name} has no {part} images")
    channels, *sides = dataset.train.images.shape[1:]
    crop, side = config.data.augmentation, min(sides)
    if crop is not None:
        room = side - crop.size + 1
        if room < 1 or (crop.offsets or 1) > room:
            raise ValueError(
                f"data.augmentation: {crop.offsets or 1} offsets of crops of "
                f"{crop.size} pixels, but the images of {dataset.name} have {side} "
                "pixels a side; take smaller crops, or prepare larger images"
            )
        sides = [crop.size, crop.size]
    if config.network.input_shape != (channels, *sides):
        raise ValueError(
            f"network.input_shape is {config.network.input_shape}, but the images of "
            f"{dataset.name} come as {(channels, *sides)}"
        )


def _check_outputs(config: RunConfig, dataset: Dataset) -> None:
    if not any(isinstance(layer, Weighted) for layer in config.network.layers):
        raise ValueError("network.layers: no layer has weights, so nothing is trained")
    outputs, classes = layers_of(config.network)[-1].output_shape, len(dataset.classes)
    if len(outputs) != 1 or outputs[0] < classes:
        raise ValueError(
            f"network.layers: the last gives outputs of shape {outputs}, but "
            f"{dataset.name} has {classes} classes, each of which needs one"
        )
