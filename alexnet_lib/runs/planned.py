"""Runs and their experiment's plan: which it has, and which plan was theirs."""

from __future__ import annotations

from alexnet_lib.experiments import by_name
from alexnet_lib.experiments.experiment import Experiment
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.runs.records import Runs
from alexnet_lib.settings import Scale


class PlanError(ValueError):
    """A run that its experiment's plan does not have."""


def refuse_beyond_plan(
    experiment: Experiment, arm: str, seed: int, scale: Scale
) -> None:
    """Raise `PlanError` unless the plan of `experiment` has this seed at `scale`."""
    what = f"{experiment.name} {arm}, seed {seed}"
    plan = experiment.plan.get(scale)
    if plan is None:
        raise PlanError(
            f"{what}: no plan at scale {scale}; commit one before its first "
            "published run"
        )
    seeds = experiment.seed_list(scale, plan.seeds_for([arm]))
    if seed not in seeds:
        raise PlanError(
            f"{what}: the plan has seeds {seeds[0]} to {seeds[-1]}; more seeds are "
            "another experiment, with a name of its own"
        )


def plan_of(runs: Runs) -> Plan | None:
    """The plan by which `runs` were made, all of one experiment and scale."""
    for of_arm in runs.values():
        for run in of_arm:
            return by_name(run.experiment).plan.get(run.scale)
    return None
