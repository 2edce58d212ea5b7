"""Each intervention changes the one thing that it is named for."""

import dataclasses

import pytest
import torch

from alexnet_lib.experiments.figure1 import CHOSEN_RATE, FIGURE1
from alexnet_lib.experiments.figure1_cause import (
    FIGURE1_CAUSE,
    FIGURE1_TODAY,
    SATURATING,
    drawn_as_glorot,
)
from alexnet_lib.experiments.metrics import Stuck
from alexnet_lib.modules.build import build

RACE = FIGURE1.arms("laptop")
ARMS = FIGURE1_CAUSE.arms("laptop")


def told_by_rates(arm):
    """The arm without its exceptions from the learning rate, and these."""
    config = ARMS[arm].with_training(epochs=100, layer_rates=())
    return config, ARMS[arm].training.layer_rates


@pytest.mark.parametrize(
    ("arm", "net", "factor", "first_epoch"),
    [
        ("2012-relu-frozen", "2012-relu", 0, 1),
        ("2012-tanh-frozen", "2012-tanh", 0, 1),
        ("today-tanh-still", "today-tanh", 0, 0),
    ],
)
def test_the_first_layer_stops_and_nothing_else_differs(arm, net, factor, first_epoch):
    config, (only,) = told_by_rates(arm)
    assert config == RACE[net]
    assert dataclasses.astuple(only) == ("conv1", factor, first_epoch)


@pytest.mark.parametrize("arm", [arm for arm in ARMS if "slowed" in arm])
def test_the_first_layers_rate_is_divided_by_the_variance_of_pixels(arm):
    config, (only,) = told_by_rates(arm)
    unit, rate = arm.split("-")[1], float(arm.split("-")[-1])
    assert config == RACE[f"2012-{unit}"].with_training(learning_rate=rate)
    assert (only.layer, only.from_epoch) == ("conv1", 0)
    assert 1 / only.factor == pytest.approx(4032, abs=1)


def test_a_saturated_net_is_todays_but_for_how_wide_conv1_is_drawn():
    today = build(RACE["today-tanh"].network, 3).state_dict()
    for first in (1.0, SATURATING):
        for name, tensor in build(drawn_as_glorot(first), 3).state_dict().items():
            wide = first if name == "conv1.weight" else 1.0
            torch.testing.assert_close(tensor, wide * today[name])
    arm = ARMS["today-tanh-saturated"].with_training(epochs=100)
    assert arm == RACE["today-tanh"].with_network(drawn_as_glorot(SATURATING))


def test_a_saturated_layer_begins_as_flat_as_that_of_2012_is_after_an_epoch():
    generator = torch.Generator().manual_seed(1)
    patches = torch.randn(200, 3, 1, 1, generator=generator).expand(-1, -1, 32, 32)
    for first, low, high in ((1.0, 0, 0.02), (SATURATING, 0.9, 1)):
        unit1 = build(drawn_as_glorot(first), 3)[:3](patches.contiguous())
        assert low <= (unit1.abs() > 0.975).float().mean() <= high


def test_today_is_the_race_again_on_fifteen_seeds():
    arms = FIGURE1_TODAY.arms("laptop")
    assert arms == {arm: RACE[arm] for arm in CHOSEN_RATE if arm.startswith("today")}
    assert FIGURE1_TODAY.seed_list("laptop") == list(range(1, 16))


def test_stuck_units_are_counted_after_the_epoch_asked_for():
    run = [{"probe": {"unit2": {"stuck": share}}} for share in (0.0, 0.5, 0.4)]
    assert Stuck("unit2", after=1)(run) == 0.5
