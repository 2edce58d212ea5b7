"""Published runs of §5: comparisons of arms, and the losses of the first updates."""

from __future__ import annotations

import math

from alexnet_lib.figures.curves import (
    Array,
    HasEpochs,
    Look,
    RunsSoFar,
    columns,
    lines,
    whole_epochs,
)
from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.ledger.measures import Difference
from alexnet_lib.notebook.comparisons import Comparisons

RULE: Comparisons = {
    "the paper's rule instead of torch's": Difference(
        "paper", "torch", "test_top1", 100
    )
}
BIASES: Comparisons = {
    "biases at the weights' rate": Difference("one-rate", "code", "test_top1", 100),
    "biases with decay": Difference("decayed", "code", "test_top1", 100),
    "the biases' rate never dropped": Difference("kept", "code", "test_top1", 100),
}
NETWORKS: Comparisons = {
    what: Difference(*arms, "test_top1_ten", 100)
    for what, arms in {
        "the text's network against the code's": ("paper", "source"),
        "the text's with .03 in conv3 to conv5 against without": (
            "paper-code-init",
            "paper",
        ),
        "the text's with .03 against the code's": ("paper-code-init", "source"),
    }.items()
}
_LOOKS = {
    "paper": Look("as the text has it", ORANGE, "--"),
    "paper-code-init": Look("the same, conv3 to conv5 with .03", BLUE),
    "source": Look("the authors' code", GREEN, "-."),
}
CHANCE = math.log(10)


@own_settings
def first_losses(runs: RunsSoFar) -> Picture:
    """Training loss of each epoch of three networks on photographs, against chance."""
    figure, (ax,) = canvas(1, 1, 7, 3.6)
    said = [
        lines(ax, runs.get(arm, ()), look, _losses, end="{y} nats in epoch {x}")
        for arm, look in _LOOKS.items()
    ]
    ax.axhline(CHANCE, color=GREY, linewidth=0.8, label="ten classes, by chance")
    whole_epochs(ax)
    ax.set(xlabel="epochs", ylabel="training loss, nats")
    ax.set_title("AlexNet on photographs, the first 711 updates")
    legend_below(figure, [ax], columns=2)
    return Picture(
        figure,
        f"Training loss by epoch, chance is {CHANCE:.2f}. {'; '.join(said)}",
    )


def _losses(run: HasEpochs) -> Array:
    return columns(run, "epoch", "train_running_loss")
