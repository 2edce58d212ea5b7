"""From a `NetworkConfig` to a `torch.nn.Module`, initialised from a seed."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from alexnet_lib.modules import lrn
from alexnet_lib.modules.dropout import ClassicDropout
from alexnet_lib.modules.grouped import GroupedLinear
from alexnet_lib.modules.local import LocalConv2d
from alexnet_lib.modules.units import Unit
from alexnet_lib.nets.layers import (
    Activation,
    AdaptivePool,
    BatchNorm,
    Conv,
    Dropout,
    Linear,
    Local,
    MapResponseNorm,
    Pool,
    ResponseNorm,
    Weighted,
    ZeroPad,
)
from alexnet_lib.nets.network import ActivationName, NetworkConfig
from alexnet_lib.nets.shapes import Placed, layers_of


def build(config: NetworkConfig, seed: int) -> nn.Sequential:
    """The network with weights drawn from `seed`; float32, on the CPU.

    Input (B, *config.input_shape), output (B, units of the last layer) logits.
    The modules stand in the order of `config.layers`, under the names that `layers_of`
    gives them (conv1, unit1, norm1, pool1, conv2, ..., fc8), with one more,
    `flatten`, before the first fully connected layer.
    Raises `ValueError` where a layer does not fit its input.
    """
    net = nn.Sequential()
    for placed in layers_of(config):
        if isinstance(placed.layer, Linear) and len(placed.input_shape) > 1:
            net.add_module("flatten", nn.Flatten())
        net.add_module(placed.name, module_of(placed, config.activation))
    initialise(net, config, seed)
    return net


def module_of(placed: Placed, activation: ActivationName) -> nn.Module:
    """The module of one layer in its place, its weights not yet drawn."""
    layer, shape = placed.layer, placed.input_shape
    match layer:
        case Conv(maps, kernel, _, stride, padding, groups):
            return nn.Conv2d(
                shape[0], maps, kernel, stride=stride, padding=padding, groups=groups
            )
        case Local(maps, kernel, _, stride, padding):
            side = (shape[1], shape[2])
            return LocalConv2d(shape[0], maps, kernel, side, stride, padding)
        case Linear(units, groups=1):
            return nn.Linear(math.prod(shape), units)
        case Linear(units, groups=groups):
            return GroupedLinear(math.prod(shape), units, groups)
        case Activation():
            # before the first weight layer the tensor is still the caller's
            return Unit(activation, inplace=placed.number > 0)
        case Pool(kind, size, stride):
            pool = nn.MaxPool2d if kind == "max" else nn.AvgPool2d
            return pool(size, stride, ceil_mode=True)
        case AdaptivePool(side):
            return nn.AdaptiveAvgPool2d(side)
        case ZeroPad(right, bottom):
            return nn.ZeroPad2d((0, right, 0, bottom))
        case Dropout(kind, keep):
            return ClassicDropout(keep) if kind == "classic" else nn.Dropout(1 - keep)
        case BatchNorm():
            return nn.BatchNorm2d(shape[0])
        case ResponseNorm():
            return lrn.LocalResponseNorm(**vars(layer))
        case MapResponseNorm():
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
    layers = [c for c in config.layers if isinstance(c, Weighted)]
    modules = [m for m in net if isinstance(m, nn.Conv2d | LocalConv2d | nn.Linear)]
    for layer, module in zip(layers, modules, strict=True):
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
    """What the training's weight decay is multiplied by, per parameter name.

    Each weight has its layer's `decay_mult`; biases and batch normalisation's
    scales are not decayed (`layer.cu:565`), so 0.
    """
    factors: dict[str, float] = {}
    for name, layer in ((p.name, p.layer) for p in layers_of(config)):
        if isinstance(layer, Weighted | BatchNorm):
            mult = 0.0 if isinstance(layer, BatchNorm) else layer.decay_mult
            factors |= {f"{name}.weight": mult, f"{name}.bias": 0.0}
    return factors
