"""§5: how the network learns: update rule, weight decay, schedule, and the start."""

from __future__ import annotations

import dataclasses

from alexnet_lib.ledger.claim import Claim, Direction, Equivalence
from alexnet_lib.ledger.claims.of_imagenet import NOT_THERE
from alexnet_lib.ledger.measures import Difference

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


_BIAS = Claim(
    name="bias-start",
    section="§5",
    statement="biases of 1 against 0 in the text's net, raw pixels, on Imagenette"
    f"{NOT_THERE}, steps to a training loss of 2.20",
    unit="steps",
    paper="fewer",
    null=0.0,
    kind="elsewhere",
    rule=Direction(-1),
    experiment="start",
    measure=Difference("0.01-1-raw", "0.01-0-raw", "steps_to_2.20"),
)
_OTHER_STARTS = tuple(
    dataclasses.replace(
        _BIAS,
        name=f"{name}-start",
        statement=f"{what} in the text's net on Imagenette, steps to the same loss",
        paper=None,
        kind="extension",
        rule=None,
        measure=Difference(arm, "0.01-1-raw", "steps_to_2.20"),
    )
    for name, arm, what in (
        ("deviation", "0.03-1-raw", "conv3 to conv5 drawn with .03 against .01"),
        ("scale", "0.01-1-unit", "pixels of unit deviation against raw ones"),
    )
)
CLAIMS = (
    _RULE,
    *_decay("0.003"),
    *_decay("0.01"),
    _PLATEAU,
    _BIAS,
    *_OTHER_STARTS,
    Claim(
        name="training-time",
        section="§5",
        statement="90 epochs of ImageNet on two GTX 580 of 3 GB",
        paper="5 to 6 days",
        needs="two GTX 580",
    ),
)
