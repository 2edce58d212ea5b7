"""The recipe of #145, and each change that words ask for."""

import dataclasses

from alexnet_lib.commands import recipe, words
from alexnet_lib.commands.recipe import recipe_of
from alexnet_lib.config import Augmentation
from alexnet_lib.data import load
from alexnet_lib.experiments.photographs import FIRST_UPDATES
from alexnet_lib.nets.ablations import with_half_the_maps
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.runs.check import check_config
from alexnet_lib.schedule import FixedDrops


def asked(*more):
    parser = words.Parser(prog="alexnet train")
    recipe.add(parser)
    return parser.parse_args(more)


def test_without_changes_it_is_the_arm_of_the_experiment_at_paper_scale():
    arm = FIRST_UPDATES.arms("paper")["source"]
    data = dataclasses.replace(load("synthetic256"), classes=("class",) * 1000)
    found = recipe_of(asked(), data)
    assert found.network == arm.network
    assert found.data.augmentation == arm.data.augmentation
    for field in ("learning_rate", "epochs", "batch_size", "momentum", "weight_decay"):
        assert getattr(found.training, field) == getattr(arm.training, field)
    assert found.training.schedule == arm.training.schedule
    assert found.training.precision == arm.training.precision == "float32"


def test_each_change_is_made():
    data = load("synthetic256")
    changes = ["--network", "caffe", "--epochs", "30", "--batch-size", "64"]
    changes += ["--learning-rate", "0.5", "--precision", "float32"]
    found = recipe_of(asked(*changes), data)
    assert found.data.augmentation == Augmentation(227)
    assert found.network == alexnet("caffe", classes=10)
    training = found.training
    assert (training.epochs, training.batch_size) == (30, 64)
    assert (training.learning_rate, training.precision) == (0.5, "float32")
    assert training.schedule == FixedDrops((25,))
    small = recipe_of(asked("--crop", "96", "--pattern", "half"), data)
    assert small.data.augmentation == Augmentation(96)
    half = with_half_the_maps(alexnet("source", classes=10))
    assert small.network == dataclasses.replace(half, input_shape=(3, 96, 96))
    for drops in ([], ["3", "5"]):
        found = recipe_of(asked("--epochs", "9", "--drop", *drops), data)
        assert found.training.schedule == FixedDrops(tuple(map(int, drops)))
        check_config(found, data)
