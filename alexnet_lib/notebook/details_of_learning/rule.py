"""The update rule on one weight: both rules step by step, and momentum's memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from alexnet_lib.config import UpdateRule
from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import (
    BLUE,
    GREY,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.training.optim import PaperSGD

MOMENTUM = 0.9
BEFORE, AFTER = 60, 40
"""Steps that are drawn before and after a drop of the rate."""
RATE = 2.0**-7
"""A power of two: products with it are exact, so rules can agree in every bit."""
_GRADIENTS = 120
_NAMES: dict[UpdateRule, tuple[str, str, str]] = {
    "paper": ("the paper's: rate inside the velocity", BLUE, "-"),
    "torch": ("torch's: rate outside", ORANGE, "--"),
}


def course(
    update_rule: UpdateRule,
    gradient: Callable[[float], float],
    rates: Sequence[float],
    *,
    start: float = 1.0,
    decay: float = 0.0,
) -> Tensor:
    """Follow one weight from `start`, a step for each of `rates`: (steps + 1,) float64.

    `gradient` gives the slope of the loss at a weight. By the library's optimizer or by
    `torch.optim.SGD`, both with the paper's momentum.
    """
    weight = nn.Parameter(torch.tensor([start], dtype=torch.float64))
    optimizer: torch.optim.Optimizer
    if update_rule == "paper":
        optimizer = PaperSGD([weight], rates[0], MOMENTUM, decay)
    else:
        optimizer = torch.optim.SGD(
            [weight], rates[0], MOMENTUM, weight_decay=decay, fused=True
        )
    weights = [start]
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        weight.grad = torch.full_like(weight, gradient(weight.item()))
        optimizer.step()
        weights.append(weight.item())
    return torch.tensor(weights, dtype=torch.float64)


@own_settings
def memory(momentum: float = MOMENTUM) -> Picture:
    """Draw a velocity's memory: its shares of past gradients, and a noisy slope."""
    ages = np.arange(60)
    weights = (1 - momentum) * momentum**ages
    noise = torch.randn(_GRADIENTS, generator=torch.Generator().manual_seed(0))
    gradients = 1 + 2 * noise
    averages, average = [], 0.0
    for gradient in gradients.tolist():
        average = momentum * average + (1 - momentum) * gradient
        averages.append(average)
    figure, axes = canvas(1, 2, 8, 3.2)
    axes[0].bar(-ages, weights, color=BLUE)
    axes[0].set(xlabel="steps ago", title="share of each gradient in the velocity")
    axes[1].plot(gradients, color=GREY, linewidth=0.8, label="gradient of each batch")
    axes[1].plot(averages, color=BLUE, linewidth=2, label="velocity, scaled")
    axes[1].axhline(1, color=ORANGE, linestyle="--", label="slope of the loss")
    axes[1].set(xlabel="step", title="a noisy slope, averaged")
    legend_below(figure, axes)
    tenth = 1 - momentum**10
    left = math.sqrt((1 - momentum) / (1 + momentum))
    return Picture(
        figure,
        f"momentum {momentum:.2f}: the last ten gradients make {tenth:.0%} of the "
        f"velocity; of the noise of one gradient {left:.0%} is left",
    )


@own_settings
def after_a_drop(divide_by: float = 10.0) -> Picture:
    """Draw the steps of both rules down a plane, before and after the rate is divided.

    The slope is 1 everywhere, so that nothing but the rule makes the steps differ.
    """
    rates = [RATE] * BEFORE + [RATE / divide_by] * AFTER
    figure, axes = canvas(1, 2, 8, 3.4)
    steps = range(1 - BEFORE, AFTER + 1)
    courses = {rule: course(rule, lambda _: 1.0, rates) for rule in _NAMES}
    for rule, (label, colour, dashes) in _NAMES.items():
        moved = -courses[rule].diff()
        axes[0].plot(steps, moved, color=colour, linestyle=dashes, label=label)
    apart = (courses["torch"] - courses["paper"])[1:]
    axes[1].plot(steps, apart, color=BLUE)
    axes[0].set(
        title="length of each step", xlabel="step after the drop", ylim=(0, None)
    )
    axes[1].set(title="distance of the two weights", xlabel="step after the drop")
    for ax in axes:
        ax.axvline(0.5, color=GREY, linewidth=0.8)
    legend_below(figure, axes, columns=2)
    tenth, end = apart[BEFORE + 9].item(), apart[-1].item()
    return Picture(
        figure,
        f"the rate divided by {divide_by:.0f}: before, the two weights are "
        f"{apart[:BEFORE].abs().max().item():.2g} apart; {tenth:.3f} after ten steps, "
        f"{end:.3f} in the end",
    )
