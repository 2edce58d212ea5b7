"""Measurements within a network: saturation, gradients, spread of images."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib.modules.precision import channels_last
from alexnet_lib.modules.units import Unit

_FLAT = 0.05


def probe(net: nn.Sequential, images: Tensor, labels: Tensor) -> dict[str, Any]:
    """Measure one batch, float32; leaves weights and gradients as they were.

    For each unit layer: `flat`, the fraction of outputs where the derivative is
    below 5 % of 1 (tanh: |output| above .975; ReLU: output 0), and `stuck`, the
    fraction of units for which that holds on every image. For each weight layer:
    `gradient`, the norm of the loss gradient, and `relative_gradient`, that
    divided by the weights' norm.
    """
    outputs: dict[str, Tensor] = {}
    hooks = [
        module.register_forward_hook(
            lambda _, __, out, name=name: outputs.update({name: out.detach()})
        )
        for name, module in net.named_children()
        if isinstance(module, Unit)
    ]
    names = [name for name, _ in net.named_parameters() if name.endswith("weight")]
    weights = [net.get_parameter(name) for name in names]
    try:
        loss = functional.cross_entropy(net(channels_last(images)), labels)
        gradients = torch.autograd.grad(loss, weights)
    finally:
        for hook in hooks:
            hook.remove()
    layers: dict[str, Any] = {}
    for name, output in outputs.items():
        unit = net.get_submodule(name)
        assert isinstance(unit, Unit)
        flat = unit.derivative(output) < _FLAT
        layers[name] = {
            "flat": flat.float().mean().item(),
            "stuck": flat.all(0).float().mean().item(),
        }
    for name, weight, gradient in zip(names, weights, gradients, strict=True):
        norm, size = gradient.norm().item(), weight.norm().item()
        layers[name.removesuffix(".weight")] = {
            "gradient": norm,
            "relative_gradient": norm / size if size else math.inf,
        }
    return layers


@torch.no_grad()
def spread(net: nn.Sequential, images: Tensor) -> dict[str, float]:
    """Spread of `images` after each unit layer of `net`, and after its last layer.

    The standard deviation of each output over the images, averaged over outputs:
    what a bias adds to all alike does not count. `net` answers as it is set, so put
    it in evaluation mode where it has dropout.
    """
    found = {}
    for name, module in net.named_children():
        images = module(images)
        if isinstance(module, Unit) or module is net[-1]:
            found[name] = images.std(0).mean().item()
    return found
