"""Figure 1: ReLU against tanh on CIFAR-10, and the rates that were tried.

The grids of rates: `figure1-rates` stops each net after 12 epochs; `figure1-endpoint`
follows those of 2012 to the target, for 60 at most, half as many again as the race's
tanh nets took.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from alexnet_lib.config import (
    DataConfig,
    Pixels,
    Precision,
    RunConfig,
    Stop,
    TrainingConfig,
)
from alexnet_lib.epochs import Epoch, epochs_to
from alexnet_lib.experiments.experiment import Arms, Experiment
from alexnet_lib.experiments.measures import Measures, Probe, TestErrors, TrainErrors
from alexnet_lib.experiments.metrics import EpochsTo, Last, Metric
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.nets.network import ActivationName, NetworkConfig
from alexnet_lib.settings import Scale

TARGET = 0.25
UNITS: tuple[ActivationName, ...] = ("relu", "tanh")
RATES: dict[str, tuple[float, ...]] = {
    "2012-relu": (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01),
    "2012-tanh": (0.005, 0.01, 0.02),
    "today-relu": (0.005, 0.01, 0.02),
    "today-tanh": (0.005, 0.01, 0.02, 0.04, 0.08),
}
CHOSEN_RATE = {
    "2012-relu": 0.003,
    "2012-tanh": 0.01,
    "today-relu": 0.01,
    "today-tanh": 0.04,
}
ENDPOINT_RATES: dict[str, tuple[float, ...]] = {
    "2012-relu": (0.001, 0.002, 0.003, 0.005, 0.0075),
    "2012-tanh": (0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02),
}


@dataclass(frozen=True)
class _Size:
    """These nets' data and training at one scale."""

    data: str
    epochs: int
    batch_size: int
    precision: Precision
    measures: Measures


_AT: dict[Scale, _Size] = {
    "smoke": _Size(
        *("synthetic", 5, 32, "float32"),
        (TestErrors(), TrainErrors(500), Probe(100)),
    ),
    "laptop": _Size(
        *("cifar10", 100, 128, "bfloat16"),
        (TestErrors(), TrainErrors(10_000), Probe(500)),
    ),
    "paper": _Size(
        *("cifar10", 100, 128, "float32"),
        (TestErrors(), TrainErrors(10_000), Probe(500)),
    ),
}


def _network(arm: str) -> NetworkConfig:
    regime, unit = arm.split("-")
    activation: ActivationName = "relu" if unit == "relu" else "tanh"
    if regime == "2012":
        return four_layer(activation)
    return four_layer(activation, "kaiming" if unit == "relu" else "xavier")


def config_of(arm: str, rate: float, scale: Scale) -> RunConfig:
    """One net of Figure 1: no weight decay, no augmentation, one fixed rate."""
    size = _AT[scale]
    training = TrainingConfig(
        learning_rate=rate,
        epochs=size.epochs,
        batch_size=size.batch_size,
        stop=Stop("train_running_top1", TARGET),
        precision=size.precision,
    )
    pixels: Pixels = "raw" if arm.startswith("2012") else "unit"
    return RunConfig(DataConfig(size.data, pixels), _network(arm), training)


def _race(scale: Scale) -> Arms:
    return {arm: config_of(arm, CHOSEN_RATE[arm], scale) for arm in RATES}


def at_most(config: RunConfig, epochs: int) -> RunConfig:
    """`config`, ended after so many epochs if it is not over before."""
    return config.with_training(epochs=min(config.training.epochs, epochs))


def _grid(rates: Mapping[str, Sequence[float]], epochs: int, scale: Scale) -> Arms:
    """Nets of Figure 1 at every one of their `rates`, for at most so many epochs."""
    return {
        f"{arm}-{rate:g}": at_most(config_of(arm, rate, scale), epochs)
        for arm, of_arm in rates.items()
        for rate in of_arm
    }


def _float32(scale: Scale) -> Arms:
    return {
        arm: config.with_training(precision="float32")
        for arm, config in _race(scale).items()
    }


def all_measures(scale: Scale) -> Measures:
    """Measures of the nets of the race: errors, saturation, gradients."""
    return _AT[scale].measures


def _test_errors(scale: Scale) -> Measures:
    return (TestErrors(),)


