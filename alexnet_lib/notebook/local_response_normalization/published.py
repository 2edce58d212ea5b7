"""Runs of §3.3: the nets on CIFAR-10, AlexNet on Imagenette, the authors' notes."""

from __future__ import annotations

from collections.abc import Mapping

from alexnet_lib.config import RunConfig
from alexnet_lib.figures.curves import (
    TEST,
    Array,
    HasEpochs,
    Look,
    RunsSoFar,
    by_epoch,
    lines,
    whole_epochs,
)
from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import (
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.ledger.lab_notes import LOG
from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.layers import Linear, Local, ResponseNorm
from alexnet_lib.notebook import comparisons
from alexnet_lib.notebook.first_updates import NETWORKS
from alexnet_lib.runs.records import Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table

NETS = {
    "13pct": Look("13pct: no norm", BLUE),
    "13pct-lrn": Look("13pct-lrn: norm", ORANGE, "--"),
    "13pct-wide": Look("13pct-wide: wide local3", GREEN, "-."),
    "11pct": Look("11pct: norm, wide local3, fc10's decay", PINK, ":"),
}

TEN_VIEWS = "test_top1_ten"
CIFAR = comparisons.in_points(
    {
        "as published: all three changes": ("11pct", "13pct"),
        "normalisation alone": ("13pct-lrn", "13pct"),
        "wider local3 alone": ("13pct-wide", "13pct"),
        "width and decay, on top of the norm": ("11pct", "13pct-lrn"),
        "norm and decay, on top of the width": ("11pct", "13pct-wide"),
    },
    TEN_VIEWS,
)
DISCUSSED = comparisons.in_points(
    {
        "alpha as printed against alpha / n": ("alpha-as-printed", "source"),
        "batch normalisation instead of LRN": ("batch-norm", "source"),
    },
    TEN_VIEWS,
)
CHANGES = (
    comparisons.in_points(
        {
            "normalisation against none (#148)": ("source", "no-norm"),
            "layer 2 normalised against not (#167)": ("source", "no-norm-2"),
            "layer 1 normalised after its ReLU against before": (
                "norm-after-relu",
                "source",
            ),
            "layer 2 normalised after its ReLU against before (#166)": (
                "source",
                "norm-2-before-relu",
            ),
        },
        TEN_VIEWS,
    )
    | DISCUSSED
)
"""One change of #145 each, with the signs of the ledger: below 0 the first is better.

As the paper has it, the net with a thing minus the net without.
"""


def difference_table(runs: Runs) -> Table:
    """Differences of `NETWORKS` and `CHANGES`, and what is told apart of so many.

    The last column is corrected, by Holm, for all rows together.
    """
    listed = NETWORKS | CHANGES
    said = comparisons.verdict_lines(runs, listed).splitlines()
    rows = []
    for (what, of), line in zip(listed.items(), said, strict=True):
        found = comparisons.found_in(runs, of)
        shown = found.text(2) if found else NOT_RUN_YET
        corrected = line.removeprefix(f"{what}: ")
        rows.append([what, f"{of.arm} minus {of.less}", shown, corrected])
    head = ["what is compared", "nets", "points, 95 % interval"]
    return table([*head, f"corrected for {len(rows)} comparisons"], rows)


NOTED = "#145", "#148", "#167", "#166", "#131", "#135"
"""Nets of the authors' whose notes bear on §3.3, in `lab_notes.LOG`."""


@own_settings
def race(runs: RunsSoFar, title: str = "") -> Picture:
    """Test error of the centre view after each epoch, a line per run on CIFAR-10.

    Long runs are drawn from epoch 1 on, where the nets begin to part.
    """
    figure, (ax,) = canvas(1, 1, 8, 4.6)
    said = [lines(ax, runs.get(arm, ()), NETS[arm], _course) for arm in NETS]
    whole_epochs(ax)
    ax.set_xlim(left=0)
    ax.set(xlabel="epochs", ylabel="test error, centre view, %", title=title)
    legend_below(figure, [ax], columns=2)
    return Picture(
        figure,
        f"Test error in percent by epoch of the CIFAR-10 nets. {'; '.join(said)}",
    )


def _course(run: HasEpochs) -> Array:
    points = by_epoch(TEST)(run)
    return points[:, 1:] if points.shape[1] > 4 else points


def notes() -> Table:
    """The authors' notes of `NOTED` as a table: ILSVRC-2012 validation errors."""
    rows = [
        [name, net.what, f"{net.top1:.3f}", f"{net.top5:.3f}", f"`{net.source}`"]
        for name, net in ((name, LOG[name]) for name in NOTED)
    ]
    return table(["config", "", "top-1 error, %", "top-5 error, %", "noted in"], rows)


def nets(arms: Mapping[str, RunConfig]) -> Table:
    """The nets on CIFAR-10 as a table: their norms, and what else differs."""
    head = ["arm", "norms", "n", "each square counts", "beta", "k"]
    head += ["maps of local3", "decay of fc10", "parameters"]
    return table(head, ([arm, *_net(config)] for arm, config in arms.items()))


def _net(config: RunConfig) -> list[str]:
    layers = config.network.layers
    norms = {x for x in layers if isinstance(x, ResponseNorm)}
    constants = ["none"] * 4
    if norms:
        (norm,) = norms  # all alike
        counts = f"{norm.alpha:g}" + (f" / {norm.n}" if norm.divide_alpha_by_n else "")
        constants = [str(norm.n), counts, f"{norm.beta:g}", f"{norm.k:g}"]
    local3 = next(x for x in layers if isinstance(x, Local))
    fc10 = next(x for x in layers if isinstance(x, Linear))
    return [
        str(sum(isinstance(x, ResponseNorm) for x in layers)),
        *constants,
        str(local3.maps),
        f"{fc10.decay_mult * config.training.weight_decay:g}",
        f"{total(count(config.network)).parameters:,}",
    ]
