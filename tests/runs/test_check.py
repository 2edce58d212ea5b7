"""One look before the first step: any config is a run, or one line says why not."""

import copy
import dataclasses
import json
import random
from collections import Counter

import pytest
import torch

from alexnet_lib.config import (
    Augmentation,
    DataConfig,
    RunConfig,
    TrainingConfig,
)
from alexnet_lib.config_json import from_dict, to_dict
from alexnet_lib.data import synthetic
from alexnet_lib.data.dataset import Dataset, Split
from alexnet_lib.experiments import EXPERIMENTS
from alexnet_lib.nets.layers import Activation, Conv, Dropout, Linear, Pool
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.runs.check import check_config, check_figures
from alexnet_lib.runs.train_config import train_config
from alexnet_lib.schedule import FixedDrops
from alexnet_lib.settings import SCALES
from alexnet_lib.training.finite import TrainingError
from alexnet_lib.training.team import SingleProcess

SIDE = 12
DATA = Dataset.of(
    "drawn",
    Split(*synthetic.images(20, SIDE, seed=1)),
    Split(*synthetic.images(10, SIDE, seed=2)),
    synthetic.CLASSES,
    real=False,
)
CONFIG = RunConfig(
    DataConfig("drawn", augmentation=Augmentation(size=8, offsets=4)),
    NetworkConfig(
        (
            *(Conv(4, 3, std=0.1, padding=1), Activation(), Pool("max")),
            *(Dropout("classic"), Linear(10, std=0.1)),
        ),
        input_shape=(3, 8, 8),
    ),
    TrainingConfig(0.01, epochs=2, batch_size=10, schedule=FixedDrops((1,))),
)
DROPS = ("training", "schedule", "epochs")
ON_CPU = SingleProcess(torch.device("cpu"))


def with_value(config, path, value):
    """The config, through JSON, with another value at `path`."""
    values = copy.deepcopy(to_dict(config))
    *way, last = path
    at = values
    for step in way:
        at = at[step]
    at[last] = value
    return from_dict(RunConfig, json.loads(json.dumps(values)))


def test_a_config_that_fits_its_data_passes_and_trains():
    check_config(CONFIG, DATA)
    _, epochs = train_config(CONFIG, DATA, 1, show=False, team=ON_CPU)
    assert [epoch["epoch"] for epoch in epochs] == [0, 1, 2]


FAULTS = [
    (("training", "batch_size"), 0, r"training.batch_size is 0, .* at least 1 "),
    (("training", "epochs"), -1, r"training.epochs is -1, .* at least 1 "),
    (("training", "epochs"), 1, r"schedule\.epochs: 1, .* ends after 1 epochs"),
    (
        ("training", "schedule", "epochs"),
        [-1],
        r"schedule\.epochs\[0\] is -1, .* at least 1",
    ),
    (
        ("training", "schedule", "epochs"),
        [1, 1],
        r"schedule\.epochs: \[1, 1\] .* twice",
    ),
    (("training", "learning_rate"), 0.0, r"learning_rate is 0.0, .* above 0 "),
    (("training", "learning_rate"), float("nan"), r"learning_rate is nan"),
    (("training", "learning_rate"), float("inf"), r"learning_rate is inf"),
    (("training", "momentum"), 1.0, r"momentum is 1.0, .* below 1"),
    (("training", "weight_decay"), -0.1, r"weight_decay is -0.1, .* at least 0 "),
    (("network", "input_shape"), [3, 9, 9], r"\(3, 9, 9\), but .* \(3, 8, 8\)"),
    (("network", "input_shape"), [1, 8, 8], r"\(1, 8, 8\), but .* \(3, 8, 8\)"),
    (("network", "layers", 0, "stride"), 0, r"layers\[0\].stride is 0, .* least 1"),
    (("network", "layers", 0, "padding"), -1, r"layers\[0\].padding is -1"),
    (("network", "layers", 0, "groups"), 2, r"conv1: .* 2 equal groups"),
    (("network", "layers", 0, "maps"), 2**40, r"maps is 1099511627776, .* at most"),
    (("network", "layers", 3, "keep"), 0.0, r"layers\[3\].keep is 0.0, .* above 0 "),
    (("network", "layers", 4, "units"), 5, r"shape \(5,\), but drawn has 10 classes"),
    (("network", "layers"), [], r"no layer has weights"),
    (("data", "augmentation", "size"), 13, r"crops of 13 pixels, .* 12 pixels"),
    (("data", "augmentation", "offsets"), 6, r"6 offsets of crops of 8 .* 12 pixels"),
    (("data", "augmentation", "chunk"), 0, r"chunk is 0, .* at least 1 "),
    (("start",), {"arm": "x", "layers": ["unit1"]}, r"start.layers: no layer 'unit1'"),
    (
        ("start",),
        {"arm": "x", "layers": ["conv1", "fc2"], "theirs": ["conv1"]},
        r"start.theirs: 1 names for 2 layers",
    ),
    (
        ("training", "layer_rates"),
        [{"layer": "fc2", "factor": 0.0}, {"layer": "fc3", "factor": 0.0}],
        r"layer_rates\[1\].layer: no layer 'fc3' .* has conv1, fc2",
    ),
    (
        ("training", "stop"),
        {"key": "train_top1", "target": 0.1},
        r"training.stop.key: no measure writes 'train_top1' after every epoch",
    ),
    (
        ("training", "stop"),  # measured, but at the end alone
        {"key": "test_top1_ten", "target": 0.1},
        r"training.stop.key: no measure writes 'test_top1_ten'",
    ),
    (
        ("training", "schedule"),
        {"schedule": "Plateau"},
        r"training.schedule.key: no measure writes 'validation_top1'",
    ),
    (("data", "augmentation"), None, r"\(3, 8, 8\), but .* \(3, 12, 12\)"),
]


