"""Every picture of notebook 02 but Figure 1: rate grids, reasons, saturation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes

from alexnet_lib import data
from alexnet_lib.config import Pixels
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.evaluation.probe import probe
from alexnet_lib.experiments.figure1 import UNITS
from alexnet_lib.figures.curves import Look, whole_epochs
from alexnet_lib.figures.figure1 import LOOKS, REGIMES, by_net
from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import GREEN, GREY, Picture, canvas, own_settings
from alexnet_lib.modules.build import build
from alexnet_lib.modules.units import Unit
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.nets.network import ActivationName
from alexnet_lib.runs.records import Record, Runs

_UNITS: dict[ActivationName, Look] = LOOKS | {"logistic": Look("logistic", GREEN, "-.")}


@own_settings
def rate_grid(runs: Runs) -> Picture:
    """Epochs to 25 % against learning rate; a triangle where a run did not get there.

    A panel per regime; a point per run, the line through each rate's first seed. A run
    that did not get there stands at the epoch where it was stopped, without a line.
    """
    nets = by_net(runs.values())
    regimes = [pixels for pixels in REGIMES if any(key[0] == pixels for key in nets)]
    figure, axes = canvas(1, len(regimes), 8, 3.7, sharey=True)
    told = []
    for ax, pixels in zip(axes, regimes, strict=True):
        of_regime = {unit: nets.get((pixels, unit), []) for unit in UNITS}
        said = [_epochs_by_rate(ax, r, LOOKS[unit]) for unit, r in of_regime.items()]
        told.append(f"{REGIMES[pixels]}: {'; '.join(said)}")
        tried = sorted({_rate(run) for all_ in of_regime.values() for run in all_})
        ax.set(title=REGIMES[pixels], xlabel="learning rate", xscale="log")
        ax.set_xticks(tried, [f"{r:g}".lstrip("0") for r in tried], fontsize=9)
        ax.set_xticks([], minor=True)
    axes[0].margins(y=0.1)
    axes[0].set_ylim(bottom=0)
    axes[0].set_ylabel("epochs to 25 % training error")
    legend_below(figure, axes)
    return Picture(
        figure, "Epochs to 25 % training error by learning rate. " + ". ".join(told)
    )


def _rate(run: Record) -> float:
    return run.config.training.learning_rate


def _epochs_by_rate(ax: Axes, runs: Sequence[Record], look: Look) -> str:
    """Draw one net's runs; returns in words what is drawn."""
    runs = sorted(runs, key=lambda run: (_rate(run), run.seed))
    reached = [run.result["epochs_to_25"] for run in runs]
    rates = [_rate(run) for run in runs]
    measured = [math.nan if epochs is None else epochs for epochs in reached]
    first = {rate: rates.index(rate) for rate in rates}
    line = list(first), [measured[i] for i in first.values()]
    ax.plot(*line, marker="o", markersize=5, **look.style())
    if others := [i for i in range(len(runs)) if i not in first.values()]:
        points = [rates[i] for i in others], [measured[i] for i in others]
        unnamed = look._replace(label="", dashes="").style()
        ax.plot(*points, marker="o", markersize=5, **unnamed)
    late = [run for run, epochs in zip(runs, reached, strict=True) if epochs is None]
    if late:
        stopped = [run.config.training.epochs for run in late]
        name = f"{look.label}, not there by then"
        hollow = Look(name, look.colour, "").style() | {"markerfacecolor": "none"}
        ax.plot([_rate(run) for run in late], stopped, marker="^", **hollow)
    words = [f"{x:g} {e:.1f}" for x, e in zip(rates, reached, strict=True) if e]
    words += [f"{_rate(run):g} not within {run.config.training.epochs}" for run in late]
    return f"{look.label} at " + ", ".join(words)


MEASURES = {
    "flat": "share of flat outputs",
    "stuck": "share of units always flat",
    "relative_gradient": "gradient norm / weight norm",
}
_REGIMES: dict[Pixels, tuple[str, float]] = {
    "raw": ("2012", 2.0),
    "unit": ("today", 0.9),
}
"""Name and width of line."""


