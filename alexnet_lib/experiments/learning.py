"""§5: the update rule, weight decay, the schedule, and what lets the net start."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass

from alexnet_lib.config import LayerRate, Pixels, RunConfig
from alexnet_lib.experiments import photographs
from alexnet_lib.experiments.cifar import both_errors, four_layer_net
from alexnet_lib.experiments.experiment import Arms, Experiment
from alexnet_lib.experiments.kept import RightAnswers
from alexnet_lib.experiments.measures import Measures, TestErrors, ValidationErrors
from alexnet_lib.experiments.metrics import Gap, Last, StepsTo
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.layers import Conv, Linear
from alexnet_lib.nets.network import NetworkConfig, changed, with_input_side
from alexnet_lib.schedule import FixedDrops, Plateau
from alexnet_lib.settings import Scale


@dataclass(frozen=True)
class _Size:
    """Epochs of each experiment, where the rate drops, validation images a class."""

    rule: int
    rule_drops: tuple[int, ...]
    decay: int
    plateau: int
    plateau_drops: tuple[int, ...]
    held_out: int
    start: int


_AT: dict[Scale, _Size] = {
    "smoke": _Size(2, (1,), 1, 2, (1,), 20, 1),
    "laptop": _Size(15, (10, 13), 40, 60, (30, 45, 55), 500, 5),
    "paper": _Size(150, (100, 130), 150, 200, (100, 150, 180), 500, 5),
}


def _rule_arms(scale: Scale) -> Arms:
    size = _AT[scale]
    base = four_layer_net(scale, size.rule)
    base = base.with_training(schedule=FixedDrops(size.rule_drops))
    return {"paper": base, "torch": base.with_training(update_rule="torch")}


def _decay_arms(scale: Scale) -> Arms:
    """The paper's .0005 is none of them: its dose grows with rate and steps.

    lr x decay / (1 - momentum) x steps: in #145's first stage, 250,000 steps at .01,
    about 12.5; here 15,640 steps at .003 give 1.4 with .003 and 4.7 with .01.
    """
    base = four_layer_net(scale, _AT[scale].decay)
    return {
        f"decay-{decay:g}": base.with_training(weight_decay=decay)
        for decay in (0.0, 0.003, 0.01)
    }


def _plateau_arms(scale: Scale) -> Arms:
    """Drops where the validation error stopped improving, and at fixed epochs."""
    size = _AT[scale]
    base = four_layer_net(scale, size.plateau).with_data(held_out=size.held_out)
    fixed = FixedDrops(size.plateau_drops)
    return {
        "fixed": base.with_training(schedule=fixed),
        "plateau": base.with_training(schedule=Plateau()),
    }


DEVIATION = 71.82
"""Of Imagenette's centred pixels at 128x128, in grey levels: what `unit` divides by."""


def _started(network: NetworkConfig, std: float, bias: float) -> NetworkConfig:
    """`network` with conv3 to conv5 drawn with `std`, and `bias` where it has 1."""

    def biased(layer: Conv | Linear) -> Conv | Linear:
        return dataclasses.replace(layer, bias=bias) if layer.bias else layer

    return changed(
        changed(network, Conv, numbers=(3, 4, 5), std=std), Conv | Linear, biased
    )


def _start_arms(scale: Scale) -> Arms:
    """The text's net by three choices, two controls, and Caffe's.

    Deviation of conv3 to conv5 (.01 in the text, .03 in the code), biases (1 in the
    text, .1 in Caffe) and the scale of the pixels. `control`: unit pixels, conv1
    drawn larger by their deviation and its weights' rate larger by its square, is the
    raw net in other units: the two must coincide. `caffe`: that preset, at its size.
    """
    base = photographs.base(scale).with_training(
        epochs=_AT[scale].start, schedule=FixedDrops()
    )
    side, classes = base.network.input_shape[1], 10 if scale != "paper" else 1000
    text = with_input_side(alexnet("paper", classes), side)
    pixels: tuple[Pixels, ...] = ("raw", "unit")
    choices = itertools.product((0.01, 0.03), (0.0, 0.1, 1.0), pixels)
    arms = {
        f"{std:g}-{bias:g}-{scaled}": base.with_network(
            _started(text, std, bias)
        ).with_data(pixels=scaled)
        for std, bias, scaled in choices
    }
    caffe = with_input_side(alexnet("caffe", classes), side)
    return arms | {
        "control": _in_units(arms["0.03-1-raw"]),
        "caffe": base.with_network(caffe),
    }


