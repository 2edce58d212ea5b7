"""Dropout (§4.2) on nets so small that every mask can be tried."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

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

UNITS, CLASSES = 6, 4
KEEP = 0.5


def all_masks(units: int) -> Tensor:
    """Every choice of units to keep, a row each: (2^units, units) of 0 and 1."""
    return torch.tensor(list(product([0.0, 1.0], repeat=units)), dtype=torch.float64)


def geometric_mean(probabilities: Tensor) -> Tensor:
    """The geometric mean over the nets, made to add up to 1: (M, ..., C) to (..., C).

    The softmax of the mean logarithm.
    """
    return probabilities.log().mean(0).softmax(-1)


@dataclass(frozen=True)
class Means:
    """The answers of a net with dropout, probabilities (B, classes) each.

    `halved`: one net, all units at half their size, as when it is tested.
    `arithmetic`, `geometric`: means over the nets that the masks leave.
    """

    nets: int
    halved: Tensor
    arithmetic: Tensor
    geometric: Tensor


@dataclass(frozen=True)
class HiddenLayers:
    """Fully connected ReLU layers of `UNITS` units and a softmax, as fc6 to fc8.

    `weights` is a matrix (outputs, inputs) per layer, float64, biases are 0; every
    hidden unit may be dropped.
    """

    weights: tuple[Tensor, ...]

    @classmethod
    def drawn(cls, hidden: int, scale: float, seed: int = 1) -> HiddenLayers:
        """Gaussian weights: `scale` times the deviation that keeps ReLUs' size."""
        generator = torch.Generator().manual_seed(seed)
        sizes = [UNITS] * hidden + [CLASSES]
        deviation = scale * (2 / UNITS) ** 0.5
        return cls(
            tuple(
                deviation
                * torch.randn(n, UNITS, generator=generator, dtype=torch.float64)
                for n in sizes
            )
        )

    def probabilities(self, inputs: Tensor, masks: Tensor) -> Tensor:
        """Answers to (B, UNITS) under masks (M, hidden layers, UNITS): (M, B, C)."""
        x = inputs.expand(len(masks), -1, -1)
        for layer, weight in enumerate(self.weights[:-1]):
            x = (x @ weight.T).relu() * masks[:, None, layer]
        return (x @ self.weights[-1].T).softmax(-1)

    def means(self, inputs: Tensor) -> Means:
        """Answers to (B, UNITS) by the halved net and by the means of all masks."""
        hidden = len(self.weights) - 1
        masks = all_masks(hidden * UNITS).unflatten(1, (hidden, UNITS))
        every = self.probabilities(inputs, masks)
        (halved,) = self.probabilities(inputs, torch.full_like(masks[:1], KEEP))
        return Means(len(masks), halved, every.mean(0), geometric_mean(every))


def some_inputs(count: int, seed: int = 2) -> Tensor:
    """Gaussian inputs, (count, UNITS) float64."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, UNITS, generator=generator, dtype=torch.float64)


def apart(one: Tensor, other: Tensor) -> float:
    """Probability that one answer gives away to other classes than the other does.

    Half the sum of absolute differences, the mean over (B, classes): from 0 to 1.
    """
    return 0.5 * (one - other).abs().sum(-1).mean().item()


@own_settings
def mean_net(hidden: int = 1, scale: float = 1.0) -> Picture:
    """One input's answer by the halved net and by both means over all masks."""
    net = HiddenLayers.drawn(hidden, scale)
    found = net.means(some_inputs(1))
    bars = {
        "one net, halved": (found.halved[0], BLUE),
        "geometric mean": (found.geometric[0], GREEN),
        "arithmetic mean": (found.arithmetic[0], ORANGE),
    }
    figure, (ax,) = canvas(1, 1, 6.4, 3.4)
    told = []
    for place, (name, (answer, colour)) in enumerate(bars.items()):
        at = [number + 0.27 * (place - 1) for number in range(CLASSES)]
        ax.bar(at, answer.tolist(), 0.25, color=colour, label=name)
        told.append(f"{name} {', '.join(f'{p:.3f}' for p in answer.tolist())}")
    ax.set_xticks(range(CLASSES), [f"class {i + 1}" for i in range(CLASSES)])
    ax.set(ylabel="probability", ylim=(0, 1))
    ax.axhline(1 / CLASSES, color=GREY, linewidth=0.6, linestyle=":")
    words = f"{found.nets:,} nets, {hidden} hidden layer{'s' * (hidden > 1)}"
    ax.set_title(words, fontsize=10)
    legend_below(figure, [ax])
    return Picture(figure, f"{words}: {'; '.join(told)}")
