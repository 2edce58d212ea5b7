"""A net trained for some steps in a cell, to see what a learning rate does."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from alexnet_lib.config import TrainingConfig
from alexnet_lib.data import synthetic
from alexnet_lib.epochs import Epochs
from alexnet_lib.figures.picture import (
    BLUE,
    GREY,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.modules.build import build
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.nets.network import with_input_side
from alexnet_lib.training.finite import TrainingError
from alexnet_lib.training.loop import train

STEPS, IMAGES, BATCH, SIDE = 100, 40, 10, 16
CHANCE = math.log(10)
"""The loss of a net that gives each of ten classes a tenth."""
_SHOWN = 3 * CHANCE
_LAST = 10


@cache
def _images() -> tuple[Tensor, Tensor]:
    """(40, 3, 16, 16) synthetic images about their mean, raw, and their labels."""
    images, labels = synthetic.images(IMAGES, SIDE, seed=1)
    order = torch.randperm(IMAGES, generator=torch.Generator().manual_seed(1))
    return images.float()[order] - images.float().mean(0), labels[order]


@dataclass(frozen=True)
class Steps:
    """Batches in turn, one an epoch, so that the loop's figures are those of a step."""

    images: Tensor
    labels: Tensor
    batch: int

    def __len__(self) -> int:
        """Number of batches in an epoch."""
        return 1

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield images (batch, C, H, W) and labels (batch,), unless it was taken."""
        first = epoch * self.batch % len(self.labels)
        batch = slice(first, first + self.batch)
        if not start:
            yield self.images[batch], self.labels[batch]


def losses(rate: float, steps: int = STEPS) -> list[float]:
    """Loss of each batch while Figure 1's ReLU net learns `IMAGES` by heart at `rate`.

    On raw pixels. Ends early, with infinity, where the loss is no finite number.
    """
    net = build(with_input_side(four_layer(), SIDE), seed=1)
    config = TrainingConfig(rate, epochs=steps, batch_size=BATCH)
    found: list[float] = []

    def keep(epochs: Epochs) -> None:
        found[:] = [epoch["train_running_loss"] for epoch in epochs[1:]]

    batches = Steps(*_images(), BATCH)
    try:
        train(net, batches, config, lambda _: {}, on_epoch=keep, show=False)
    except TrainingError:  # what this shows: a rate that diverges
        found.append(math.inf)
    return found


def end(found: list[float]) -> float:
    """The mean loss of the last ten steps; infinite if one was no finite number."""
    last = found[-_LAST:]
    return sum(last) / len(last) if all(map(math.isfinite, last)) else math.inf


def outcome(found: list[float]) -> str:
    """Say what a rate did, by the losses: `diverges`, `crawls` or `learns`.

    To have learned, a net must end a tenth below `CHANCE`. If it has not, and a loss
    was a fifth above, steps went uphill: that is no noise.
    """
    if end(found) < 0.9 * CHANCE:
        return "learns"
    return "crawls" if all(loss < 1.2 * CHANCE for loss in found) else "diverges"


@own_settings
def run(rate: float = 0.001) -> Picture:
    """Train for `STEPS` at `rate` and draw the loss of each batch."""
    found = losses(rate)
    figure, (ax,) = canvas(1, 1, 6.5, 3.2)
    steps = range(1, len(found) + 1)
    shown = [min(loss, _SHOWN) if math.isfinite(loss) else _SHOWN for loss in found]
    ax.plot(steps, shown, color=BLUE)
    ax.axhline(CHANCE, color=GREY, linestyle="--", label="ten classes, by chance")
    words = f"rate {rate:.2g}: {outcome(found)}"
    ax.set(title=words, xlabel="step", ylabel="loss of the batch, nats")
    ax.set(xlim=(0, STEPS), ylim=(0, _SHOWN))
    ax.legend(frameon=False, loc="lower left")
    return Picture(figure, f"{words}, in the first {STEPS} steps on synthetic images")


@own_settings
def finder(runs: Mapping[float, list[float]]) -> Picture:
    """The loss in the end against the rate, from the losses of a run at each rate.

    The best must have worse neighbours on both sides, or a better one may lie outside.
    """
    rates, ends = sorted(runs), {rate: end(found) for rate, found in runs.items()}
    shown = [min(ends[rate], _SHOWN) for rate in rates]
    figure, (ax,) = canvas(1, 1, 6.5, 3.2)
    ax.plot(rates, shown, "o-", color=BLUE)
    best = min(rates, key=ends.__getitem__)
    ax.plot([best], [ends[best]], "o", color=ORANGE, markersize=10, fillstyle="none")
    beyond = [rate for rate in rates if ends[rate] > _SHOWN]
    ax.plot(beyond, [_SHOWN] * len(beyond), "^", color=BLUE, markersize=10)
    ax.axhline(CHANCE, color=GREY, linestyle="--")
    ax.set(
        xscale="log", xlabel="learning rate", ylabel=f"loss of the last {_LAST} steps"
    )
    inside = rates[0] < best < rates[-1]
    side = "worse on both sides" if inside else "at an end of what was tried"
    words = f"best at {best:g}, {side}"
    ax.set_title(words)
    told = ", ".join(f"{rate:g} {outcome(runs[rate])}" for rate in rates)
    return Picture(figure, f"{words}. By rate: {told}")
