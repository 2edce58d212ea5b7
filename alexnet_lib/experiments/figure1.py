"""Figure 1: ReLU against tanh on CIFAR-10, the rates that were tried, and why."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

from alexnet_lib.config import DataConfig, RunConfig, TrainingConfig
from alexnet_lib.experiments.experiment import Epochs, Experiment, epochs_to
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


def _figure1_network(arm: str) -> NetworkConfig:
    regime, unit = arm.split("-")
    activation: ActivationName = "relu" if unit == "relu" else "tanh"
    if regime == "2012":
        return four_layer(activation)
    return four_layer(activation, "kaiming" if unit == "relu" else "xavier")


def _figure1_config(arm: str, rate: float, scale: Scale) -> RunConfig:
    """One net of Figure 1: no weight decay, no augmentation, one fixed rate."""
    training = TrainingConfig(
        learning_rate=rate,
        epochs=5 if scale == "smoke" else 100,
        batch_size=32 if scale == "smoke" else 128,
        stop_at_train_error=TARGET,
        evaluate_train=500 if scale == "smoke" else 10_000,
        probe_images=100 if scale == "smoke" else 500,
        precision="bfloat16" if scale == "laptop" else "float32",
    )
    data = DataConfig(
        name="synthetic" if scale == "smoke" else "cifar10",
        pixels="raw" if arm.startswith("2012") else "unit",
    )
    return RunConfig(data, _figure1_network(arm), training)


def _figure1_arms(scale: Scale) -> dict[str, RunConfig]:
    return {arm: _figure1_config(arm, CHOSEN_RATE[arm], scale) for arm in RATES}


def _figure1_rate_arms(scale: Scale) -> dict[str, RunConfig]:
    """Every arm of Figure 1 at every rate of its grid, without the extra measures.

    Stopped after 12 epochs; a net that none of its rates has brought to the target
    by then takes the rate with the lowest training error (`fastest`).
    """
    arms = {}
    for arm, rates in RATES.items():
        for rate in rates:
            config = _figure1_config(arm, rate, scale)
            lean = dataclasses.replace(
                config.training,
                epochs=min(config.training.epochs, 12),
                evaluate_train=0,
                probe_images=0,
            )
            arms[f"{arm}-{rate:g}"] = dataclasses.replace(config, training=lean)
    return arms


def _figure1_endpoint_arms(scale: Scale) -> dict[str, RunConfig]:
    """The nets of 2012 at every rate of a finer grid, each followed to the target.

    At most 60 epochs: half as many again as the race's tanh nets took.
    """
    arms = {}
    for arm, rates in ENDPOINT_RATES.items():
        for rate in rates:
            config = _figure1_config(arm, rate, scale)
            lean = dataclasses.replace(
                config.training,
                epochs=min(config.training.epochs, 60),
                evaluate_train=0,
                probe_images=0,
            )
            arms[f"{arm}-{rate:g}"] = dataclasses.replace(config, training=lean)
    return arms


def _figure1_cause_arms(scale: Scale) -> dict[str, RunConfig]:
    """The nets of 2012 on pixels of unit variance, their first weights made up for it.

    The untrained functions are those of the 2012 regime (63.5 is the deviation of
    CIFAR-10's pixels), but at one rate for all layers the first now moves 63.5^2
    times less. Several rates each, 20 epochs at most.
    """
    arms = {}
    for unit in UNITS:
        for rate in (0.003, 0.01, 0.03):
            config = _figure1_config("today-" + unit, rate, scale)
            training = dataclasses.replace(
                config.training,
                epochs=min(config.training.epochs, 20),
                evaluate_train=0,
            )
            network = four_layer(unit, first_std=1e-4 * 63.5)
            arms[f"{unit}-{rate:g}"] = RunConfig(config.data, network, training)
    return arms


def _figure1_float32_arms(scale: Scale) -> dict[str, RunConfig]:
    arms = {}
    for arm, config in _figure1_arms(scale).items():
        training = dataclasses.replace(config.training, precision="float32")
        arms[arm] = dataclasses.replace(config, training=training)
    return arms


def _figure1_metrics(epochs: Epochs) -> dict[str, float | None]:
    return {
        "epochs_to_25": epochs_to(epochs, "train_error", TARGET),
        "epochs_to_25_evaluated": epochs_to(epochs, "train_set_error", TARGET),
        "final_train_error": epochs[-1].get("train_error"),
        "final_val_error": epochs[-1]["val_error"],
    }


def fastest(finished: Mapping[float, Epochs]) -> float:
    """The learning rate, of several, whose net got to 25 % training error first.

    If none got there, the one with the lowest training error at the end.
    """

    def rank(rate: float) -> tuple[float, float]:
        epochs = finished[rate]
        reached = epochs_to(epochs, "train_error", TARGET)
        return (math.inf if reached is None else reached, epochs[-1]["train_error"])

    return min(finished, key=rank)


FIGURE1 = Experiment(
    name="figure1",
    section="§3.1, Figure 1",
    question="How many epochs do ReLU and tanh nets need to 25 % training error?",
    arms=_figure1_arms,
    metrics=_figure1_metrics,
    seeds={"smoke": 1, "laptop": 5, "paper": 10},
    expect={
        "smoke": "seconds, on drawn images: the ratio means nothing",
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
    arms=_figure1_rate_arms,
    metrics=_figure1_metrics,
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
    arms=_figure1_endpoint_arms,
    metrics=_figure1_metrics,
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
    arms=_figure1_float32_arms,
    metrics=_figure1_metrics,
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

FIGURE1_CAUSE = Experiment(
    name="figure1-cause",
    section="§3.1, Figure 1",
    question="Is it the first layer's step on raw pixels that makes tanh slow?",
    arms=_figure1_cause_arms,
    metrics=_figure1_metrics,
    seeds={"smoke": 1, "laptop": 1, "paper": 1},
    expect={
        "smoke": "under a minute",
        "laptop": "about half an hour",
        "paper": "as laptop, in float32",
    },
    plan={
        "laptop": Plan(
            seeds=3,
            epochs=20,
            endpoint="epochs_to_25",
            rule="described",
        )
    },
)

EXPERIMENTS = (
    FIGURE1,
    FIGURE1_RATES,
    FIGURE1_ENDPOINT,
    FIGURE1_CAUSE,
    FIGURE1_FLOAT32,
)
