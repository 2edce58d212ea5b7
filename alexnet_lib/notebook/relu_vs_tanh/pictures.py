"""Every picture of notebook 02 but Figure 1: rate grids, reasons, saturation."""

from __future__ import annotations

import torch
from matplotlib.axes import Axes

from alexnet_lib import data
from alexnet_lib.config import Pixels
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.evaluation.probe import probe
from alexnet_lib.experiments.figure1 import UNITS
from alexnet_lib.figures.figure1 import COLOURS, DASHES, NAMES, REGIMES
from alexnet_lib.figures.picture import BLUE, GREEN, GREY, ORANGE, Picture, canvas
from alexnet_lib.ledger.measures import Runs
from alexnet_lib.modules.build import Unit, build
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.nets.network import ActivationName


def rate_grid(runs: Runs) -> Picture:
    """Epochs to 25 % against learning rate; an arrow where a run did not get there."""
    figure, axes = canvas(1, 2, 9.8, 3.6, sharey=True)
    for ax, regime in zip(axes, REGIMES, strict=True):
        tried: set[float] = set()
        for unit in DASHES:
            arms = [
                (all_[0].config.training.learning_rate, all_[0])
                for arm, all_ in runs.items()
                if arm.startswith(f"{regime}-{unit}-")
            ]
            arms.sort(key=lambda pair: pair[0])
            rates = [rate for rate, _ in arms]
            tried |= set(rates)
            epochs = [
                r.result["epochs_to_25"] or r.config.training.epochs for _, r in arms
            ]
            ax.plot(
                rates,
                epochs,
                DASHES[unit],
                marker="o",
                color=COLOURS[unit],
                label=NAMES[unit],
            )
            for rate, record in arms:
                if record.result["epochs_to_25"] is None:
                    _never(ax, rate, record.config.training.epochs, COLOURS[unit])
        ax.set(title=REGIMES[regime], xlabel="learning rate", xscale="log")
        ax.set_xticks(sorted(tried), [f"{r:g}" for r in sorted(tried)], fontsize=8)
        ax.set_xticks([], minor=True)
        ax.set_ylim(bottom=0)
        ax.legend(frameon=False, loc="upper right")
    axes[0].set_ylabel("epochs to 25 % training error")
    return Picture(
        figure,
        "Epochs to 25 % training error against learning rate, one line per unit type, "
        "a panel per regime; arrows mark rates that did not get there",
    )


def _never(ax: Axes, rate: float, cap: int, colour: str) -> None:
    ax.annotate(
        "",
        xy=(rate, cap + 3),
        xytext=(rate, cap),
        arrowprops={"arrowstyle": "->", "color": colour},
    )
    ax.set_ylim(top=cap + 4)


MEASURES = {
    "flat": "share of flat outputs",
    "stuck": "share of units always flat",
    "relative_gradient": "gradient norm / weight norm",
}


def reasons(runs: Runs, measure: str) -> Picture:
    """One of `MEASURES` over epochs, mean over seeds: a panel per layer."""
    first = next(iter(runs.values()))[0].epochs[0]["probe"]
    layers = [name for name, figures in first.items() if measure in figures]
    figure, axes = canvas(1, len(layers), 2.7 * len(layers) + 0.8, 3.2, sharey=True)
    for ax, layer in zip(axes, layers, strict=True):
        for arm, all_ in runs.items():
            regime, unit = arm.split("-")
            shortest = min(len(r.epochs) for r in all_)
            values = [
                sum(r.epochs[e]["probe"][layer][measure] for r in all_) / len(all_)
                for e in range(shortest)
            ]
            ax.plot(
                values,
                DASHES[unit],
                color=COLOURS[unit],
                linewidth=2.0 if regime == "2012" else 0.9,
                label=f"{NAMES[unit]}, {regime}",
            )
        ax.set(title=layer, xlabel="epochs")
    if measure == "relative_gradient":
        axes[0].set_yscale("log")
    axes[0].set_ylabel(MEASURES[measure])
    axes[-1].legend(frameon=False, fontsize=8, loc="upper right")
    return Picture(
        figure, f"{MEASURES[measure]} over epochs, a panel per layer, a line per arm"
    )


def saturation(scale: float = 1.0) -> Picture:
    """Units and derivatives, and what a Gaussian input of that deviation meets."""
    x = torch.linspace(-6, 6, 601)
    figure, axes = canvas(1, 3, 10.5, 3.2)
    density = torch.exp(-0.5 * (x / scale) ** 2)
    shares = []
    for name in ("relu", "tanh", "logistic"):
        unit = Unit(name)
        y = unit(x.clone())
        axes[0].plot(x, y, color=COLOURS[name], label=NAMES[name])
        axes[1].plot(x, unit.derivative(y), color=COLOURS[name])
        shares.append(flat_share(name, scale))
    axes[1].fill_between(x, 0, density, color=GREY, alpha=0.25, linewidth=0)
    bars = [NAMES[n] for n in ("relu", "tanh", "logistic")]
    axes[2].bar(bars, shares, color=[BLUE, ORANGE, GREEN])
    axes[0].set(title="unit", xlabel="input", ylim=(-1.2, 3))
    axes[1].set(title="derivative; grey: the inputs", xlabel="input", ylim=(0, 1.05))
    axes[2].set(title="share with derivative < .05", ylim=(0, 1))
    axes[0].legend(frameon=False, loc="lower right")
    return Picture(
        figure,
        f"inputs of deviation {scale:.2f}: derivative below .05 for "
        + ", ".join(f"{n} {s:.0%}" for n, s in zip(bars, shares, strict=True)),
    )


def untrained(weight_factor: float = 1.0, pixels: Pixels = "raw") -> Picture:
    """What the untrained four-layer nets do with 100 drawn images, layer by layer.

    `weight_factor` multiplies every weight of the 2012 init.
    """
    dataset = data.load("synthetic")
    views = CentreViews(dataset, torch.device("cpu"), pixels=pixels)
    some = dataset.train.first(100)
    figure, axes = canvas(1, 2, 9.8, 3.4)
    for i, unit in enumerate(UNITS):
        net = build(four_layer(unit), seed=1)
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.mul_(weight_factor)
        measured = probe(net, views(some.images[:]), some.labels)
        for ax, measure in zip(axes, ("flat", "gradient"), strict=True):
            layers = [name for name, values in measured.items() if measure in values]
            places = [p + 0.4 * i - 0.2 for p in range(len(layers))]
            heights = [measured[name][measure] for name in layers]
            ax.bar(places, heights, 0.38, color=COLOURS[unit], label=NAMES[unit])
            ax.set_xticks(range(len(layers)), layers)
    axes[0].set(title=MEASURES["flat"], ylim=(0, 1))
    axes[1].set(title="norm of the loss gradient", yscale="log")
    axes[1].legend(frameon=False, loc="upper right")
    return Picture(
        figure,
        f"flat outputs and gradient norms per layer of untrained ReLU and tanh nets, "
        f"weights times {weight_factor:.2f}, {pixels} pixels",
    )


def flat_share(name: ActivationName, scale: float) -> float:
    """Share of inputs N(0, scale^2) at which the unit's derivative is below .05."""
    quantiles = (torch.arange(4000, dtype=torch.float64) + 0.5) / 4000
    inputs = scale * torch.special.ndtri(quantiles)
    unit = Unit(name)
    return (unit.derivative(unit(inputs)) < 0.05).double().mean().item()
