"""§4.2's experiments: the same net but for dropout, at rates chosen on other images."""

import pytest

from alexnet_lib.experiments import EXPERIMENTS, dropout
from alexnet_lib.experiments.dropout import NETS, RATES, TARGET, best_rate
from alexnet_lib.experiments.long_photographs import PHOTOGRAPHS
from alexnet_lib.modules.build import build
from alexnet_lib.modules.dropout import ClassicDropout
from alexnet_lib.nets.layers import Dropout
from alexnet_lib.runs import records
from alexnet_lib.schedule import FixedDrops

BASE = PHOTOGRAPHS.arms("laptop")["baseline"]


def drops(config):
    return [x for x in config.network.layers if isinstance(x, Dropout)]


def test_without_dropout_a_net_answers_alike_in_training_and_at_test():
    (config,) = dropout.FIT.arms("laptop").values()
    assert len(drops(BASE)) == 2
    rest = tuple(x for x in BASE.network.layers if not isinstance(x, Dropout))
    assert config.network.layers == rest
    assert config.data == BASE.data
    assert config.training.schedule == BASE.training.schedule
    assert (
        config.with_network(BASE.network).with_training(
            learning_rate=BASE.training.learning_rate
        )
        == BASE
    )
    modules = build(config.network, seed=1).modules()
    assert not any(isinstance(module, ClassicDropout) for module in modules)


@pytest.mark.parametrize("experiment", [dropout.FIT_RATES, dropout.TIME_RATES_TRIED])
def test_rates_are_tried_of_both_nets_and_the_test_images_stay_unseen(experiment):
    arms = experiment.arms("laptop")
    assert set(arms) == {f"{net}-{rate:g}" for net in NETS for rate in RATES}
    for arm, config in arms.items():
        net, rate = arm.split("-")
        assert len(drops(config)) == (2 if net == "dropout" else 0)
        assert config.training.learning_rate == float(rate)
    keys = {key for metric in experiment.metrics.values() for key in metric.keys}
    measured = {key for m in experiment.measures("laptop") for key in m.keys}
    assert not any(key.startswith("test") for key in keys | measured)


def test_the_fit_is_chosen_on_images_cut_from_the_training_set():
    for config in dropout.FIT_RATES.arms("laptop").values():
        assert config.data.held_out == 100
        assert config.training.schedule == BASE.training.schedule
        assert config.training.epochs == BASE.training.epochs


def test_the_clock_runs_at_a_constant_rate_and_stops_with_dropout_off():
    for experiment in (dropout.TIME, dropout.TIME_RATES_TRIED):
        for config in experiment.arms("laptop").values():
            assert config.training.schedule == FixedDrops()
            assert (config.training.stop.key, config.training.stop.target) == (
                "train_top1",
                TARGET,
            )
    assert dropout.TIME.metrics["epochs_to_20"].key == "train_top1"


@pytest.mark.parametrize(
    ("found", "best"),
    [
        ({}, None),
        ({0.01: 0.3}, None),
        ({0.005: 0.4, 0.01: 0.3}, None),
        ({0.005: 0.4, 0.01: 0.3, 0.02: 0.5}, 0.01),
        ({0.005: 0.2, 0.01: 0.3, 0.02: 0.5}, None),
        ({0.0025: 0.3, 0.005: 0.2, 0.01: 0.3, 0.02: 0.5}, 0.005),
        ({0.005: None, 0.01: 31.0, 0.02: None}, 0.01),
        ({0.005: None, 0.01: None, 0.02: None}, None),
        ({0.0025: 0.1, 0.005: 0.2, 0.01: 0.3}, None),
        ({0.01: 0.3, 0.02: 0.2, 0.04: 0.1}, None),
    ],
)
def test_a_rate_is_chosen_between_worse_neighbours(found, best):
    assert best_rate(found) == best


SELECTED = [
    ("dropout-fit-rates", "dropout-fit", {"none": dropout.FIT_RATE}),
    ("dropout-time-rates", "dropout-time", dropout.TIME_RATES),
]


@pytest.mark.parametrize(("selection", "race", "rates"), SELECTED)
def test_a_race_is_run_at_the_rates_that_its_selection_chose(selection, race, rates):
    """And not before all of them are chosen; what is chosen stands in the module."""
    endpoint = EXPERIMENTS[selection].plan["laptop"].endpoint
    tried = records.published(selection)
    for net, rate in rates.items():
        arm = EXPERIMENTS[race].arms("laptop")[net]
        assert arm.training.learning_rate == rate
        found = {
            run.config.training.learning_rate: run.result[endpoint]
            for of_arm in tried.values()
            for run in of_arm
            if run.arm.startswith(f"{net}-")
        }
        chosen = best_rate(found)
        assert chosen in (None, rate)
        assert chosen or not records.published(race), f"{race} before {selection}"
