"""Signals in untrained networks: how strong they are at each layer, by the init."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from alexnet_lib.evaluation.probe import probe
from alexnet_lib.modules.build import build
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.vgg import Configuration, narrowed, vgg, with_deviations

PIXELS = 64.0
"""Deviation of centred pixels, in grey levels, near enough."""
SIDE, CLASSES = 32, 10


def noise(images: int = 16, seed: int = 1) -> Tensor:
    """Images of Gaussian noise as strong as centred pixels, (images, 3, 32, 32)."""
    generator = torch.Generator().manual_seed(seed)
    return PIXELS * torch.randn(images, 3, SIDE, SIDE, generator=generator)


def drawn(configuration: Configuration, factor: float = 1.0) -> NetworkConfig:
    """A narrow copy of VGG whose weights are `factor` times as wide as in the paper."""
    return with_deviations(narrowed(vgg(configuration, CLASSES), SIDE), factor)


def glorot(configuration: Configuration) -> NetworkConfig:
    """The same copy, drawn as Glorot and Bengio (2010) have it."""
    return dataclasses.replace(drawn(configuration), weight_init="xavier")


@torch.no_grad()
def strengths(network: NetworkConfig, seed: int = 1) -> dict[str, float]:
    """Root mean square of the outputs of each weight layer, on `noise`."""
    net, values, found = build(network, seed).eval(), noise(), {}
    for name, module in net.named_children():
        values = module(values)
        if name.startswith(("conv", "fc")):
            found[name] = values.square().mean().sqrt().item()
    return found


def gradients(network: NetworkConfig, seed: int = 1) -> dict[str, float]:
    """Norm of the loss's gradient over that of the weights, by weight layer.

    It is the share of its weights that a layer is moved by a step at rate 1.
    """
    net, labels = build(network, seed).eval(), torch.arange(16) % CLASSES
    found = probe(net, noise(), labels)
    return {
        name: figures["relative_gradient"]
        for name, figures in found.items()
        if "relative_gradient" in figures
    }
