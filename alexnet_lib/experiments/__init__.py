"""Every experiment, by the name that `alexnet run` takes."""

from alexnet_lib.experiments import cifar, figure1, photographs
from alexnet_lib.experiments.experiment import Experiment
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.runs.records import Runs

EXPERIMENTS: dict[str, Experiment] = {
    e.name: e
    for e in (*figure1.EXPERIMENTS, *cifar.EXPERIMENTS, *photographs.EXPERIMENTS)
}


def by_name(name: str) -> Experiment:
    """The experiment called `name`; `ValueError` lists the known ones."""
    if name not in EXPERIMENTS:
        raise ValueError(f"no experiment {name!r}; known: {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[name]


def plan_of(runs: Runs) -> Plan | None:
    """The plan by which `runs` were made, all of one experiment and scale."""
    for of_arm in runs.values():
        for run in of_arm:
            return by_name(run.experiment).plan.get(run.scale)
    return None
