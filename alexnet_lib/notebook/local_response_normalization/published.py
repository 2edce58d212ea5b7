"""Runs of §3.3: the nets on CIFAR-10, AlexNet on Imagenette, the authors' notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from matplotlib.ticker import MaxNLocator

from alexnet_lib.config import RunConfig
from alexnet_lib.figures.picture import BLUE, GREEN, ORANGE, PINK, Picture, canvas
from alexnet_lib.ledger.lab_notes import LOG
from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.layers import Linear, Local, ResponseNorm
from alexnet_lib.notebook.comparisons import Contrast
from alexnet_lib.tables import Table, table

Style = tuple[str, str, str]
NETS: dict[str, Style] = {
    "13pct": ("no norm", BLUE, "-"),
    "13pct-lrn": ("norm", ORANGE, "--"),
    "13pct-wide": ("wide local3", GREEN, "-."),
    "11pct": ("norm, wide local3, fc10's decay", PINK, ":"),
}
TEN_VIEWS = "test_error_ten_views"


CIFAR_CONTRASTS = (
    Contrast("as published: all three changes", "11pct", "13pct"),
    Contrast("normalisation alone", "13pct-lrn", "13pct"),
    Contrast("wider local3 alone", "13pct-wide", "13pct"),
    Contrast("width and decay, on top of the norm", "11pct", "13pct-lrn"),
    Contrast("norm and decay, on top of the width", "11pct", "13pct-wide"),
)
ABLATION_ERROR = "top1_ten_views"
ABLATION_CONTRASTS = (
    Contrast("the text's network instead of the code's", "paper", "source"),
    Contrast("the text's, conv3-5 drawn as in the code", "paper-code-init", "paper"),
    Contrast("what then is left of the difference", "paper-code-init", "source"),
    Contrast("no normalisation at all (#148)", "no-norm", "source"),
    Contrast("none in layer 2 (#167)", "no-norm-2", "source"),
    Contrast("alpha as printed", "alpha-as-printed", "source"),
    Contrast("layer 1 normalised after its ReLU", "norm-after-relu", "source"),
    Contrast("layer 2 before its ReLU too (#166)", "norm-2-before-relu", "source"),
    Contrast("batch normalisation instead", "batch-norm", "source"),
)


NOTED = "#145", "#148", "#167", "#166", "#131", "#135"
"""Nets of the authors' whose notes bear on §3.3, in `lab_notes.LOG`."""


class HasEpochs(Protocol):
    """A record, or a run that is still going on."""

    @property
    def epochs(self) -> list[dict[str, float]]:
        """The untrained net first."""


def race(runs: Mapping[str, Sequence[HasEpochs]], title: str = "") -> Picture:
    """Test error of the centre view after each epoch, a line per run on CIFAR-10.

    Long runs are drawn from epoch 1 on, where the nets begin to part.
    """
    figure, (ax,) = canvas(1, 1, 8.4, 4)
    for arm, (name, colour, dashes) in NETS.items():
        for i, run in enumerate(runs.get(arm, ())):
            epochs = run.epochs[1:] if len(run.epochs) > 4 else run.epochs
            points = [(e["epoch"], 100 * e["val_error"]) for e in epochs]
            label = f"{arm}: {name}" if i == 0 else None
            x, y = zip(*points, strict=True)
            ax.plot(x, y, dashes, color=colour, linewidth=1.2, label=label)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="epochs", ylabel="test error, centre view, %", title=title)
    if ax.lines:
        ax.legend(frameon=False, loc="upper right")
    return Picture(
        figure,
        "Test error against epochs for the CIFAR-10 nets with and without "
        "normalisation, narrow and wide",
    )


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
