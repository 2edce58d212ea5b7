"""Figure 1 asked why: interventions on the first layer, and today's regime often.

2012's tanh net saturates its first layer within an epoch. That goes with slowness; each
arm of `figure1-cause` changes one thing of a net of the race to see what comes of it.
"""

from __future__ import annotations

import math

from alexnet_lib.config import LayerRate, RunConfig
from alexnet_lib.experiments.experiment import Arms, Experiment
from alexnet_lib.experiments.figure1 import (
    CHOSEN_RATE,
    RACING,
    UNITS,
    all_measures,
    at_most,
    config_of,
)
from alexnet_lib.experiments.metrics import Stuck
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.nets.layers import Weighted
from alexnet_lib.nets.network import NetworkConfig, changed
from alexnet_lib.settings import Scale

PIXEL_DEVIATION = 63.5
"""Of CIFAR-10's training pixels about the mean image."""
SATURATING = 150.0
"""Glorot's deviation for conv1 times this has 97 % of unit1 flat before training, as
the tanh nets of 2012 have after their first epoch."""
LOST = 1 / 3
"""A net whose second layer has a larger share than this stuck has lost units."""
_EPOCHS = 60
_FANS = ((75, 800), (800, 800), (800, 1600), (1024, 10))
"""Inputs and outputs of each layer of the four-layer net, as its init counts them."""


def drawn_as_glorot(first: float = 1.0) -> NetworkConfig:
    """Today's tanh net with conv1 drawn `first` times as wide, all else by Glorot."""
    net = four_layer("tanh")
    for number, fans in enumerate(_FANS, start=1):
        std = math.sqrt(2 / sum(fans)) * (first if number == 1 else 1.0)
        net = changed(net, Weighted, numbers=(number,), std=std)
    return net


def _cause(scale: Scale) -> Arms:
    """The nets of the race, each with one change.

    - `frozen`: conv1 stays as it is after its first epoch.
    - `slowed`: conv1's rate divided by its input's variance, so that its step is what
      it would be on pixels of unit variance; the other layers at three rates.
    - `saturated`: in today's regime, conv1 drawn so that its units begin saturated.
    - `still`: in today's regime, conv1 stays as it was drawn; for `saturated`, whose
      wide weights hardly move either.
    """

    def race(arm: str, rate: float | None = None, *rates: LayerRate) -> RunConfig:
        config = config_of(arm, rate or CHOSEN_RATE[arm], scale)
        return at_most(config, _EPOCHS).with_training(layer_rates=rates)

    frozen, still = LayerRate("conv1", 0.0, from_epoch=1), LayerRate("conv1", 0.0)
    slowed = LayerRate("conv1", PIXEL_DEVIATION**-2)
    return {
        **{f"2012-{unit}-frozen": race(f"2012-{unit}", None, frozen) for unit in UNITS},
        **{
            f"2012-{unit}-slowed-{rate:g}": race(f"2012-{unit}", rate, slowed)
            for unit in UNITS
            for rate in (0.003, 0.01, 0.03)
        },
        "today-tanh-saturated": race("today-tanh").with_network(
            drawn_as_glorot(SATURATING)
        ),
        "today-tanh-still": race("today-tanh", None, still),
    }


def _today(scale: Scale) -> Arms:
    arms = [f"today-{unit}" for unit in UNITS]
    return {arm: config_of(arm, CHOSEN_RATE[arm], scale) for arm in arms}


FIGURE1_CAUSE = Experiment(
    name="figure1-cause",
    section="§3.1, Figure 1",
    question="Is it the first layer, and its saturation, that makes tanh slow?",
    arms=_cause,
    measures=all_measures,
    metrics=RACING,
    seeds={"smoke": 1, "laptop": 3, "paper": 3},
    expect={
        "smoke": "under a minute",
        "laptop": "about an hour and a half per seed, one thread to a run",
        "paper": "as laptop, in float32",
    },
    plan={
        "laptop": Plan(
            seeds=3,
            epochs=_EPOCHS,
            endpoint="epochs_to_25",
            rule="described: each beside the same net of figure1, seeds 1 to 3; "
            "slowed nets at all three rates",
        )
    },
)
FIGURE1_TODAY = Experiment(
    name="figure1-today",
    section="§3.1, Figure 1",
    question="What is left of the ratio today, and how often does a net lose units?",
    arms=_today,
    measures=all_measures,
    metrics=RACING | {"stuck_2_after_1": Stuck("unit2", after=1)},
    seeds={"smoke": 1, "laptop": 15, "paper": 15},
    expect={
        "smoke": "seconds",
        "laptop": "about six minutes per seed, one thread to a run",
        "paper": "as laptop, in float32",
    },
    plan={
        "laptop": Plan(
            seeds=15,
            epochs=100,
            endpoint="epochs_to_25",
            rule="described: the ratio of all nets, the ratio without those that lost "
            "more than a third of layer 2 in their first epoch, and how many did",
        )
    },
)
EXPERIMENTS = (FIGURE1_CAUSE, FIGURE1_TODAY)
