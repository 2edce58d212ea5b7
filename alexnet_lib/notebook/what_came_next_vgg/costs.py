"""Costs, counted: of VGG's layers, of a dense pass against crops, of later nets."""

from __future__ import annotations

import dataclasses

import torch
import torchvision.models
from torch import nn

from alexnet_lib.nets.counts import LayerCount, count, total
from alexnet_lib.nets.layers import Conv, Layer, Linear
from alexnet_lib.nets.network import NetworkConfig, with_input_side
from alexnet_lib.nets.shapes import layers_of

LATER = {
    "AlexNet, one column (2014)": "alexnet",
    "VGG-D (2014)": "vgg16",
    "GoogLeNet (2014)": "googlenet",
    "ResNet-50 (2015)": "resnet50",
    "MobileNet v2 (2018)": "mobilenet_v2",
}
"""Networks of torchvision by the name that a reader knows them by."""


def as_convolutions(network: NetworkConfig) -> NetworkConfig:
    """Put a convolution in the place of each fully connected layer.

    Its kernel covers the layer's whole input, so that there is one place; on a larger
    image there are more. Parameters are as many as before.
    """
    layers: list[Layer] = []
    for placed in layers_of(network):
        layer = placed.layer
        if isinstance(layer, Linear):
            kernel = placed.input_shape[1] if len(placed.input_shape) == 3 else 1
            layer = Conv(layer.units, kernel, layer.std, bias=layer.bias)
        layers.append(layer)
    return dataclasses.replace(network, layers=tuple(layers))


def places(network: NetworkConfig, side: int) -> int:
    """Count the places along a side of the score map of an image of `side` pixels."""
    dense = with_input_side(as_convolutions(network), side)
    return layers_of(dense)[-1].output_shape[1]


def dense_and_crops(network: NetworkConfig, side: int) -> tuple[int, int]:
    """Count the multiply-adds of a dense pass, and of crops at the same places."""
    dense = total(count(with_input_side(as_convolutions(network), side)))
    crop = total(count(network))
    return dense.multiply_adds, places(network, side) ** 2 * crop.multiply_adds


def weighted(network: NetworkConfig) -> list[LayerCount]:
    """Count the layers that have weights."""
    return [layer for layer in count(network) if layer.parameters]


def connected_share(network: NetworkConfig) -> float:
    """Compute the share of the parameters that lies in fully connected layers."""
    layers = weighted(network)
    connected = sum(x.parameters for x in layers if x.name.startswith("fc"))
    return connected / total(layers).parameters


def later_networks() -> dict[str, tuple[int, int, int]]:
    """Count parameters, those in `nn.Linear`, and weight layers of networks since.

    By the name in `LATER`; built without memory, on PyTorch's meta device.
    """
    found = {}
    for name, function in LATER.items():
        with torch.device("meta"):
            net = torchvision.models.get_model(function, **_plain(function))
        layers = [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
        linear = [m for m in layers if isinstance(m, nn.Linear)]
        found[name] = (_parameters([net]), _parameters(linear), len(layers))
    return found


def _plain(function: str) -> dict[str, bool]:
    """Options that leave out what is there for training alone."""
    if function == "googlenet":
        return {"aux_logits": False, "init_weights": False}
    return {}


def _parameters(modules: list[nn.Module] | list[nn.Linear]) -> int:
    return sum(p.numel() for module in modules for p in module.parameters())
