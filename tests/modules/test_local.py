"""Unshared convolution against a loop over its places."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib.modules.build import build
from alexnet_lib.modules.local import LocalConv2d
from alexnet_lib.nets.layers import Local
from alexnet_lib.nets.network import NetworkConfig


def local_by_loop(layer: LocalConv2d, x: Tensor) -> Tensor:
    k, s, p = layer.kernel, layer.stride, layer.padding
    height, width, maps = layer.bias.shape
    x = functional.pad(x, (p, p, p, p))
    out = x.new_empty(len(x), maps, height, width)
    for i in range(height):
        for j in range(width):
            window = x[:, :, i * s : i * s + k, j * s : j * s + k]
            kernel = layer.weight[i, j]
            out[:, :, i, j] = torch.einsum("bcyx,mcyx->bm", window, kernel)
            out[:, :, i, j] += layer.bias[i, j]
    return out


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(3, 1, 1), (3, 2, 0), (1, 1, 0), (2, 2, 1)]
)
def test_local_equals_a_loop_over_places(
    kernel: int, stride: int, padding: int, layout: torch.memory_format
) -> None:
    torch.manual_seed(1)
    layer = LocalConv2d(3, 4, kernel, (6, 5), stride, padding).double()
    for parameter in layer.parameters():
        nn.init.normal_(parameter)
    x = torch.randn(2, 3, 6, 5, dtype=torch.float64).contiguous(memory_format=layout)
    x.requires_grad_()
    ours, loop = layer(x), local_by_loop(layer, x)
    torch.testing.assert_close(ours, loop)
    g = torch.randn_like(loop)
    inputs = [x, *layer.parameters()]
    for mine, other in zip(
        torch.autograd.grad(ours, inputs, g),
        torch.autograd.grad(loop, inputs, g),
        strict=True,
    ):
        torch.testing.assert_close(mine, other)


def test_local_with_equal_kernels_is_a_convolution() -> None:
    local = Local(4, 3, std=0.1, padding=1, bias=0.3)
    layer = build(NetworkConfig((local,), input_shape=(3, 6, 6)), seed=1)[0]
    conv = nn.Conv2d(3, 4, 3, padding=1)
    with torch.no_grad():
        layer.weight.copy_(conv.weight.expand_as(layer.weight))
        layer.bias.copy_(conv.bias.expand_as(layer.bias))
    x = torch.randn(2, 3, 6, 6)
    torch.testing.assert_close(layer(x), conv(x))