def _in_units(raw: RunConfig) -> RunConfig:
    """The net of `raw` pixels as a function of those divided by `DEVIATION`.

    A rate larger by the deviation's square would let conv1's weights decay so much
    faster too, so their decay is smaller by it.
    """
    square = DEVIATION**2

    def rescaled(layer: Conv) -> Conv:
        std, decay = DEVIATION * layer.std, layer.decay_mult / square
        return dataclasses.replace(layer, std=std, decay_mult=decay)

    unit = raw.with_network(changed(raw.network, Conv, rescaled, numbers=(1,)))
    rate = LayerRate("conv1.weight", square)
    return unit.with_data(pixels="unit").with_training(layer_rates=(rate,))


def _test_and_validation(scale: Scale) -> Measures:
    return (TestErrors(), ValidationErrors())


def _test(scale: Scale) -> Measures:
    return (TestErrors(),)


UPDATE_RULE = Experiment(
    name="cifar-update-rule",
    section="§5",
    question="Does it matter where the learning rate stands in the update rule?",
    arms=_rule_arms,
    measures=both_errors,
    metrics={"test_top1": Last("test_top1"), "train_top1": Last("train_top1")},
    seeds={"smoke": 1, "laptop": 8, "paper": 8},
    expect={
        "smoke": "seconds, on synthetic images: the errors mean nothing",
        "laptop": "about ten minutes per seed, one thread to a run",
        "paper": "150 epochs in float32",
    },
    keeps=(RightAnswers(),),
    plan={
        "laptop": Plan(
            seeds=8,
            epochs=_AT["laptop"].rule,
            endpoint="test_top1",
            rule="equivalent if the interval is within .3 points to either side",
        )
    },
)
WEIGHT_DECAY = Experiment(
    name="cifar-weight-decay",
    section="§5",
    question="Does weight decay lower the training error too?",
    arms=_decay_arms,
    measures=both_errors,
    metrics={
        "train_loss": Last("train_loss"),
        "train_top1": Last("train_top1"),
        "test_top1": Last("test_top1"),
        "gap": Gap("test_top1", minus="train_top1"),
    },
    seeds={"smoke": 1, "laptop": 5, "paper": 5},
    expect={
        "smoke": "seconds, on synthetic images: the errors mean nothing",
        "laptop": "about half an hour per seed, one thread to a run",
        "paper": "150 epochs in float32",
    },
    keeps=(RightAnswers(),),
    plan={
        "laptop": Plan(
            seeds=5,
            epochs=_AT["laptop"].decay,
            endpoint="train_loss",
            rule="lower with decay than without; the error beside it",
        )
    },
)
PLATEAU = Experiment(
    name="cifar-plateau",
    section="§5",
    question="Do drops of the rate where validation stalls do as well as fixed ones?",
    arms=_plateau_arms,
    measures=_test_and_validation,
    metrics={
        "test_top1": Last("test_top1"),
        "validation_top1": Last("validation_top1"),
        "epochs": Last("epoch"),
    },
    seeds={"smoke": 1, "laptop": 5, "paper": 5},
    expect={
        "smoke": "seconds, on synthetic images: the errors mean nothing",
        "laptop": "about half an hour per seed, one thread to a run",
        "paper": "200 epochs in float32",
    },
    keeps=(RightAnswers(),),
    plan={
        "laptop": Plan(
            seeds=5,
            epochs=_AT["laptop"].plateau,
            endpoint="test_top1",
            rule="equivalent if the interval is within a point to either side",
            selection="500 images of each class, cut from the training set",
        )
    },
)
START = Experiment(
    name="start",
    section="§5",
    question="Which init, biases and scale of pixels let the text's network start?",
    arms=_start_arms,
    measures=_test,
    metrics={
        "steps_to_2.20": StepsTo(2.20),
        "train_running_loss": Last("train_running_loss"),
        "test_top1": Last("test_top1"),
    },
    seeds={"smoke": 1, "laptop": 3, "paper": 3},
    expect={
        "smoke": "a minute, on synthetic images: the steps mean nothing",
        "laptop": "about 50 minutes per seed, one thread to a run",
        "paper": "five epochs of ImageNet for each of 14 nets",
    },
    keeps=(RightAnswers(),),
    plan={
        "laptop": Plan(
            seeds=3,
            epochs=_AT["laptop"].start,
            endpoint="steps_to_2.20",
            rule="contrasts of deviation, bias, their product and scale; the control "
            "and 0.03-1-raw coincide",
        )
    },
)
EXPERIMENTS = (UPDATE_RULE, WEIGHT_DECAY, PLATEAU, START)
