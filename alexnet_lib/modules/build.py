"""Builds a `torch.nn.Module` from a `NetworkConfig`, initialised from a seed."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from alexnet_lib.modules import lrn
from alexnet_lib.modules.conv import Conv2d
from alexnet_lib.modules.dropout import ClassicDropout
from alexnet_lib.modules.grouped import GroupedLinear
from alexnet_lib.modules.local import LocalConv2d
from alexnet_lib.modules.units import Unit
from alexnet_lib.nets import layers
from alexnet_lib.nets.network import ActivationName, NetworkConfig
from alexnet_lib.nets.shapes import Placed, layers_of


def build(config: NetworkConfig, seed: int) -> nn.Sequential:
    """Build the network and draw its weights from `seed`; float32, on the CPU.

    Input (B, *config.input_shape), output (B, units of the last layer) logits.
    The modules stand in the order of `config.layers`, under the names that `layers_of`
    gives them (conv1, unit1, norm1, pool1, conv2, ..., fc8), with one more,
    `flatten`, before the first fully connected layer.
    Raises `ValueError` where a layer does not fit its input.
    """
    net = nn.Sequential()
    for placed in layers_of(config):
        if isinstance(placed.layer, layers.Linear) and len(placed.input_shape) > 1:
            net.add_module("flatten", nn.Flatten())
        net.add_module(placed.name, module_of(placed, config.activation))
    initialise(net, config, seed)
    return net


def module_of(placed: Placed, activation: ActivationName) -> nn.Module:
    """Make the module of one layer in its place, its weights not yet drawn."""
    layer, shape = placed.layer, placed.input_shape
    match layer:
        case layers.Conv(maps, kernel, _, stride, padding, groups):
            return Conv2d(
                shape[0], maps, kernel, stride=stride, padding=padding, groups=groups
            )
        case layers.Local(maps, kernel, _, stride, padding):
            side = (shape[1], shape[2])
            return LocalConv2d(shape[0], maps, kernel, side, stride, padding)
        case layers.Linear(units, groups=1):
            return nn.Linear(math.prod(shape), units)
        case layers.Linear(units, groups=groups):
            return GroupedLinear(math.prod(shape), units, groups)
        case layers.Activation():
            # before the first weight layer the tensor is still the caller's
            return Unit(activation, inplace=placed.number > 0)
        case layers.Pool(kind, size, stride):
            pool = nn.MaxPool2d if kind == "max" else nn.AvgPool2d
            return pool(size, stride, ceil_mode=True)
        case layers.AdaptivePool(side):
            return nn.AdaptiveAvgPool2d(side)
        case layers.ZeroPad(right, bottom):
            return nn.ZeroPad2d((0, right, 0, bottom))
        case layers.Dropout(kind, keep):
            return ClassicDropout(keep) if kind == "classic" else nn.Dropout(1 - keep)
        case layers.BatchNorm():
            return nn.BatchNorm2d(shape[0])
        case layers.ResponseNorm():
            return lrn.LocalResponseNorm(**vars(layer))
        case layers.MapResponseNorm():
            return lrn.MapResponseNorm(**vars(layer))


@torch.no_grad()
def initialise(net: nn.Sequential, config: NetworkConfig, seed: int) -> None:
    """Draw every weight and set every bias of `net` again from `seed`.

    Batch normalisation goes back to scale 1, shift 0 and unit statistics.
    """
    generator = torch.Generator().manual_seed(seed)
    for module in net:
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
    weighted = [x for x in config.layers if isinstance(x, layers.Weighted)]
    modules = [m for m in net if isinstance(m, nn.Conv2d | LocalConv2d | nn.Linear)]
    for layer, module in zip(weighted, modules, strict=True):
        weight, bias = module.weight, module.bias
        assert bias is not None
        # a local layer's kernel is like any other at each of its places
        kernel = weight[0, 0] if isinstance(module, LocalConv2d) else weight
        if config.weight_init == "torch":
            bound = 1 / math.sqrt(kernel[0].numel())
            weight.uniform_(-bound, bound, generator=generator)
            bias.uniform_(-bound, bound, generator=generator)
        else:
            std = _deviation(kernel, layer.std, config.weight_init)
            weight.normal_(0.0, std, generator=generator)
            bias.fill_(layer.bias if config.weight_init == "gaussian" else 0.0)


def _deviation(
    kernel: Tensor, std: float, init: Literal["gaussian", "kaiming", "xavier"]
) -> float:
    """Give the deviation that `init` draws with; `kernel` is (maps, inputs, ...).

    `torch.nn.init` has these too, but would take a local layer's places for inputs.
    """
    fan_in = kernel[0].numel()
    fan_out = kernel.shape[0] * kernel[0, 0].numel()
    match init:
        case "gaussian":
            return std
        case "kaiming":
            return math.sqrt(2.0 / fan_in)
        case "xavier":
            return math.sqrt(2.0 / (fan_in + fan_out))


def decay_multipliers(config: NetworkConfig) -> dict[str, float]:
    """Give the factor of the training's weight decay for each parameter, by name.

    That of its layer, `decay_mult`, which biases have only where the training decays
    them; 0 for the scales and shifts of batch normalisation.
    """
    factors: dict[str, float] = {}
    for name, layer in ((p.name, p.layer) for p in layers_of(config)):
        if isinstance(layer, layers.Weighted | layers.BatchNorm):
            mult = 0.0 if isinstance(layer, layers.BatchNorm) else layer.decay_mult
            factors |= {f"{name}.weight": mult, f"{name}.bias": mult}
    return factors
