"""Pictures of learning: a line, units, depth, pooling, softmax, overfitting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.polynomial import Polynomial

from alexnet_lib.figures.curves import whole_epochs
from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.nets.network import ActivationName
from alexnet_lib.notebook.building_blocks.measures import (
    KINDS,
    gradients_by_depth,
    noisy_points,
    pooled,
)
from alexnet_lib.notebook.building_blocks.pictures import bare

POINTS_X = torch.tensor([0.0, 1.0, 2.0, 3.0, 4.0])
POINTS_Y = torch.tensor([1.2, 2.8, 5.1, 7.2, 8.7])
"""Five points near the line y = 2x + 1."""

_LOOKS: dict[ActivationName, tuple[str, str, str]] = {
    "logistic": ("logistic", GREEN, "-."),
    "tanh": ("tanh", ORANGE, "--"),
    "relu": ("ReLU", BLUE, "-"),
}


@own_settings
def line(slope: float = 0.0, intercept: float = 0.0) -> Picture:
    """A line through `POINTS_X` and `POINTS_Y`, and how far it misses each."""
    guess = slope * POINTS_X + intercept
    loss = (guess - POINTS_Y).square().mean().item()
    figure, (ax,) = canvas(1, 1, 6, 3.4)
    ax.vlines(POINTS_X, POINTS_Y, guess, color=GREY, linewidth=1, label="misses")
    ax.plot(POINTS_X, guess, color=ORANGE, label="the line")
    ax.plot(POINTS_X, POINTS_Y, "o", color=BLUE, label="data")
    ax.set(xlabel="x", ylabel="y", ylim=(-6, 18))
    words = f"y = {slope:.2f} x + {intercept:.2f}: mean squared miss {loss:.2f}"
    ax.set_title(words, fontsize=10)
    ax.legend(frameon=False, loc="upper left")
    return Picture(figure, words)


@own_settings
def units(leak: float = 0.1, second_slope: float = -0.5) -> Picture:
    """ReLU, leaky ReLU with slope `leak` below 0, and maxout of x and a second line."""
    x = torch.linspace(-3, 3, 121)
    figure, axes = canvas(1, 3, 8, 2.8, sharey=True)
    curves = {
        "ReLU: max(0, x)": x.clamp(min=0),
        f"leaky ReLU: slope {leak:.2f} below 0": x.where(x > 0, leak * x),
        f"maxout: max(x, {second_slope:.2f} x)": torch.maximum(x, second_slope * x),
    }
    for ax, (title, y), colour in zip(
        axes, curves.items(), (BLUE, GREEN, PINK), strict=True
    ):
        ax.axhline(0, color=GREY, linewidth=0.6)
        ax.plot(x, y, color=colour, linewidth=2)
        ax.set_title(title, fontsize=9)
        ax.set(xlabel="x", ylim=(-3.2, 3.2))
    axes[0].set_ylabel("output")
    return Picture(figure, "; ".join(curves))


@own_settings
def depth(layers: int = 10) -> Picture:
    """Size of a gradient on its way back through `layers` layers."""
    figure, (ax,) = canvas(1, 1, 6, 3.4)
    told = []
    for unit, (label, colour, dashes) in _LOOKS.items():
        sizes = [*gradients_by_depth(unit, layers), 1.0]
        ax.semilogy(range(layers + 1), sizes, dashes, color=colour, label=label)
        told.append(f"{label} {sizes[0]:.0e}")
    ax.set(xlabel="layers above the input", ylabel="gradient, 1 at the output")
    ax.set_ylim(1e-16, 10)
    whole_epochs(ax)
    legend_below(figure, [ax])
    return Picture(
        figure,
        f"size of the gradient through {layers} layers, 1 at the output; "
        f"at the input: {', '.join(told)}",
    )


@own_settings
def pooling(kind: str = "max", size: int = 2, bright: float = 9.0) -> Picture:
    """An 8x8 map with one spot of strength `bright`, and what pooling keeps of it."""
    values = torch.tensor([[1.0, 2, 1, 0, 3, 3, 3, 3]]).repeat(8, 1)
    values[1, 1] = bright
    small = pooled(values[None, None], kind, size)[0, 0]
    figure, axes = canvas(1, 2, 8, 3.6)
    top = max(9.0, small.max().item())
    for ax, shown, title in (
        (axes[0], values, "8x8"),
        (axes[1], small, f"{kind} of {size}x{size} windows"),
    ):
        ax.imshow(shown.numpy(), cmap="Blues", vmin=0, vmax=1.4 * top)
        for (row, column), value in np.ndenumerate(shown.numpy()):
            ax.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=9)
        ax.set_title(title, fontsize=10)
        bare(ax)
    return Picture(
        figure,
        f"{kind} pooling of {size}x{size} windows: the one with a spot of {bright:g} "
        f"gives {small[0, 0]:.2f}, one of threes gives {small[-1, -1]:.2f}",
    )


@own_settings
def softmax(disc: float = 1.0, cross: float = 0.0) -> Picture:
    """Scores of four classes, the first two to choose, their softmax and the loss."""
    scores = torch.tensor([disc, cross, 0.0, -1.0])
    chances = scores.softmax(0)
    loss = -chances[0].log().item()
    figure, axes = canvas(1, 2, 8, 3)
    axes[0].bar(KINDS, scores.tolist(), color=GREY)
    axes[0].axhline(0, color=GREY, linewidth=0.6)
    axes[0].set_title("scores", fontsize=10)
    axes[0].set_ylim(-6, 6)
    axes[1].bar(KINDS, chances.tolist(), color=BLUE)
    axes[1].set_title("softmax: they add up to 1", fontsize=10)
    axes[1].set_ylim(0, 1)
    told = ", ".join(f"{k} {c:.2f}" for k, c in zip(KINDS, chances, strict=True))
    figure.suptitle(f"it is a disc: cross-entropy {loss:.2f}", fontsize="medium")
    return Picture(figure, f"softmax gives {told}; cross-entropy {loss:.2f} for a disc")


@own_settings
def polynomial(parameters: int = 2) -> Picture:
    """A curve of so many parameters fitted to ten points, and forty it has not seen."""
    x, y = (t.numpy() for t in noisy_points(10, seed=1))
    new_x, new_y = (t.numpy() for t in noisy_points(40, seed=2))
    fitted = Polynomial.fit(x, y, parameters - 1)
    miss, new_miss = (
        float(np.sqrt(np.mean((fitted(a) - b) ** 2)))
        for a, b in ((x, y), (new_x, new_y))
    )
    figure, (ax,) = canvas(1, 1, 6, 3.6)
    fine = np.linspace(-1, 1, 200)
    ax.plot(fine, fitted(fine), color=ORANGE, label="the curve")
    ax.plot(x, y, "o", color=BLUE, label="fitted")
    ax.plot(new_x, new_y, ".", color=GREY, label="new")
    ax.set(ylim=(-2.5, 2.5), xlabel="x", ylabel="y")
    words = f"{parameters} parameters: miss {miss:.2f} where fitted, {new_miss:.2f} new"
    ax.set_title(words, fontsize=10)
    legend_below(figure, [ax])
    return Picture(figure, words)


@own_settings
def errors(by_set: Mapping[str, Sequence[float]]) -> Picture:
    """Error rates of the training and the test images after each epoch so far."""
    figure, (ax,) = canvas(1, 1, 6, 3.4)
    for (name, rates), colour in zip(by_set.items(), (BLUE, ORANGE), strict=True):
        epochs = range(1, len(rates) + 1)
        ax.plot(epochs, [100 * r for r in rates], "o-", color=colour, label=name)
    ax.axhline(75, color=GREY, linewidth=0.8, linestyle=":", label="guessing")
    ax.set(xlabel="epochs", ylabel="error rate, %", ylim=(0, 100))
    whole_epochs(ax)
    legend_below(figure, [ax])
    return Picture(figure, "error rates in percent by epoch: " + ", ".join(by_set))
