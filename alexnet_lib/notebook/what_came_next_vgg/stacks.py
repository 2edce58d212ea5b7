"""Stacks of small kernels against one large one: weights, and how far they see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from alexnet_lib.nets.counts import count
from alexnet_lib.nets.layers import Activation, Conv, Layer, Pool
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.shapes import layers_of


class Field(NamedTuple):
    """The square of the image that one output of a layer depends on.

    `side` pixels wide; the squares of two neighbouring outputs lie `step` pixels apart.
    """

    layer: str
    side: int
    step: int


def stack(kernels: Sequence[int], maps: int = 64, side: int = 32) -> NetworkConfig:
    """Describe convolutions with these `kernels`, from `maps` maps to as many.

    Each is padded so that the side stays, and has its unit behind it.
    """
    layers: list[Layer] = []
    for kernel in kernels:
        layers += Conv(maps, kernel, std=0.01, padding=kernel // 2), Activation()
    return NetworkConfig(tuple(layers), input_shape=(maps, side, side))


def weights(kernels: Sequence[int], maps: int = 64) -> int:
    """Count the weights of such a stack, without its biases."""
    layers = count(stack(kernels, maps))
    return sum(layer.parameters - maps for layer in layers if layer.parameters)


def fields(network: NetworkConfig) -> list[Field]:
    """Follow the field through the convolutions and poolings of `network`, by rule.

    A window of k outputs that lie `step` pixels apart sees (k - 1) * step pixels more
    than one of them does.
    """
    found = []
    side = step = 1
    for placed in layers_of(network):
        match placed.layer:
            case Conv(kernel=window, stride=stride) | Pool(size=window, stride=stride):
                side, step = side + (window - 1) * step, step * stride
                found.append(Field(placed.name, side, step))
    return found


def field_by_gradient(network: NetworkConfig, layer: str, image_side: int = 512) -> int:
    """Measure how many pixels across one output of `layer` depends on.

    By the gradient of its middle output, on a copy of one map in which kernels and
    poolings take means, so that no path to a pixel is shut or cancelled by another. A
    field wider than the image is cut to it. Raises `ValueError` for a layer that is no
    convolution or pooling of this network.
    """
    image = torch.zeros(
        1, 1, image_side, image_side, dtype=torch.float64, requires_grad=True
    )
    x: Tensor = image
    for placed in layers_of(network):
        match placed.layer:
            case Conv(kernel=size, stride=stride, padding=padding):
                mean = torch.full((1, 1, size, size), size**-2.0, dtype=torch.float64)
                x = functional.conv2d(x, mean, stride=stride, padding=padding)
            case Pool(size=size, stride=stride):
                x = functional.avg_pool2d(x, size, stride, ceil_mode=True)
            case _:
                continue
        if placed.name == layer:
            middle = x[0, 0, x.shape[2] // 2, x.shape[3] // 2]
            (gradient,) = torch.autograd.grad(middle, image)
            return int((gradient[0, 0] != 0).any(0).sum())
    raise ValueError(f"no convolution or pooling {layer!r} in this network")
