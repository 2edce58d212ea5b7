"""The ratio of Figure 1 by where its line is drawn: six is a point on a curve."""

from __future__ import annotations

from collections.abc import Iterator

from alexnet_lib.epochs import epochs_to
from alexnet_lib.figures.curves import TRAIN, TRAIN_RUNNING, Look, say_if_empty
from alexnet_lib.figures.figure1 import by_net
from alexnet_lib.figures.picture import (
    BLUE,
    GREY,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.ledger.estimate import Estimate, ratio
from alexnet_lib.runs.records import Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table

TARGETS = (0.50, 0.45, 0.40, 0.35, 0.30, 0.25)
COUNTED = {
    TRAIN_RUNNING: Look("error summed over the epoch", BLUE),
    TRAIN: Look("error evaluated after it", ORANGE, "--"),
}
PAPER = 6


def ratios(runs: Runs, key: str) -> Iterator[tuple[float, Estimate]]:
    """Yield each target and how many times ReLU's epochs tanh needs to get there.

    On raw pixels, in the regime of 2012. A target that some net never reaches is left
    out.
    """
    nets = by_net(runs.values())
    for target in TARGETS:
        tanh, relu = (
            [epochs_to(run.epochs, key, target) for run in nets.get(("raw", unit), [])]
            for unit in ("tanh", "relu")
        )
        there = [[e for e in net if e is not None] for net in (tanh, relu)]
        if all(there) and len(there[0] + there[1]) == len(tanh + relu):
            yield target, ratio(*there)


def ratio_table(runs: Runs) -> Table:
    """A row per training error, the ratio as both ways of counting give it."""
    found = [dict(ratios(runs, key)) for key in COUNTED]
    rows = (
        [
            f"{100 * target:.0f} %",
            *(r[target].text() if target in r else "-" for r in found),
        ]
        for target in TARGETS
    )
    return table(["training error", *(look.label for look in COUNTED.values())], rows)


@own_settings
def ratio_by_threshold(runs: Runs) -> Picture:
    """The ratio against the training error that is asked for, with its intervals."""
    figure, (ax,) = canvas(1, 1, 7, 3.6)
    told = []
    for shift, (key, look) in zip((-0.2, 0.2), COUNTED.items(), strict=True):
        found = list(ratios(runs, key))
        words = [f"{100 * target:.0f} % {of.value:.1f}" for target, of in found]
        told.append(f"{look.label}: {', '.join(words) or NOT_RUN_YET}")
        if not found:
            continue
        x = [100 * target + shift for target, _ in found]
        ax.plot(x, [of.value for _, of in found], marker="o", **look.style())
        for at, (_, of) in zip(x, found, strict=True):
            if of.low is not None and of.high is not None:
                ax.plot([at, at], [of.low, of.high], color=look.colour)
    say_if_empty(ax)
    ax.axhline(PAPER, color=GREY, linewidth=0.8)
    ax.set(xlabel="training error, %", ylabel="tanh's epochs / ReLU's")
    ax.invert_xaxis()
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, loc="upper left")
    return Picture(
        figure,
        "Epochs of tanh over those of ReLU, 2012, by the training error to be reached, "
        f"a line per way of counting it, and a thin line at {PAPER}. {'. '.join(told)}",
    )
