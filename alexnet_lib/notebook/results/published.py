"""Pictures and tables of §6 from what published runs have kept beside their records.

Each says `not run yet` while there are no such runs, and changes by itself when there
are.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from alexnet_lib.evaluation.retrieval import precision_by_class
from alexnet_lib.experiments.kept import NEIGHBOURS, FirstLayer, Views
from alexnet_lib.figures.curves import Look, say_if_empty
from alexnet_lib.figures.kernels import TOWERS, Scale, kernels
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
from alexnet_lib.ledger.ensembles import Figure, of_all_sizes, probabilities_of
from alexnet_lib.ledger.estimate import mean
from alexnet_lib.ledger.retrieval import Precision, Way, kept_of
from alexnet_lib.nets.layers import Conv
from alexnet_lib.runs import artifacts
from alexnet_lib.runs.records import Record, Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table

WAYS = {
    "fc7": Way(),
    "conv5, as fc6 reads it": Way("hits_flatten"),
    "fc7, untrained": Way(epoch=0),
    "pixels": Way("hits_pixels"),
    "pixels, 256 random sums": Way("hits_pixels_random"),
    **{
        f"fc7, {length} {name}": Way(f"hits_fc7_{way}-{length}")
        for length, (way, name) in itertools.product(
            (8, 32, 128), (("pca", "principal axes"), ("random", "random axes"))
        )
    },
    "fc7, nearest of batches of 19": Way("hits_fc7_batches-19"),
    "fc7, nearest of batches of 1,024": Way("hits_fc7_batches-1024"),
}
"""Ways of finding the nearest that the notebook compares, by name."""


@own_settings
def kernels_of(run: Record, epoch: int | None = None, scale: Scale = "all") -> Picture:
    """Figure 3 from a run's kept kernels, at its end or after an epoch."""
    assert run.path is not None
    arrays = artifacts.read(artifacts.path_of(run.path, FirstLayer.name, epoch))
    when = "at the end" if epoch is None else f"after epoch {epoch}"
    title = f"{run.experiment}, {run.arm}, seed {run.seed}, {when}"
    return kernels(arrays["weight"], scale, title, _halves(run))


def _halves(run: Record) -> Sequence[str]:
    """Names of the two halves of conv1: towers' only where conv2 reads them apart."""
    convs = [x for x in run.config.network.layers if isinstance(x, Conv)]
    return TOWERS if convs[1].groups == 2 else ("first half", "second half")


def kernel_runs(runs: Runs) -> dict[str, Record]:
    """The runs whose kernels are kept, by arm and seed in words, #145's first."""
    others_last = sorted(runs, key=lambda arm: arm not in ("baseline", "source"))
    return {
        f"{arm}, seed {run.seed}": run
        for arm in others_last
        for run in runs[arm]
        if kept_of(run, FirstLayer.name) is not None
    }


def epochs_kept(run: Record) -> list[int]:
    """The epochs after which a run's kernels were kept, first to last."""
    every = range(run.epochs[-1]["epoch"] + 1)
    return [e for e in every if kept_of(run, FirstLayer.name, e) is not None]


@own_settings
def ensemble_sizes(runs: Sequence[Record]) -> Picture:
    """Error and loss over ten views by the number of nets averaged, all choices."""
    figure, axes = canvas(1, 2, 8, 3.2)
    figures: dict[Figure, tuple[str, float]] = {
        "top1": ("top-1 error, %", 100.0),
        "loss": ("loss, nats", 1.0),
    }
    kept = probabilities_of(runs)
    told = []
    for ax, (of, (name, factor)) in zip(axes, figures.items(), strict=True):
        ax.set(xlabel="nets averaged", ylabel=name)
        if kept is not None:
            values = factor * of_all_sizes(*kept, of)
            sizes = range(1, len(values) + 1)
            ax.plot(sizes, values, "o-", color=BLUE)
            ax.set_xticks(sizes)
            told.append(f"{name} from {values[0]:.2f} to {values[-1]:.2f}")
        say_if_empty(ax)
    return Picture(
        figure,
        "Top-1 error and loss by the number of nets whose probabilities are averaged: "
        f"{'; '.join(told) or NOT_RUN_YET}",
    )


def retrieval_table(runs: Runs, arm: str = "baseline") -> Table:
    """A row for each way: precision at six over all test images, with its interval."""
    rows = []
    for name, way in WAYS.items():
        found = Precision(arm, way)(runs)
        if found is not None:
            rows.append([name, f"{found.text()} %"])
    return table(["nearest by", "of the class, of six"], rows, empty=NOT_RUN_YET)


@own_settings
def retrieval_by_class(runs: Runs, arm: str, classes: Sequence[str]) -> Picture:
    """Precision at six of fc7, conv5 and pixels, for the test images of each class."""
    shown = {
        "fc7": (WAYS["fc7"], Look("fc7", BLUE, "-")),
        "conv5": (WAYS["conv5, as fc6 reads it"], Look("conv5", GREEN, "--")),
        "pixels": (WAYS["pixels"], Look("pixels", ORANGE, ":")),
    }
    figure, (ax,) = canvas(1, 1, 8, 3.4)
    told = []
    for name, (way, look) in shown.items():
        shares = _by_class(runs.get(arm, ()), way)
        if shares:
            ax.plot(list(shares.values()), marker="o", **look.style())
            least, most = min(shares.values()), max(shares.values())
            told.append(f"{name} {least:.0f} to {most:.0f} %")
    ax.set_xticks(range(len(classes)), classes, rotation=30, ha="right")
    ax.set(ylim=(0, 100), ylabel="of the six nearest, %")
    say_if_empty(ax)
    ax.axhline(100 / len(classes), color=GREY, linewidth=0.8, label="by chance")
    legend_below(figure, [ax])
    return Picture(
        figure,
        "Share of the six nearest training images that are of the test image's class, "
        f"by class: {'; '.join(told) or NOT_RUN_YET}",
    )


def _by_class(runs: Sequence[Record], way: Way) -> dict[int, float]:
    """The mean over runs, in per cent, by class; empty while a run has not kept it."""
    import torch

    each = []
    for run in runs:
        shares, labels = way.of(run, runs), kept_of(run, "retrieval")
        if shares is None or labels is None:
            return {}
        by_class = precision_by_class(
            torch.from_numpy(100 * shares * NEIGHBOURS),
            torch.from_numpy(labels["labels"].astype(int)),
            NEIGHBOURS,
        )
        each.append(by_class)
    return {
        c: float(np.mean([of[c] for of in each])) for c in (each[0] if each else {})
    }


def views_table(runs: Sequence[Record]) -> Table:
    """The error of each of the ten views alone, and how often views disagree."""
    places = ("upper left", "upper right", "lower left", "lower right", "centre")
    names = [*places, *(f"{place}, mirrored" for place in places)]
    kept = [arrays for run in runs if (arrays := kept_of(run, Views.name))]
    rows = []
    if kept:
        wrong = [100 * (a["chosen"] != a["labels"]).mean(1) for a in kept]
        for name, errors in zip(names, np.transpose(wrong), strict=True):
            rows.append([name, f"{mean(errors.tolist()).text()} %"])
        split = [100 * (a["chosen"] != a["chosen"][0]).any(0).mean() for a in kept]
        rows.append(["images whose views disagree", f"{mean(split).text()} %"])
    return table(["view alone", "top-1 error"], rows, empty=NOT_RUN_YET)
