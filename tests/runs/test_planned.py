"""Runs beyond their experiment's plan are refused; published ones have one."""

import pytest

from alexnet_lib.experiments import EXPERIMENTS
from alexnet_lib.runs import records
from alexnet_lib.runs.planned import PlanError, plan_of, refuse_beyond_plan


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_what_is_published_is_planned(name):
    for arm, runs in records.published(name).items():
        for run in runs:
            refuse_beyond_plan(EXPERIMENTS[name], arm, run.seed, run.scale)
            endpoint = EXPERIMENTS[name].plan[run.scale].endpoint
            assert endpoint in run.result


@pytest.mark.parametrize("seed", [0, 6, 100])
def test_a_seed_beyond_the_plan_is_refused(seed):
    figure1 = EXPERIMENTS["figure1"]
    with pytest.raises(PlanError, match=f"seed {seed}: the plan has seeds 1 to 5"):
        refuse_beyond_plan(figure1, "2012-relu", seed, "laptop")


def test_without_a_plan_nothing_is_published():
    with pytest.raises(PlanError, match="no plan at scale smoke"):
        refuse_beyond_plan(EXPERIMENTS["figure1"], "2012-relu", 1, "smoke")


def test_runs_have_the_plan_of_their_experiment_and_scale():
    figure1 = EXPERIMENTS["figure1"]
    assert plan_of(records.published("figure1")) is figure1.plan["laptop"]
    assert plan_of({}) is None
    assert plan_of({"2012-relu": []}) is None
