"""Every experiment, by the name that `alexnet run` takes."""

from alexnet_lib.experiments import cifar, figure1, photographs
from alexnet_lib.experiments.experiment import Experiment

EXPERIMENTS: dict[str, Experiment] = {
    e.name: e
    for e in (*figure1.EXPERIMENTS, *cifar.EXPERIMENTS, *photographs.EXPERIMENTS)
}


def by_name(name: str) -> Experiment:
    """The experiment called `name`; `ValueError` lists the known ones."""
    if name not in EXPERIMENTS:
        raise ValueError(f"no experiment {name!r}; known: {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[name]
