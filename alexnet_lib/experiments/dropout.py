"""§4.2: what dropout does against overfitting, and what it costs in time.

The long baseline against the same net without dropout, each at a learning rate of its
own. Rates are chosen first, on seeds of their own: for the gap by the error on images
cut from the training set, for the time by the epochs that are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from alexnet_lib.config import RunConfig, Stop
from alexnet_lib.experiments.experiment import Arms, Experiment
from alexnet_lib.experiments.kept import RightAnswers
from alexnet_lib.experiments.long_photographs import EPOCHS, PHOTOGRAPHS, TRAIN_IMAGES
from alexnet_lib.experiments.measures import (
    Measures,
    TestErrors,
    TrainErrors,
    ValidationErrors,
)
from alexnet_lib.experiments.metrics import EpochsTo, Last, Metric
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.nets import ablations
from alexnet_lib.schedule import FixedDrops
from alexnet_lib.settings import Scale

TARGET = 0.2
"""The training error, dropout off, at which the clock stops."""
NETS = ("dropout", "none")
RATES = (0.0025, 0.005, 0.01, 0.02, 0.04)
"""Tried from the middle outwards, until the best has a worse one on either side."""
FIT_RATE = 0.01
"""Of the net without dropout, as `dropout-fit-rates` chooses it."""
TIME_RATES = {"dropout": 0.01, "none": 0.01}
"""Constant ones, as `dropout-time-rates` chooses them."""
HELD_OUT: dict[Scale, int] = {"smoke": 10, "laptop": 100, "paper": 50}
"""Images of each class that a rate is chosen by."""
CHOOSING_EPOCHS: dict[Scale, int] = {"smoke": 1, "laptop": 40, "paper": 90}
RACE_EPOCHS: dict[Scale, int] = {"smoke": 1, "laptop": 60, "paper": 90}
"""At most: a net that has not reached the target by then is one that did not."""


def best_rate(found: Mapping[float, float | None]) -> float | None:
    """The rate of the lowest value, if `RATES` has a worse one tried on either side.

    `found` has the endpoint of each rate that was tried, None where a net never got
    there. None while a neighbour of the best is missing, or where none got there.
    """
    values = {rate: math.inf if v is None else v for rate, v in found.items()}
    best = min(values, key=values.__getitem__, default=None)
    if best is None or values[best] == math.inf:
        return None
    at = RATES.index(best)
    neighbours = RATES[at - 1 : at] + RATES[at + 1 : at + 2]
    bounded = len(neighbours) == 2 and set(neighbours) <= values.keys()
    return best if bounded else None


def _net(name: str, scale: Scale) -> RunConfig:
    """The long baseline, or it without dropout: no scale of it is left."""
    base = PHOTOGRAPHS.arms(scale)["baseline"]
    if name == "dropout":
        return base
    return base.with_network(ablations.without_dropout(base.network))


def _fit_rates(scale: Scale) -> Arms:
    return {
        f"{net}-{rate:g}": _net(net, scale)
        .with_data(held_out=HELD_OUT[scale])
        .with_training(learning_rate=rate)
        for net in NETS
        for rate in RATES
    }


def _fit(scale: Scale) -> Arms:
    """The net without dropout; the one with it is the baseline of `photographs`."""
    return {"none": _net("none", scale).with_training(learning_rate=FIT_RATE)}


def _timed(net: str, rate: float, epochs: int, scale: Scale) -> RunConfig:
    return _net(net, scale).with_training(
        learning_rate=rate,
        epochs=epochs,
        schedule=FixedDrops(),
        stop=Stop("train_top1", TARGET),
    )


def _time_rates(scale: Scale) -> Arms:
    return {
        f"{net}-{rate:g}": _timed(net, rate, CHOOSING_EPOCHS[scale], scale)
        for net in NETS
        for rate in RATES
    }


def _time(scale: Scale) -> Arms:
    return {
        net: _timed(net, TIME_RATES[net], RACE_EPOCHS[scale], scale) for net in NETS
    }


def _chosen_by_fit(scale: Scale) -> Measures:
    return (ValidationErrors(), TrainErrors(TRAIN_IMAGES[scale]))


def _chosen_by_time(scale: Scale) -> Measures:
    return (TrainErrors(TRAIN_IMAGES[scale]),)


def _timed_measures(scale: Scale) -> Measures:
    return (TestErrors(), TrainErrors(TRAIN_IMAGES[scale]))


_TIME: dict[str, Metric] = {
    "epochs_to_20": EpochsTo("train_top1", TARGET),
    "train_top1": Last("train_top1"),
}

FIT_RATES = Experiment(
    name="dropout-fit-rates",
    section="§4.2",
    question="At which rate does a net with dropout, or without, err least?",
    arms=_fit_rates,
    measures=_chosen_by_fit,
    metrics={
        "validation_top1": Last("validation_top1"),
        "train_top1": Last("train_top1"),
    },
    seeds={"smoke": 1, "laptop": 1, "paper": 1},
    expect={
        "smoke": "a minute, on synthetic images: the errors mean nothing",
        "laptop": "about 25 minutes per arm and thread; three or four of a net's five "
        "rates are needed",
        "paper": "ImageNet, 90 epochs of ten nets: days on a GPU",
    },
    first_seed=100,
    plan={
        "laptop": Plan(
            seeds=1,
            epochs=EPOCHS,
            endpoint="validation_top1",
            rule="the lowest error on 100 images of each class, cut from the training "
            "set, a worse rate on either side; rates from the middle outwards",
        )
    },
)
FIT = Experiment(
    name="dropout-fit",
    section="§4.2",
    question="Does a net without dropout overfit?",
    arms=_fit,
    measures=PHOTOGRAPHS.measures,
    metrics=PHOTOGRAPHS.metrics,
    seeds={"smoke": 1, "laptop": 5, "paper": 1},
    expect={
        "smoke": "seconds, on synthetic images: the errors mean nothing",
        "laptop": "about 25 minutes per seed and thread, after dropout-fit-rates; the "
        "baseline is that of photographs",
        "paper": "ImageNet, 90 epochs: days on a GPU",
    },
    keeps=(RightAnswers(),),
    plan={
        "laptop": Plan(
            seeds=5,
            epochs=EPOCHS,
            endpoint="gap",
            rule="against the baseline of photographs, seeds 1 to 5: overfitting if "
            "the gap is larger by 5 points or more, its interval above 0, and the test "
            "error higher; said beside it if dropout-fit-rates finds the baseline a "
            "better rate than .01",
            selection_seeds=(100,),
            selection="error on 100 images of each class, cut from the training set "
            "(dropout-fit-rates)",
        )
    },
)
TIME_RATES_TRIED = Experiment(
    name="dropout-time-rates",
    section="§4.2",
    question="At which constant rate does each net first reach 20 % training error?",
    arms=_time_rates,
    measures=_chosen_by_time,
    metrics=_TIME,
    seeds={"smoke": 1, "laptop": 1, "paper": 1},
    expect={
        "smoke": "a minute, on synthetic images: the epochs mean nothing",
        "laptop": "10 to 35 minutes per arm and thread; three or four of a net's five "
        "rates are needed",
        "paper": "ImageNet, 90 epochs of ten nets: days on a GPU",
    },
    first_seed=100,
    plan={
        "laptop": Plan(
            seeds=1,
            epochs=CHOOSING_EPOCHS["laptop"],
            endpoint="epochs_to_20",
            rule="the fewest epochs, dropout off, a worse rate on either side; rates "
            "from the middle outwards",
        )
    },
)
TIME = Experiment(
    name="dropout-time",
    section="§4.2",
    question="Does dropout double the time that a net takes to fit its images?",
    arms=_time,
    measures=_timed_measures,
    metrics=_TIME | {"test_top1": Last("test_top1")},
    seeds={"smoke": 1, "laptop": 5, "paper": 1},
    expect={
        "smoke": "seconds, on synthetic images: the epochs mean nothing",
        "laptop": "about half an hour per seed and thread, after dropout-time-rates",
        "paper": "ImageNet, 90 epochs of two nets: days on a GPU",
    },
    plan={
        "laptop": Plan(
            seeds=5,
            epochs=RACE_EPOCHS["laptop"],
            endpoint="epochs_to_20",
            rule="roughly doubled if the ratio's interval holds 2, excludes 1 and lies "
            "within 1.4 and 2.9",
            selection_seeds=(100,),
            selection="the same epochs, of other seeds (dropout-time-rates)",
        )
    },
)
EXPERIMENTS = (FIT_RATES, FIT, TIME_RATES_TRIED, TIME)
