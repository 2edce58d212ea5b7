"""Configs survive JSON and tell themselves apart."""

import dataclasses
import json

import pytest

from alexnet_lib.config import RunConfig
from alexnet_lib.config_json import digest, from_dict, to_dict
from alexnet_lib.experiments import EXPERIMENTS
from alexnet_lib.nets.layers import Linear
from alexnet_lib.settings import SCALES

ARMS = [
    pytest.param(config, id=f"{name}-{scale}-{arm}")
    for name, experiment in EXPERIMENTS.items()
    for scale in SCALES
    for arm, config in experiment.arms(scale).items()
]


@pytest.mark.parametrize("config", ARMS)
def test_every_arm_survives_json(config):
    assert from_dict(RunConfig, json.loads(json.dumps(to_dict(config)))) == config


def test_a_field_that_a_record_lacks_takes_its_default():
    values = to_dict(Linear(10, std=0.01, bias=0.0))
    del values["layer"], values["bias"]
    assert from_dict(Linear, values) == Linear(10, std=0.01)


def test_unknown_fields_and_layers_are_refused():
    with pytest.raises(ValueError, match="unknown fields"):
        from_dict(Linear, {"units": 1, "std": 1.0, "colour": "red"})
    values = to_dict(next(iter(ARMS)).values[0])
    values["network"]["layers"][0]["layer"] = "Spline"
    with pytest.raises(ValueError, match="unknown layer 'Spline'"):
        from_dict(RunConfig, values)


def test_digest_changes_with_any_field():
    config = ARMS[0].values[0]
    slower = dataclasses.replace(
        config, training=dataclasses.replace(config.training, learning_rate=1e-9)
    )
    assert digest(config) != digest(slower)
    assert digest(config) == digest(from_dict(RunConfig, to_dict(config)))


@pytest.mark.parametrize("scale", SCALES)
def test_arms_of_figure_1_differ_in_what_the_experiment_is_about(scale):
    arms = EXPERIMENTS["figure1"].arms(scale)
    for regime in ("2012", "today"):
        relu, tanh = arms[f"{regime}-relu"], arms[f"{regime}-tanh"]
        assert relu.data == tanh.data
        assert relu.network.layers == tanh.network.layers
        assert relu.training == dataclasses.replace(
            tanh.training, learning_rate=relu.training.learning_rate
        )
        assert relu.training.weight_decay == 0
