"""Every experiment, by the name that `alexnet run` takes."""

from alexnet_lib.experiments import (
    cifar,
    dropout,
    figure1,
    figure1_cause,
    learning,
    long_photographs,
    overfitting,
    photographs,
    starting,
    vgg,
)
from alexnet_lib.experiments.experiment import Experiment

EXPERIMENTS: dict[str, Experiment] = {
    e.name: e
    for module in (
        figure1,
        figure1_cause,
        cifar,
        photographs,
        long_photographs,
        overfitting,
        dropout,
        learning,
        starting,
        vgg,
    )
    for e in module.EXPERIMENTS
}


def by_name(name: str) -> Experiment:
    """The experiment called `name`; `ValueError` lists the known ones."""
    if name not in EXPERIMENTS:
        raise ValueError(f"no experiment {name!r}; known: {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[name]
