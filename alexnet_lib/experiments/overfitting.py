"""§4.1 on CIFAR-10: what crops, mirrors and colour noise do against overfitting."""

from __future__ import annotations

import dataclasses

from alexnet_lib.config import Augmentation
from alexnet_lib.experiments.cifar import CROPS, both_errors, four_layer_net
from alexnet_lib.experiments.experiment import Arms, Experiment
from alexnet_lib.experiments.kept import RightAnswers
from alexnet_lib.experiments.measures import Measures, ShiftedErrors
from alexnet_lib.experiments.metrics import Gap, Last, Metric
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.nets.network import with_input_side
from alexnet_lib.settings import Scale

CROP_EPOCHS: dict[Scale, int] = {"smoke": 1, "laptop": 40, "paper": 150}
COLOUR_EPOCHS: dict[Scale, int] = {"smoke": 1, "laptop": 25, "paper": 150}

CENTRE = dataclasses.replace(CROPS, offsets=1, centred=True)
"""Always the centre, which is also what the net is tested on: the top left corner,
`offsets=1` alone, is another window, and a net trained on it learns the window."""


def _on_views(scale: Scale, epochs: int, views: dict[str, Augmentation]) -> Arms:
    """The four-layer net on windows of 24 pixels, an arm for each way of views."""
    base = four_layer_net(scale, epochs)
    small = base.with_network(with_input_side(base.network, CROPS.size))
    return {arm: small.with_data(augmentation=how) for arm, how in views.items()}


def _crop_arms(scale: Scale) -> Arms:
    views = {
        f"{place}-{mirrors}": dataclasses.replace(how, mirror=mirrors == "mirrored")
        for place, how in (("centre", CENTRE), ("crops", CROPS))
        for mirrors in ("plain", "mirrored")
    }
    return _on_views(scale, CROP_EPOCHS[scale], views)


def _colour_arms(scale: Scale) -> Arms:
    """No noise, and both readings of §4.1: the code's deviation, the text's eigenvalue.

    An eigenvalue in squared grey levels drowns the picture; of pixels in 0..1 it is
    less than a grey level.
    """
    noisy = dataclasses.replace(CROPS, colour=0.1)
    views = {
        "none": CROPS,
        "deviation": noisy,
        "eigenvalue-unit": dataclasses.replace(noisy, colour_scale="eigenvalue_unit"),
    }
    return _on_views(scale, COLOUR_EPOCHS[scale], views)


SHIFT = 0.2
"""Test images are moved by so many of a colour axis's deviations: twice the noise's."""


def _with_shifts(scale: Scale) -> Measures:
    return (*both_errors(scale), ShiftedErrors(SHIFT))


_METRICS: dict[str, Metric] = {
    "test_top1": Last("test_top1"),
    "train_top1": Last("train_top1"),
    "gap": Gap("test_top1", minus="train_top1"),
    "test_loss": Last("test_loss"),
}

CROPS_AND_MIRRORS = Experiment(
    name="cifar-crops",
    section="§4.1",
    question="Do random crops and mirrors keep a net on CIFAR-10 from overfitting?",
    arms=_crop_arms,
    measures=both_errors,
    metrics=_METRICS,
    seeds={"smoke": 1, "laptop": 5, "paper": 5},
    expect={
        "smoke": "seconds, on synthetic images: the errors mean nothing",
        "laptop": "about 40 minutes per seed, one thread to a run",
        "paper": "150 epochs in float32",
    },
    keeps=(RightAnswers(),),
    plan={
        "laptop": Plan(
            seeds=5,
            epochs=CROP_EPOCHS["laptop"],
            endpoint="gap",
            rule="overfitting: without crops the gap is larger by 5 points or more, "
            "its interval above 0, and the test error is higher",
            error_term="pooled",
        )
    },
)
COLOUR_NOISE = Experiment(
    name="cifar-colour",
    section="§4.1",
    question="Does noise along the principal axes of colour lower the test error?",
    arms=_colour_arms,
    measures=_with_shifts,
    metrics=_METRICS | {name: Last(name) for name in ShiftedErrors.keys},
    seeds={"smoke": 1, "laptop": 8, "paper": 8},
    expect={
        "smoke": "seconds, on synthetic images: the errors mean nothing",
        "laptop": "about 20 minutes per seed, one thread to a run",
        "paper": "150 epochs in float32",
    },
    keeps=(RightAnswers(),),
    plan={
        "laptop": Plan(
            seeds=8,
            epochs=COLOUR_EPOCHS["laptop"],
            endpoint="test_top1",
            rule="direction; no effect of half a point if the interval is within .5; "
            "described: the error on test images moved along each axis of colour",
        )
    },
)
EXPERIMENTS = (CROPS_AND_MIRRORS, COLOUR_NOISE)