_CHOOSING: dict[str, Metric] = {
    "epochs_to_25": EpochsTo("train_running_top1", TARGET),
    "train_running_top1": Last("train_running_top1"),
    "test_top1": Last("test_top1"),
}
RACING: dict[str, Metric] = {
    "epochs_to_25": EpochsTo("train_running_top1", TARGET),
    "epochs_to_25_evaluated": EpochsTo("train_top1", TARGET),
    "train_running_top1": Last("train_running_top1"),
    "test_top1": Last("test_top1"),
}


def fastest(finished: Mapping[float, Sequence[Epoch]]) -> float:
    """The learning rate, of several, whose net got to 25 % training error first.

    If none got there, the one with the lowest training error at the end.
    """

    def rank(rate: float) -> tuple[float, float]:
        run = finished[rate]
        reached = epochs_to(run, "train_running_top1", TARGET)
        return (math.inf if reached is None else reached, run[-1]["train_running_top1"])

    return min(finished, key=rank)


FIGURE1 = Experiment(
    name="figure1",
    section="§3.1, Figure 1",
    question="How many epochs do ReLU and tanh nets need to 25 % training error?",
    arms=_race,
    measures=all_measures,
    metrics=RACING,
    seeds={"smoke": 1, "laptop": 5, "paper": 10},
    expect={
        "smoke": "seconds, on synthetic images: the ratio means nothing",
        "laptop": "about 15 minutes per seed; 2012: ReLU about 6 epochs, tanh about 41",
        "paper": "as laptop, in float32 and with ten seeds",
    },
    plan={
        "laptop": Plan(
            seeds=5,
            epochs=100,
            endpoint="epochs_to_25",
            rule="tanh's epochs over ReLU's, in the regime of 2012",
            selection_seeds=(100,),
            selection="training error after at most 12 epochs (figure1-rates)",
        )
    },
)
FIGURE1_RATES = Experiment(
    name="figure1-rates",
    section="§3.1, Figure 1",
    question="At which learning rate is each net of Figure 1 fastest?",
    arms=partial(_grid, RATES, 12),
    measures=_test_errors,
    metrics=_CHOOSING,
    seeds={"smoke": 1, "laptop": 1, "paper": 1},
    expect={
        "smoke": "under a minute",
        "laptop": "about an hour and a half",
        "paper": "as laptop, in float32",
    },
    first_seed=100,
    plan={
        "laptop": Plan(
            seeds=1,
            epochs=12,
            endpoint="epochs_to_25",
            rule="the first at the target, else the lowest training error",
        )
    },
)
FIGURE1_ENDPOINT = Experiment(
    name="figure1-endpoint",
    section="§3.1, Figure 1",
    question="Which rate is fastest if each is followed to 25 % training error?",
    arms=partial(_grid, ENDPOINT_RATES, 60),
    measures=_test_errors,
    metrics=_CHOOSING,
    seeds={"smoke": 1, "laptop": 1, "paper": 1},
    expect={
        "smoke": "under a minute",
        "laptop": "about three hours on one thread; then the fastest rate and its "
        "neighbours on seeds 101 and 102",
        "paper": "as laptop, in float32",
    },
    first_seed=100,
    plan={
        "laptop": Plan(
            seeds=3,
            epochs=60,
            endpoint="epochs_to_25",
            rule="the first at the target",
        )
    },
)
FIGURE1_FLOAT32 = Experiment(
    name="figure1-float32",
    section="§3.1, Figure 1",
    question="Does bfloat16 change the result of Figure 1?",
    arms=_float32,
    measures=all_measures,
    metrics=RACING,
    seeds={"smoke": 1, "laptop": 1, "paper": 1},
    expect={
        "smoke": "seconds",
        "laptop": "about 35 minutes per seed; epochs as in figure1",
        "paper": "the same run as figure1",
    },
    plan={
        "laptop": Plan(
            seeds=1,
            epochs=100,
            endpoint="epochs_to_25",
            rule="described",
        )
    },
)

EXPERIMENTS = (
    FIGURE1,
    FIGURE1_RATES,
    FIGURE1_ENDPOINT,
    FIGURE1_FLOAT32,
)
