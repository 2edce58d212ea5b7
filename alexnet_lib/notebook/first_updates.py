"""Three networks of `first-711-updates`: the text's, its one change, the code's #145.

Notebook 03 compares their test errors, notebook 07 their first losses.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alexnet_lib.figures.curves import (
    TEST,
    Look,
    Points,
    RunsSoFar,
    by_epoch,
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
from alexnet_lib.notebook.comparisons import in_points

NETWORKS = in_points(
    {
        "the text's network against the code's": ("paper", "source"),
        "the text's with .03 in conv3 to conv5 against without": (
            "paper-code-init",
            "paper",
        ),
        "the text's with .03 against the code's": ("paper-code-init", "source"),
    },
    "test_top1_ten",
)
"""The text's network, #145's, and the one change that is between most of them."""
_LOOKS = {
    "paper": Look("as the text has it", ORANGE, "--"),
    "paper-code-init": Look("the same, conv3 to conv5 with .03", BLUE),
    "source": Look("as the authors' code has it", GREEN, "-."),
}
CHANCE = math.log(10)


@own_settings
def errors(runs: RunsSoFar, *arms: str) -> Picture:
    """Test error of the centre view after each epoch, of these arms."""
    figure, ax, said = _drawn(runs, arms, by_epoch(TEST))
    ax.set_ylabel("test error, centre view, %")
    legend_below(figure, [ax], columns=2)
    return Picture(
        figure, f"Test error in percent by epoch of AlexNet on photographs. {said}"
    )


@own_settings
def losses(runs: RunsSoFar) -> Picture:
    """Training loss of each epoch of the three networks, against chance."""
    end = "{y} nats in epoch {x}"
    figure, ax, said = _drawn(
        runs, _LOOKS, lambda run: columns(run, "epoch", "train_running_loss"), end
    )
    ax.axhline(CHANCE, color=GREY, linewidth=0.8, label="ten classes, by chance")
    ax.set_ylabel("training loss, nats")
    legend_below(figure, [ax], columns=2)
    return Picture(figure, f"Training loss by epoch, chance is {CHANCE:.2f}. {said}")


def _drawn(
    runs: RunsSoFar, arms: Iterable[str], points: Points, *end: str
) -> tuple[Figure, Axes, str]:
    """The arms' lines over the epochs, and in words where they end."""
    figure, (ax,) = canvas(1, 1, 8, 3.8)
    said = [lines(ax, runs.get(arm, ()), _LOOKS[arm], points, *end) for arm in arms]
    whole_epochs(ax)
    ax.set_xlabel("epochs")
    ax.set_title("AlexNet on ten classes of photographs, the first 711 updates")
    return figure, ax, "; ".join(said)
