"""A network applied densely: its fully connected layers as convolutions.

So VGG was tested (arXiv 1409.1556, §3.2): a fully connected layer on C maps of 7x7 is
a convolution with kernels of 7x7 that has one place; on a larger image it has several,
and gives the scores at each of them at the cost of one pass.
"""

from __future__ import annotations

from torch import Tensor, nn

from alexnet_lib.modules.grouped import GroupedLinear
from alexnet_lib.nets import layers
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.shapes import Shape, layers_of


def dense(net: nn.Sequential, network: NetworkConfig) -> nn.Sequential:
    """Turn `net`, built from `network`, into convolutions alone, for larger images.

    Input (B, C, H, W) from the network's own size on, output (B, classes, H', W'):
    logits at each place, one place at the own size. The modules and weights are
    those of `net`, not copies. Where layers pad, a place sees its neighbourhood where
    a crop sees zeros, so the two differ; without padding they are equal.
    Raises `ValueError` for a layer that fixes the size of its input.
    """
    modules = dict(net.named_children())
    convolutions = nn.Sequential()
    for placed in layers_of(network):
        if isinstance(placed.layer, layers.AdaptivePool | layers.Local):
            raise ValueError(f"{placed.name} takes one size only: no dense network")
        module = modules[placed.name]
        if isinstance(module, nn.Linear):
            module = _as_convolution(module, placed.input_shape)
        convolutions.add_module(placed.name, module)
    return convolutions.train(net.training)


def _as_convolution(linear: nn.Linear, input_shape: Shape) -> nn.Conv2d:
    """Lay a fully connected layer's weights out as kernels, on maps or on units."""
    channels, *kernel = input_shape if len(input_shape) == 3 else (*input_shape, 1, 1)
    groups = linear.groups if isinstance(linear, GroupedLinear) else 1
    weight: Tensor = linear.weight  # (units, C / groups * H * W)
    conv = nn.utils.skip_init(
        nn.Conv2d, channels, linear.out_features, tuple(kernel), groups=groups
    )
    conv.weight = nn.Parameter(weight.view(-1, channels // groups, *kernel))
    conv.bias = linear.bias
    return conv
