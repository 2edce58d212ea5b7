"""An experiment's parts fit together: metrics, measures, arms, plan, scales."""

import dataclasses

import pytest

from alexnet_lib.experiments import EXPERIMENTS, by_name
from alexnet_lib.experiments.figure1 import FIGURE1
from alexnet_lib.experiments.measures import TestErrors
from alexnet_lib.experiments.metrics import Gap, Last
from alexnet_lib.settings import SCALES


def test_a_metric_that_nobody_measures_is_refused_before_any_training():
    with pytest.raises(ValueError, match="metric x reads test_top1_ten, which"):
        dataclasses.replace(FIGURE1, metrics={"x": Last("test_top1_ten")})
    with pytest.raises(ValueError, match="metric gap reads train_top1"):
        dataclasses.replace(
            FIGURE1,
            measures=lambda scale: (TestErrors(),),
            metrics={"gap": Gap("test_top1", minus="train_top1")},
        )


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_what_an_experiment_names_it_has(experiment):
    assert set(experiment.seeds) == set(experiment.expect) == set(SCALES)
    for scale in SCALES:
        assert set(experiment.keeps_of) <= set(experiment.arms(scale))
    for plan in experiment.plan.values():
        assert plan.endpoint in experiment.metrics


def test_an_unknown_experiment_is_answered_with_the_known():
    with pytest.raises(ValueError, match="no experiment 'figure2'; known: figure1, "):
        by_name("figure2")
