"""Plans and their experiments agree."""

import pytest

from alexnet_lib.experiments import EXPERIMENTS

PLANNED = [
    pytest.param(experiment, scale, id=f"{experiment.name}-{scale}")
    for experiment in EXPERIMENTS.values()
    for scale in experiment.plan
]


@pytest.mark.parametrize(("experiment", "scale"), PLANNED)
def test_a_plan_says_what_the_experiment_does(experiment, scale):
    plan = experiment.plan[scale]
    arms = experiment.arms(scale).values()
    assert plan.epochs == max(arm.training.epochs for arm in arms)
    assert experiment.seeds[scale] <= plan.seeds
    judged = experiment.seed_list(scale, plan.seeds)
    assert not set(plan.selection_seeds) & set(judged)
