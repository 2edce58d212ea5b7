"""Pictures of notebook 09."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from alexnet_lib.figures.panels import frame, legend_below, show
from alexnet_lib.figures.picture import (
    BLUE,
    GREEN,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.modules.dense import dense
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.counts import LayerCount, total
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.vgg import CONFIGURATIONS, vgg
from alexnet_lib.notebook.what_came_next_vgg import signals
from alexnet_lib.notebook.what_came_next_vgg.costs import weighted
from alexnet_lib.notebook.what_came_next_vgg.crops import scores_of_crops
from alexnet_lib.notebook.what_came_next_vgg.jitter import CROP, jittered


@own_settings
def configurations() -> Picture:
    """Table 1: the weight layers of AlexNet and of each VGG, a box a layer."""
    networks = {"AlexNet": alexnet()} | {c: vgg(c) for c in CONFIGURATIONS}
    figure, (ax,) = canvas(1, 1, 8, 3.6)
    told = []
    for row, (name, network) in enumerate(networks.items()):
        layers = weighted(network)
        for column, layer in enumerate(layers):
            kind, colour = _kind(layer)
            ax.barh(row, 0.86, left=column - 0.43, color=colour, height=0.7, label=kind)
            words = str(layer.shape[0])
            ax.text(
                column,
                row,
                words,
                ha="center",
                va="center",
                color="white",
                fontsize=6.5,
            )
        told.append(f"{name} {len(layers)}")
    ax.set_yticks(range(len(networks)), list(networks))
    ax.invert_yaxis()
    ax.set(xlabel="weight layers, first to last; in the box: maps or units", xticks=[])
    legend_below(figure, [ax])
    return Picture(figure, f"Boxes, one a weight layer: {', '.join(told)} layers")


def _kind(layer: LayerCount) -> tuple[str, str]:
    """Name a weight layer's kind and colour."""
    if layer.name.startswith("fc"):
        return "fully connected", ORANGE
    return "convolution", BLUE


@own_settings
def costs(network: NetworkConfig, name: str) -> Picture:
    """Parameters, multiply-adds and outputs of each weight layer, as shares."""
    layers = weighted(network)
    whole = total(layers)
    figure, axes = canvas(3, 1, 8, 5.4, sharex=True)
    told = []
    for ax, (what, field, unit, scale) in zip(
        axes,
        (
            ("parameters", "parameters", "M", 1e6),
            ("multiply-adds, one image", "multiply_adds", "G", 1e9),
            ("outputs, one image", "units", "M", 1e6),
        ),
        strict=True,
    ):
        values = np.array([getattr(layer, field) for layer in layers]) / scale
        colours = [_kind(layer)[1] for layer in layers]
        ax.bar(range(len(layers)), values, color=colours)
        ax.set_ylabel(unit)
        summed = getattr(whole, field) / scale
        most = layers[int(values.argmax())].name
        words = f"{what}: {summed:.3g} {unit}, most in {most}"
        ax.set_title(words, fontsize=10)
        told.append(words)
    axes[-1].set_xticks(range(len(layers)), [x.name for x in layers], rotation=60)
    figure.suptitle(f"{name}: blue convolutions, orange fully connected", fontsize=11)
    return Picture(figure, f"{name}, by layer. {'; '.join(told)}")


@own_settings
def strengths(factor: float = 1.0) -> Picture:
    """Draw the sizes of signals and gradients in untrained A and D, by their init."""
    looks = {
        "A": (signals.drawn("A", factor), BLUE, "-"),
        "D": (signals.drawn("D", factor), ORANGE, "--"),
        "D, Glorot": (signals.glorot("D"), GREEN, ":"),
    }
    figure, axes = canvas(1, 2, 8, 3.8)
    told = []
    for name, (network, colour, dashes) in looks.items():
        for ax, measure in zip(
            axes, (signals.strengths, signals.gradients), strict=True
        ):
            values = list(measure(network).values())
            ax.semilogy(
                range(1, len(values) + 1), values, dashes, color=colour, label=name
            )
        told.append(f"{name} {list(signals.strengths(network).values())[-1]:.1e}")
    axes[0].set(title="outputs, root mean square")
    axes[1].set(title="gradient / weights, norms")
    for ax in axes:
        ax.set(xlabel="weight layer", xticks=range(1, 17, 3))
    legend_below(figure, axes)
    words = f"deviations {factor:.2f} times the paper's: the scores of an untrained net"
    return Picture(figure, f"{words} {', '.join(told)}")


@own_settings
def scale_jitter(photograph: Tensor, scale: int = 384, seed: int = 1) -> Picture:
    """(3, H, W) rescaled to a shorter side of `scale`, and a random crop of it."""
    of = jittered(photograph, scale, seed)
    row, column = of.corner
    figure, axes = canvas(1, 2, 8, 3.4, gridspec_kw={"width_ratios": [1.6, 1]})
    height, width = of.image.shape[1:]
    show(axes[0], of.image, f"S = {scale}: {height} x {width} pixels")
    frame(axes[0], (column, row), CROP)
    axes[0].set(xlim=(0, 700), ylim=(520, 0))  # the same for every scale
    axes[0].spines[:].set_visible(False)
    show(axes[1], of.crop, f"the crop, {CROP} x {CROP}")
    return Picture(
        figure,
        f"A drawn photograph with a shorter side of {scale}: the crop of {CROP} shows "
        f"{of.share:.0%} of it",
    )


@own_settings
def dense_against_crops(
    nets: dict[str, tuple[nn.Sequential, NetworkConfig]], image: Tensor, step: int
) -> Picture:
    """Show where dense scores and those of crops differ, a panel for each net.

    `image` (1, C, H, W) is cut for each net so that its places fill it.
    """
    figure, axes = canvas(1, len(nets), 8, 3.2)
    told = []
    for ax, (name, (net, network)) in zip(axes, nets.items(), strict=True):
        side = network.input_shape[1]
        fitting = image.shape[2] - (image.shape[2] - side) % step
        seen = image[..., :fitting, :fitting]
        with torch.inference_mode():
            at_once = dense(net, network)(seen)
        by_crop = scores_of_crops(net, seen, side, step)
        change = (at_once - by_crop).square().mean(1)[0].sqrt() / by_crop.std()
        shown = ax.imshow(change.numpy(), cmap="Blues", vmin=0, vmax=1)
        worst = change.max().item()
        ax.set_title(f"{name}: at most {worst:.2f}", fontsize=10)
        ax.set(xlabel="place", ylabel="place")
        told.append(f"{name} at most {worst:.2f}")
    figure.colorbar(shown, ax=axes, label="difference / deviation of the scores")
    return Picture(
        figure,
        "Differences between dense scores and those of crops, place by place: "
        + ", ".join(told),
    )


@own_settings
def later(counts: dict[str, tuple[int, int, int]]) -> Picture:
    """Parameters of networks since, those of fully connected layers apart."""
    figure, (ax,) = canvas(1, 1, 8, 2.8)
    names = list(counts)
    linear = np.array([of[1] for of in counts.values()]) / 1e6
    others = np.array([of[0] for of in counts.values()]) / 1e6 - linear
    ax.barh(names, others, color=BLUE, label="convolutions and all else")
    ax.barh(names, linear, left=others, color=ORANGE, label="fully connected")
    ax.invert_yaxis()
    ax.set_xlabel("parameters, million")
    legend_below(figure, [ax])
    told = ", ".join(
        f"{name} {of[0] / 1e6:.1f}, {of[1] / of[0]:.0%} of them fully connected"
        for name, of in counts.items()
    )
    return Picture(figure, f"Parameters in million: {told}")
