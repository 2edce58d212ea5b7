"""The long baseline: #145 on all of Imagenette, and what is taken from it or added.

`photographs.py` has the first 711 updates of such nets. Here a net has thirty epochs
and two drops of the rate, in which it nearly converges and overfits, as the paper's do.
"""

from __future__ import annotations

import dataclasses

from alexnet_lib.config import RunConfig
from alexnet_lib.experiments import photographs
from alexnet_lib.experiments.experiment import Arms, Experiment
from alexnet_lib.experiments.kept import (
    FirstLayer,
    PixelRetrieval,
    Probabilities,
    Retrieval,
    RightAnswers,
    Views,
)
from alexnet_lib.experiments.measures import GreyErrors, Measures, ResponseColour
from alexnet_lib.experiments.metrics import GreyCost, HalfColour, Last, Metric
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.nets import ablations
from alexnet_lib.nets.layers import Conv
from alexnet_lib.nets.network import NetworkConfig, changed, with_input_side
from alexnet_lib.schedule import FixedDrops
from alexnet_lib.settings import Scale

EPOCHS, DROPS = 30, (20, 26)
TRAIN_IMAGES: dict[Scale, int] = {"smoke": 100, "laptop": 2000, "paper": 50_000}
KERNELS_AFTER = (0, 1, 2, 3, 5, 7, 10, 13, 16, 20, 23, 26)
"""Epochs whose kernels are kept of one run, for a slider through training."""
RESPONSE_IMAGES = 1000


def _base(scale: Scale) -> RunConfig:
    """#145 on photographs: at `laptop` all of Imagenette, for thirty epochs."""
    base = photographs.base(scale)
    if scale != "laptop":
        return base
    return base.with_data(name="imagenette128").with_training(
        epochs=EPOCHS, schedule=FixedDrops(DROPS)
    )


def _networks(source: NetworkConfig) -> dict[str, NetworkConfig]:
    """The network of each arm, made of #145.

    `dense-conv2` is the control of §6.1: the same 96 kernels, normalised in the same
    halves, but read by conv2 together, so that nothing tells the halves apart.
    """
    return {
        "baseline": source,
        "half": ablations.with_half_the_maps(source),
        "no-communication": ablations.with_communication(
            ablations.with_wide_columns(source), "none"
        ),
        "no-norm": ablations.without_response_norm(source),
        "without-overlap": ablations.without_overlap(source),
        "dense-conv2": changed(source, Conv, numbers=(2,), groups=1),
        "without-conv3": ablations.without_layer(source, 3),
        "without-conv4": ablations.without_layer(source, 4),
        "without-fc7": ablations.without_layer(source, 7),
    }


def _arms(scale: Scale) -> Arms:
    base = _base(scale)
    side = base.network.input_shape[1]
    crops = base.data.augmentation
    assert crops is not None
    centre = dataclasses.replace(
        crops, offsets=1, centred=True, mirror=False, colour=0.0
    )
    return {
        arm: base.with_network(with_input_side(network, side))
        for arm, network in _networks(base.network).items()
    } | {"centre-only": base.with_data(augmentation=centre)}


def _measures(scale: Scale) -> Measures:
    return (
        *photographs.measures_with(TRAIN_IMAGES[scale]),
        ResponseColour(RESPONSE_IMAGES),
        GreyErrors(),
    )


_METRICS: dict[str, Metric] = photographs.METRICS | {
    "response_first_half": HalfColour(0, "response_colour"),
    "response_second_half": HalfColour(1, "response_colour"),
    "test_top1_grey": Last("test_top1_grey"),
    "grey_costs_greyer_half": GreyCost(),
    "grey_costs_other_half": GreyCost(other=True),
}


PHOTOGRAPHS = Experiment(
    name="photographs",
    section="§3 to §7",
    question="What is each part of AlexNet worth to a net that is trained to the end?",
    arms=_arms,
    measures=_measures,
    metrics=_METRICS,
    seeds={"smoke": 1, "laptop": 8, "paper": 1},
    expect={
        "smoke": "a minute, on synthetic images: the errors mean nothing",
        "laptop": "about four hours per seed and thread; top-1 errors near 25 %",
        "paper": "ImageNet, 90 epochs of each net: days on a GPU",
    },
    keeps=(RightAnswers(), Probabilities(), Views(), FirstLayer()),
    keeps_of={
        "baseline": (
            FirstLayer(epochs=KERNELS_AFTER, seeds=(1,)),
            Retrieval(epochs=(0,)),
            PixelRetrieval(seeds=(1,)),
        )
    },
    plan={
        "laptop": Plan(
            seeds=8,
            seeds_of={
                "centre-only": 5,
                "without-conv3": 4,
                "without-conv4": 4,
                "without-fc7": 4,
            },
            epochs=EPOCHS,
            endpoint="test_top1_ten",
            rule="§3, §7: the direction of top-1 over ten views, training error beside "
            "it; §4.1: the gap without crops larger by 5 points or more, its interval "
            "above 0, and the test error higher; §6.1: in 7 of 8 runs the halves' "
            "mean colour, of responses to test images, further apart than in any of "
            "dense-conv2",
            error_term="pooled",
        )
    },
)
EXPERIMENTS = (PHOTOGRAPHS,)
