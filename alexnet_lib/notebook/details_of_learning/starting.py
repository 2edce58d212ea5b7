"""The text's network followed layer by layer as it begins, and in its first steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn

from alexnet_lib.data import synthetic
from alexnet_lib.epochs import Epoch
from alexnet_lib.evaluation.probe import probe, spread
from alexnet_lib.experiments import photographs
from alexnet_lib.experiments.starting import started
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
from alexnet_lib.modules.build import build, decay_multipliers
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.network import NetworkConfig, with_input_side
from alexnet_lib.notebook.details_of_learning.small_run import Steps
from alexnet_lib.training.loop import train

SIDE, CLASSES = 96, 10
IMAGES, BATCH = 20, 10
_COLOURS = (ORANGE, BLUE, GREEN)


def text_network(deviation: float = 0.01, bias: float = 1.0) -> NetworkConfig:
    """The text's network for crops of 96 pixels and ten classes.

    With conv3 to conv5 initialised with `deviation`, and `bias` where the text has 1.
    """
    text = with_input_side(alexnet("paper", CLASSES), SIDE)
    return started(text, deviation, bias)


@cache
def images() -> tuple[Tensor, Tensor]:
    """`IMAGES` synthetic images minus their mean, (20, 3, 96, 96), and their labels."""
    pixels, labels = synthetic.images(IMAGES, SIDE, seed=1)
    return pixels.float() - pixels.float().mean(0), labels


@dataclass(frozen=True)
class Followed:
    """Signals and gradients of an untrained network, by the names of its layers.

    `size`: mean absolute output; `spread`: deviation of an output over the images,
    mean over outputs; both of units, and of the last layer. `gradient`: the norm of the
    loss gradient over that of the weights, of weight layers.
    """

    size: dict[str, float]
    spread: dict[str, float]
    gradient: dict[str, float]


def follow(network: NetworkConfig, divide_pixels_by: float = 1.0) -> Followed:
    """Build `network` from seed 1 and look at `images` through it, without training."""
    net = build(network, seed=1).eval()
    pixels, labels = images()
    seen = pixels / divide_pixels_by
    apart = spread(net, seen)
    found = probe(net, seen, labels)
    gradients = {
        name: figures["relative_gradient"]
        for name, figures in found.items()
        if "relative_gradient" in figures
    }
    return Followed(_sizes(net, seen, apart), apart, gradients)


@torch.no_grad()
def _sizes(
    net: nn.Sequential, x: Tensor, names: Mapping[str, float]
) -> dict[str, float]:
    """Mean absolute output after each layer of `names`."""
    found = {}
    for name, module in net.named_children():
        x = module(x)
        if name in names:
            found[name] = x.abs().mean().item()
    return found


@own_settings
def layers(
    deviation: float = 0.01, bias: float = 1.0, divide_pixels_by: float = 1.0
) -> Picture:
    """Draw what `follow` finds of the text's network with these three choices."""
    found = follow(text_network(deviation, bias), divide_pixels_by)
    figure, axes = canvas(1, 2, 8, 3.4)
    axes[0].plot(*_points(found.size), "s--", color=GREY, label="size of an output")
    axes[0].plot(*_points(found.spread), "o-", color=BLUE, label="images lie apart by")
    axes[1].plot(*_points(found.gradient), "o-", color=ORANGE)
    axes[0].set(title="signals", yscale="log", ylim=(1e-7, 1e3))
    axes[1].set(title="gradient / weights, norms", yscale="log", ylim=(1e-7, 1e2))
    for ax in axes:
        ax.tick_params(axis="x", rotation=45)
    legend_below(figure, axes)
    last, first = list(found.spread)[-1], next(iter(found.gradient))
    return Picture(
        figure,
        f"deviation {deviation:.3f}, biases {bias:.2f}, pixels divided by "
        f"{divide_pixels_by:.0f}: at {last} images lie {found.spread[last]:.1e} apart, "
        f"outputs are {found.size[last]:.1e} in size; gradient of {first} "
        f"{found.gradient[first]:.1e} of its weights",
    )


def _points(values: Mapping[str, float]) -> tuple[list[str], list[float]]:
    return list(values), list(values.values())


@dataclass(frozen=True)
class FirstSteps:
    """Loss of each batch before its step, and the spread of the images' logits."""

    losses: list[float]
    spreads: list[float]


def first_steps(network: NetworkConfig, steps: int = 6) -> FirstSteps:
    """Train `network` by the recipe of §5 on `images`, in batches of ten."""
    pixels, _ = images()
    spreads: list[float] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        net = build(network, seed=1)

        def measure(step: int) -> Epoch:
            if step:
                logits = list(spread(net.eval(), pixels[:BATCH]).values())[-1]
                spreads.append(logits)
                net.train()
            return {}

        epochs = train(
            net,
            Steps(*images(), BATCH),
            photographs.recipe("smoke", steps),
            measure,
            decay_mult=decay_multipliers(network),
            show=False,
        )
    return FirstSteps([epoch["train_running_loss"] for epoch in epochs[1:]], spreads)


@own_settings
def compared(runs: Mapping[str, FirstSteps]) -> Picture:
    """The first steps of several networks: loss, and how far images lie apart."""
    figure, axes = canvas(1, 2, 8, 3.2)
    told = []
    for (name, run), colour in zip(runs.items(), _COLOURS, strict=False):
        at = range(1, len(run.losses) + 1)
        axes[0].plot(at, run.losses, color=colour, label=name)
        axes[1].plot(at, run.spreads, color=colour, label=name)
        told.append(f"{name}: {_ends(run.spreads)}")
    axes[0].set(title="loss of the batch, nats", xlabel="step", yscale="log")
    axes[1].set(title="logits of images lie apart by", xlabel="step", yscale="log")
    legend_below(figure, axes)
    return Picture(
        figure,
        "Loss, and deviation of the logits over images, in the first steps. "
        f"Deviation from the first to the last: {'; '.join(told)}",
    )


def _ends(values: Sequence[float]) -> str:
    return f"{values[0]:.0e} to {values[-1]:.0e}"