@own_settings
def reasons(runs: Runs, measure: str) -> Picture:
    """One of `MEASURES` over epochs, mean over seeds: a panel per layer."""
    nets = by_net(runs.values())
    layers = _layers_with(next(iter(nets.values())), measure)
    rows = math.ceil(len(layers) / 2) if len(layers) > 3 else 1
    across = math.ceil(len(layers) / rows)
    figure, axes = canvas(rows, across, 8, 0.7 + 2.6 * rows, sharex=True, sharey=True)
    told = []
    for ax, layer in zip(axes, layers, strict=True):
        said = []
        for (pixels, unit), of_net in nets.items():
            look, (regime, width) = LOOKS[unit], _REGIMES[pixels]
            values = _mean_by_epoch(of_net, layer, measure)
            name = f"{look.label} {regime}"
            ax.plot(values, linewidth=width, **look._replace(label=name).style())
            said.append(f"{name} {values[-1]:.2g}")
        told.append(f"{layer}: " + ", ".join(said))
        ax.set_title(layer)
        whole_epochs(ax)
    if measure == "relative_gradient":
        axes[0].set_yscale("log")
    for ax in axes[-across:]:
        ax.set_xlabel("epochs")
    figure.supylabel(MEASURES[measure], fontsize="medium")
    legend_below(figure, axes)
    return Picture(
        figure,
        f"{MEASURES[measure]} by epoch, a panel per layer, the mean over seeds; at the "
        f"end: {'; '.join(told)}",
    )


def _layers_with(runs: Sequence[Record], measure: str) -> list[str]:
    probed: dict[str, dict[str, float]] = runs[0].epochs[0]["probe"]
    return [name for name, figures in probed.items() if measure in figures]


def _mean_by_epoch(runs: Sequence[Record], layer: str, measure: str) -> np.ndarray:
    """The measure of a layer, mean over the runs, as long as all of them went on."""
    shortest = min(len(run.epochs) for run in runs)
    probed = [[e["probe"][layer][measure] for e in r.epochs[:shortest]] for r in runs]
    return np.mean(probed, axis=0)


@own_settings
def saturation(scale: float = 1.0) -> Picture:
    """Units and derivatives, and what a Gaussian input of that deviation meets."""
    x = torch.linspace(-6, 6, 601)
    figure, axes = canvas(1, 3, 8, 3)
    shares = {}
    for name, look in _UNITS.items():
        unit = Unit(name)
        y = unit(x)
        axes[0].plot(x, y, **look.style())
        axes[1].plot(x, unit.derivative(y), **look.style())
        shares[look.label] = flat_share(name, scale)
    density = torch.exp(-0.5 * (x / scale) ** 2)
    axes[1].fill_between(x, 0, density, color=GREY, alpha=0.25, linewidth=0)
    colours = [look.colour for look in _UNITS.values()]
    axes[2].bar(list(shares), list(shares.values()), color=colours)
    axes[0].set(title="unit", xlabel="input", ylim=(-1.2, 3))
    axes[1].set(title="derivative; grey: inputs", xlabel="input", ylim=(0, 1.05))
    axes[2].set(title="share below .05", ylim=(0, 1))
    legend_below(figure, axes)
    return Picture(
        figure,
        f"inputs of deviation {scale:.2f}: derivative below .05 for "
        + ", ".join(f"{name} {share:.0%}" for name, share in shares.items()),
    )


def flat_share(name: ActivationName, scale: float) -> float:
    """Share of inputs N(0, scale^2) at which the unit's derivative is below .05."""
    quantiles = (torch.arange(4000, dtype=torch.float64) + 0.5) / 4000
    inputs = scale * torch.special.ndtri(quantiles)
    unit = Unit(name)
    return (unit.derivative(unit(inputs)) < 0.05).double().mean().item()


@own_settings
def untrained(weight_factor: float = 1.0, pixels: Pixels = "raw") -> Picture:
    """Draw what the untrained four-layer nets do with 100 synthetic images, by layer.

    `weight_factor` multiplies every weight of the 2012 init.
    """
    figure, axes = canvas(1, 2, 8, 3.4)
    measured = {unit: _probed(unit, weight_factor, pixels) for unit in UNITS}
    for ax, measure in zip(axes, ("flat", "gradient"), strict=True):
        for side, (unit, layers) in zip((-0.2, 0.2), measured.items(), strict=True):
            heights = {n: of[measure] for n, of in layers.items() if measure in of}
            at = [i + side for i in range(len(heights))]
            look = LOOKS[unit]
            ax.bar(
                at, list(heights.values()), 0.38, color=look.colour, label=look.label
            )
            ax.set_xticks(range(len(heights)), heights)
    axes[0].set(title=MEASURES["flat"], ylim=(0, 1))
    axes[1].set(title="norm of the loss gradient", yscale="log", ylim=(1e-8, 1e7))
    legend_below(figure, axes)
    return Picture(
        figure,
        f"flat outputs and gradient norms per layer of untrained ReLU and tanh nets, "
        f"weights times {weight_factor:.2f}, {pixels} pixels",
    )


def _probed(
    unit: ActivationName, weight_factor: float, pixels: Pixels
) -> dict[str, dict[str, Any]]:
    """Probe an untrained net, layer by layer."""
    dataset = data.load("synthetic")
    views = CentreViews(dataset, torch.device("cpu"), pixels=pixels)
    some = dataset.train.first(100)
    net = build(four_layer(unit), seed=1)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(weight_factor)
    return probe(net, views(some.images[:]), some.labels)