@pytest.mark.parametrize(("path", "value", "told"), FAULTS)
def test_what_cannot_be_trained_is_refused_by_name_in_one_line(path, value, told):
    config = with_value(CONFIG, path, value)
    with pytest.raises(ValueError, match=told) as caught:
        train_config(config, DATA, 1, show=False, team=ON_CPU)
    assert "\n" not in str(caught.value)


def test_maps_instead_of_outputs_and_data_without_images_are_refused():
    network = dataclasses.replace(CONFIG.network, layers=CONFIG.network.layers[:-1])
    with pytest.raises(ValueError, match=r"outputs of shape \(4, 4, 4\)"):
        check_config(dataclasses.replace(CONFIG, network=network), DATA)
    empty = dataclasses.replace(DATA, test=DATA.test.first(0))
    with pytest.raises(ValueError, match="drawn has no test images"):
        check_config(CONFIG, empty)


@dataclasses.dataclass(frozen=True)
class Unread:
    """Images whose shape alone is known."""

    images: torch.Tensor

    def __len__(self):
        return len(self.images)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_arm_of_every_experiment_passes(name, scale):
    for config in EXPERIMENTS[name].arms(scale).values():
        check_figures(config, EXPERIMENTS[name].measures(scale))
        classes = 1000 if config.data.name == "imagenet" else 10
        side = {"synthetic": 32, "cifar10": 32, "imagenet": 256}
        shape = (5, 3, *[side.get(config.data.name, 128)] * 2)
        split = Unread(torch.empty(shape, dtype=torch.uint8, device="meta"))
        names = ("class",) * classes
        check_config(config, Dataset(config.data.name, split, split, names, "f"))


ANY = (None, True, -1, 0, 1, 2, 3, 7, 0.5, -2.5, 1e400, "", "relu", [], {}, [1], [[]])


def places(values, way=()):
    """The way to every value within `values`."""
    inner = values if isinstance(values, dict) else range(len(values))
    for key in inner:
        yield (*way, key)
        if isinstance(values[key], dict | list):
            yield from places(values[key], (*way, key))


def mutated(chance):
    """CONFIG as JSON with one to three values lost, or others in their places."""
    values = copy.deepcopy(json.loads(json.dumps(to_dict(CONFIG))))
    for _ in range(chance.randint(1, 3)):
        *way, last = chance.choice(list(places(values)))
        at = values
        for step in way:
            at = at[step]
        if chance.random() < 0.2:
            del at[last]
        else:
            at[last] = copy.deepcopy(chance.choice(ANY))
    return values


def outcome(values):
    """What becomes of a config's JSON: refused in one line, diverged or trained."""
    try:
        config = from_dict(RunConfig, values)
        train_config(config, DATA, 1, show=False, team=ON_CPU)
    except ValueError as error:
        return len(str(error).splitlines())
    except TrainingError:
        return "diverged"
    return "trained"


def test_any_json_is_a_run_or_one_line():
    """What the check lets through, torch takes too."""
    chance = random.Random(1)
    ends = Counter(outcome(mutated(chance)) for _ in range(1500))
    assert set(ends) <= {1, "diverged", "trained"}
    assert ends["trained"] > 50


@pytest.mark.parametrize("values", [None, [], 3, "x", {}, {"data": {}}, [[]]])
def test_json_that_is_no_config_names_what_is_missing(values):
    with pytest.raises(ValueError, match="RunConfig: ") as caught:
        from_dict(RunConfig, values)
    assert "\n" not in str(caught.value)
