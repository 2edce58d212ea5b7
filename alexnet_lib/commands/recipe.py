"""The recipe of the authors' code, #145, words that change it, or a file instead."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from alexnet_lib.commands import words
from alexnet_lib.config import Augmentation, DataConfig, Precision, RunConfig
from alexnet_lib.config_json import from_dict
from alexnet_lib.experiments import photographs
from alexnet_lib.nets.ablations import PATTERNS, with_communication, with_half_the_maps
from alexnet_lib.nets.alexnet import PRESETS, alexnet
from alexnet_lib.nets.network import with_input_side
from alexnet_lib.schedule import FixedDrops

if TYPE_CHECKING:  # whose import takes torch, and seconds
    from alexnet_lib.data import Dataset

CHANGES = (
    *("data", "network", "pattern", "crop", "epochs", "batch_size"),
    *("learning_rate", "drop", "precision"),
)
"""The words that change the recipe; a config or an arm says all of it itself."""


def add(group: argparse._ArgumentGroup) -> None:
    """Add the words that change the recipe."""
    count, usual = words.count, photographs.recipe("paper")
    batch, rate = usual.batch_size, usual.learning_rate
    group.add_argument("--data", help="as in `alexnet data ls`; default imagenet")
    group.add_argument("--network", choices=PRESETS, help="default source")
    group.add_argument(
        "--pattern",
        choices=(*PATTERNS, "half"),
        help="which layers read both towers; half: the one-GPU net of §3.2",
    )
    group.add_argument("--crop", type=count, help="side; default the network's input")
    group.add_argument("--epochs", type=count, help=f"default {usual.epochs}")
    group.add_argument("--batch-size", type=count, help=f"of all; default {batch}")
    group.add_argument("--learning-rate", type=float, help=f"default {rate}")
    drops = "epochs after which the rate is a tenth; default #145's"
    group.add_argument("--drop", type=count, nargs="*", help=drops)
    group.add_argument(
        "--precision", choices=get_args(Precision), help=f"default {usual.precision}"
    )


def recipe_of(arguments: argparse.Namespace, dataset: Dataset) -> RunConfig:
    """#145 on ImageNet with the changes that the words ask for.

    Of the usual drops of the rate those within the epochs asked for stay.
    """
    network = alexnet(arguments.network or "source", classes=len(dataset.classes))
    if arguments.pattern == "half":
        network = with_half_the_maps(network)
    else:
        network = with_communication(network, arguments.pattern or "paper")
    side = arguments.crop or network.input_shape[-1]
    usual = photographs.recipe("paper", arguments.epochs)
    rate, drops = arguments.learning_rate, arguments.drop
    return RunConfig(
        DataConfig(dataset.name, augmentation=Augmentation(side)),
        with_input_side(network, side),
        dataclasses.replace(
            usual,
            learning_rate=usual.learning_rate if rate is None else rate,
            batch_size=arguments.batch_size or usual.batch_size,
            schedule=usual.schedule if drops is None else FixedDrops(tuple(drops)),
            precision=arguments.precision or usual.precision,
        ),
    )


def read(path: Path) -> RunConfig:
    """The config in a file; `ValueError` in one line if it holds anything else."""
    try:
        config = from_dict(RunConfig, json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: {error}") from error
    if config.start is not None:
        raise ValueError(
            f"{path}: start: only an experiment's arm starts from the weights of "
            "another; leave it out, or use --experiment"
        )
    return config
