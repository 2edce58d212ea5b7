"""Pictures of notebook 08: the leap of 2012, averages of answers, the shortcut."""

from __future__ import annotations

import torch
from matplotlib.axes import Axes
from torch import Tensor

from alexnet_lib.evaluation.neighbours import distances, nearest, nearest_of_batches
from alexnet_lib.experiments.kept import NEIGHBOURS
from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    SKY,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.ledger.results_tables import reported

CLASSES = ("cat", "dog", "fox")
_MILD = (0.0, 1.0, 0.8)
"""Logits of two nets that lean to the second class."""


@own_settings
def leap() -> Picture:
    """Top-5 errors of Tables 1 and 2, as printed: systems without a net, and nets."""
    tables = {"Table 1": "LSVRC-2010", "Table 2": "ILSVRC-2012"}
    figure, axes = canvas(1, len(tables), 8, 2.9, sharex=True)
    told = []
    for ax, (part, challenge) in zip(axes, tables.items(), strict=True):
        rows = [
            (f"{row.net}, {row.data.split()[-1]}", row.views == "no net", row.top5)
            for row in reported()
            if row.part == part and row.whose == "paper" and row.views != "centre"
        ]
        for without, colour, label in ((True, GREY, "no net"), (False, BLUE, "nets")):
            errors = {name: float(top5) for name, is_, top5 in rows if is_ == without}
            bars = ax.barh(
                list(errors), list(errors.values()), color=colour, label=label
            )
            ax.bar_label(bars, fmt="%.1f", padding=3, fontsize="small")
        ax.invert_yaxis()
        ax.set(title=challenge, xlabel="top-5 error, %")
        said = ", ".join(f"{name} {top5}" for name, _, top5 in rows)
        told.append(f"{challenge}: {said}")
    axes[0].margins(x=0.15)
    legend_below(figure, axes[:1])
    return Picture(figure, f"Top-5 errors in percent. {'; '.join(told)}")


def three_nets(certainty: float) -> Tensor:
    """Logits (3 nets, 3 classes): one is certain of the first class, two lean away."""
    return torch.tensor([(certainty, 0.0, 0.0), _MILD, _MILD])


@own_settings
def averages(certainty: float = 4.0) -> Picture:
    """Three nets' probabilities, their mean, and the softmax of their mean logits."""
    logits = three_nets(certainty)
    shown = {
        "one net, certain": logits[0].softmax(0),
        "two nets, in doubt": logits[1].softmax(0),
        "mean of the probabilities": logits.softmax(1).mean(0),
        "softmax of the mean logits": logits.mean(0).softmax(0),
    }
    figure, axes = canvas(1, len(shown), 8, 2.6, sharey=True)
    told = []
    for ax, (name, probabilities) in zip(axes, shown.items(), strict=True):
        first = int(probabilities.argmax())
        colours = [ORANGE if i == first else BLUE for i in range(len(CLASSES))]
        ax.bar(CLASSES, probabilities.tolist(), color=colours)
        ax.set_title(name, fontsize="small")
        numbers = ", ".join(f"{p:.2f}" for p in probabilities.tolist())
        told.append(f"{name} {numbers}, first is {CLASSES[first]}")
    axes[0].set(ylim=(0, 1), ylabel="probability")
    return Picture(
        figure,
        f"Probabilities of {', '.join(CLASSES)}, the largest in orange, with a first "
        f"logit of {certainty:.1f}: {'; '.join(told)}",
    )


@own_settings
def shortcut(batch: int = 30) -> Picture:
    """A search in the plane: the exact six nearest, and the nearest of each batch."""
    points, query, order = _plane()
    apart = distances(query, points)
    exact = nearest(apart, NEIGHBOURS).indices[0]
    short = nearest_of_batches(apart, order, batch, NEIGHBOURS).indices[0]
    figure, axes = canvas(1, 2, 8, 3.8, sharex=True, sharey=True)
    batches = -(-len(points) // batch)
    names = ("exact", f"{batches} batches of {batch}")
    for ax, found, name in zip(axes, (exact, short), names, strict=True):
        _found(ax, points, query, found)
        ax.set_title(name)
    both = len(set(exact.tolist()) & set(short.tolist()))
    legend_below(figure, axes[:1])
    return Picture(
        figure,
        f"Points in a plane and the {NEIGHBOURS} nearest to one of them: exactly, and "
        f"among the nearest of each of {batches} batches of {batch}, which finds "
        f"{len(short)}, {both} of them the right ones",
    )


def _plane() -> tuple[Tensor, Tensor, Tensor]:
    """Points (240, 2), a query (1, 2), and a shuffled order of the points."""
    generator = torch.Generator().manual_seed(8)
    points = torch.randn(240, 2, generator=generator)
    order = torch.randperm(len(points), generator=generator)
    return points, torch.tensor([[0.4, -0.2]]), order


def _found(ax: Axes, points: Tensor, query: Tensor, found: Tensor) -> None:
    ax.plot(*points.T, "o", color=SKY, markersize=4, label="points")
    ax.plot(*points[found].T, "o", color=ORANGE, markersize=7, label="found")
    ax.plot(*query.T, "+", color=BLACK, markersize=12, label="query")
    radius = (points[found] - query).norm(dim=1).max().item()
    angle = torch.linspace(0, 2 * torch.pi, 100)
    circle = query + radius * torch.stack([angle.cos(), angle.sin()], 1)
    ax.plot(*circle.T, color=GREY, linewidth=0.8, label="as far as the last")
    ax.set_aspect("equal")
    ax.set(xlim=(-0.3, 1.1), ylim=(-0.9, 0.5))
