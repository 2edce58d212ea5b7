"""§5: how the network learns: update rule, weight decay, schedule, and the start."""

from __future__ import annotations

import dataclasses
import re

from alexnet_lib.ledger.claim import Claim, Direction, Equivalence
from alexnet_lib.ledger.claims.of_imagenet import IMAGENET, NOT_THERE
from alexnet_lib.ledger.lab_notes import LabNote
from alexnet_lib.ledger.measures import Contrast, Difference, Measure

_CIFAR = "four-layer net on CIFAR-10"
_RULE = Claim(
    name="update-rule",
    section="§5",
    statement="the paper's update rule against torch's, which differ when the rate "
    f"drops, {_CIFAR}, test error",
    unit="points",
    kind="extension",
    rule=Equivalence(0.3),
    experiment="cifar-update-rule",
    measure=Difference("paper", "torch", "test_top1", 100, of_images=True),
)
_PLATEAU = dataclasses.replace(
    _RULE,
    name="plateau",
    statement="rate dropped where the validation error stalls against at fixed epochs, "
    f"{_CIFAR}, test error",
    rule=Equivalence(1.0),
    experiment="cifar-plateau",
    measure=Difference("plateau", "fixed", "test_top1", 100, of_images=True),
)
_BIASES = tuple(
    dataclasses.replace(
        _PLATEAU,
        name=f"biases-{arm}",
        statement=f"{what} against the code's, twice the weights' rate and no decay, "
        f"{_CIFAR}, test error",
        experiment="cifar-biases",
        measure=Difference(arm, "code", "test_top1", 100, of_images=True),
    )
    for arm, what in (
        ("one-rate", "biases at the weights' rate"),
        ("decayed", "biases with decay"),
        ("kept", "biases whose rate stays when the weights' is dropped"),
    )
)


def _decay(decay: str) -> tuple[Claim, ...]:
    """The training loss with weight decay less that without, and the errors."""
    loss = Claim(
        name=f"weight-decay-{decay}",
        section="§5",
        statement=f"weight decay of {decay} against none, {_CIFAR}{NOT_THERE}, "
        "training loss",
        unit="hundredths of a nat",
        paper="less",
        null=0.0,
        kind="elsewhere",
        rule=Direction(-1),
        experiment="cifar-weight-decay",
        measure=Difference(f"decay-{decay}", "decay-0", "train_loss", 100),
    )
    error = dataclasses.replace(
        loss,
        name=f"{loss.name}-error",
        statement=f"weight decay of {decay} against none, {_CIFAR}{NOT_THERE}, "
        "training error",
        unit="points",
        measure=Difference(f"decay-{decay}", "decay-0", "train_top1", 100),
    )
    return loss, error


_STEPS = "restricted_steps_to_2.20"
_REACHED = "steps to a training loss of 2.20, or to the run's end"
_BIAS = Claim(
    name="bias-start",
    section="§5",
    statement="biases of 1 against 0 in the text's net, raw pixels, on Imagenette"
    f"{NOT_THERE}, {_REACHED}",
    unit="steps",
    paper="fewer",
    null=0.0,
    kind="elsewhere",
    rule=Direction(-1),
    experiment="start",
    measure=Difference("0.01-1-raw", "0.01-0-raw", _STEPS),
)


def _start(name: str, what: str, measure: Measure) -> Claim:
    """A row about what lets the text's net start, of which the paper says nothing."""
    return dataclasses.replace(
        _BIAS,
        name=f"{name}-start",
        statement=f"{what}, on Imagenette, {_REACHED}",
        paper=None,
        kind="extension",
        rule=None,
        measure=measure,
    )


def _contrast(plus: str, minus: str, factor: float = 1.0) -> Contrast:
    """The contrast of the arms that `plus` and `minus` find among the factorial's."""
    more, less = (
        tuple(arm for arm in _FACTORIAL if re.fullmatch(which, arm))
        for which in (plus, minus)
    )
    return Contrast(more, less, _STEPS, factor)


_FACTORIAL = tuple(
    f"{std}-{bias}-{pixels}"
    for std in ("0.01", "0.03")
    for bias in ("0", "0.1", "1")
    for pixels in ("raw", "unit")
)
_TEXT = "0.01-1-raw"
_STARTS = (
    _start(
        "deviation",
        "conv3 to conv5 initialised with .03 against .01 in the text's net",
        Difference("0.03-1-raw", _TEXT, _STEPS),
    ),
    _start(
        "scale",
        "pixels of unit deviation against raw ones in the text's net",
        Difference("0.01-1-unit", _TEXT, _STEPS),
    ),
    _start(
        "deviation-mean",
        "conv3 to conv5 initialised with .03 against .01, mean over biases and pixels",
        _contrast(r"0\.03-.*", r"0\.01-.*"),
    ),
    _start(
        "bias-mean",
        "biases of 1 against 0, mean over deviations and pixels",
        _contrast(".*-1-.*", ".*-0-.*"),
    ),
    _start(
        "bias-caffe-mean",
        "biases of 1 against Caffe's .1, mean over deviations and pixels",
        _contrast(".*-1-.*", r".*-0\.1-.*"),
    ),
    _start(
        "deviation-bias",
        "deviation x bias: what .03 against .01 does with biases of 1, minus what it "
        "does with 0, mean over pixels",
        _contrast(r"0\.03-1-.*|0\.01-0-.*", r"0\.03-0-.*|0\.01-1-.*", factor=2),
    ),
    _start(
        "scale-mean",
        "pixels of unit deviation against raw ones, mean over deviations and biases",
        _contrast(".*-unit", ".*-raw"),
    ),
    dataclasses.replace(
        _start(
            "control",
            "unit pixels with conv1's init and rate made to fit against raw ones, the "
            "same net in other units",
            Difference("control", "0.03-1-raw", _STEPS),
        ),
        null=None,
        rule=Equivalence(100),
    ),
    _start(
        "caffe",
        "Caffe's network against the text's, raw pixels",
        Difference("caffe", _TEXT, _STEPS),
    ),
)
_NOTES = "layer-params-145.cfg:165-182"
_BY_HAND = tuple(
    Claim(
        name=name,
        section="§5",
        statement=statement,
        unit=unit,
        paper=paper,
        log=LabNote(logged, _NOTES),
        of_imagenet=True,
        needs=IMAGENET,
    )
    for name, statement, unit, paper, logged in (
        ("rate-drops", "divisions of the rate by ten, by hand", "times", "3", 3),
        ("cycles", "cycles through the training set", "", "90", 91),
    )
)
CLAIMS = (
    _RULE,
    *_BIASES,
    *_decay("0.003"),
    *_decay("0.01"),
    _PLATEAU,
    _BIAS,
    *_STARTS,
    *_BY_HAND,
    Claim(
        name="training-time",
        section="§5",
        statement="90 epochs of ImageNet on two GTX 580 of 3 GB",
        paper="5 to 6 days",
        needs="two GTX 580",
    ),
)
