"""§5: what lets the text's network start: init, biases and the scale of pixels."""

from __future__ import annotations

import dataclasses
import itertools

from alexnet_lib.config import LayerRate, Pixels, RunConfig
from alexnet_lib.experiments import photographs
from alexnet_lib.experiments.experiment import Arms, Experiment
from alexnet_lib.experiments.kept import RightAnswers
from alexnet_lib.experiments.measures import Measures, TestErrors
from alexnet_lib.experiments.metrics import Last, StepsTo
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.layers import Conv, Linear
from alexnet_lib.nets.network import NetworkConfig, changed, with_input_side
from alexnet_lib.schedule import FixedDrops
from alexnet_lib.settings import Scale

_EPOCHS: dict[Scale, int] = {"smoke": 1, "laptop": 5, "paper": 5}
DEVIATION = 71.82
"""Of Imagenette's centred pixels at 128x128, in grey levels: what `unit` divides by."""


def started(network: NetworkConfig, std: float, bias: float) -> NetworkConfig:
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
        epochs=_EPOCHS[scale], schedule=FixedDrops()
    )
    side, classes = base.network.input_shape[1], 10 if scale != "paper" else 1000
    text = with_input_side(alexnet("paper", classes), side)
    pixels: tuple[Pixels, ...] = ("raw", "unit")
    choices = itertools.product((0.01, 0.03), (0.0, 0.1, 1.0), pixels)
    arms = {
        f"{std:g}-{bias:g}-{scaled}": base.with_network(
            started(text, std, bias)
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


def _test(scale: Scale) -> Measures:
    return (TestErrors(),)


START = Experiment(
    name="start",
    section="§5",
    question="Which init, biases and scale of pixels let the text's network start?",
    arms=_start_arms,
    measures=_test,
    metrics={
        "steps_to_2.20": StepsTo(2.20),
        "restricted_steps_to_2.20": StepsTo(2.20, restricted=True),
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
            epochs=_EPOCHS["laptop"],
            endpoint="restricted_steps_to_2.20",
            rule="contrasts of deviation, bias, their product and scale, a run that "
            "never gets there counted to its end; the control and 0.03-1-raw within "
            "100 steps. Errors are the pairs' own: arms that never start do not vary, "
            "so there is nothing alike to pool",
        )
    },
)
EXPERIMENTS = (START,)
