"""Pooling, dropout and unshared convolution, each against its definition."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib.modules.build import build
from alexnet_lib.modules.dropout import ClassicDropout
from alexnet_lib.modules.local import LocalConv2d
from alexnet_lib.nets.layers import Dropout, Layer, Local, Pool
from alexnet_lib.nets.network import NetworkConfig


def net_of(layer: Layer, shape: tuple[int, int, int]) -> nn.Sequential:
    return build(NetworkConfig((layer,), input_shape=shape), seed=1)


# --- pooling --------------------------------------------------------------------


def pooled_by_loop(x: Tensor, kind: str, size: int, stride: int) -> Tensor:
    """Windows clipped to the image, as many as begin before all is covered."""

    def starts(n: int) -> list[int]:
        return [i * stride for i in range(-(-(n - size) // stride) + 1)]

    rows = []
    for y in starts(x.shape[2]):
        windows = [x[:, :, y : y + size, z : z + size] for z in starts(x.shape[3])]
        reduce = torch.amax if kind == "max" else torch.mean
        rows.append(torch.stack([reduce(w, (2, 3)) for w in windows], -1))
    return torch.stack(rows, -2)


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize(("size", "stride"), [(3, 2), (2, 2), (3, 3), (5, 2)])
@pytest.mark.parametrize("side", [6, 7, 8, 13, 32])
def test_pooling_clips_the_window_that_hangs_over(
    kind: str, size: int, stride: int, side: int
) -> None:
    generator = torch.Generator().manual_seed(side)
    x = torch.randn(2, 3, side, side + 1, generator=generator)
    layer = Pool(kind, size, stride)  # type: ignore[arg-type]
    y = net_of(layer, shape=(3, side, side + 1))(x)
    torch.testing.assert_close(y, pooled_by_loop(x, kind, size, stride))


# --- dropout --------------------------------------------------------------------


def test_classic_dropout_keeps_sizes_in_training_and_scales_at_test() -> None:
    torch.manual_seed(1)
    dropout, x = ClassicDropout(keep=0.3), torch.full((200, 200), 2.0)
    y = dropout(x)
    assert set(y.unique().tolist()) == {0.0, 2.0}
    assert (y > 0).float().mean().item() == pytest.approx(0.3, abs=0.012)
    torch.testing.assert_close(dropout.eval()(x), 0.3 * x)


def test_classic_dropout_passes_gradients_where_it_passed_values() -> None:
    torch.manual_seed(1)
    x = torch.rand(50, 50).add_(1).requires_grad_()
    dropout = ClassicDropout(keep=0.5)
    y = dropout(x)
    assert torch.equal(torch.autograd.grad(y.sum(), x)[0], (y > 0).float())
    tested = dropout.eval()(x)
    assert (torch.autograd.grad(tested.sum(), x)[0] == 0.5).all()


def test_the_two_dropouts_differ_by_the_factor_keep() -> None:
    layers = [Dropout(kind, keep=0.8) for kind in ("classic", "inverted")]
    x = torch.rand(40, 3, 4, 4) + 1
    outputs = []
    for layer in layers:
        torch.manual_seed(3)
        outputs.append(net_of(layer, shape=(3, 4, 4))(x))
    ratios = [y[y > 0].unique() / x[y > 0].unique() for y in outputs]
    torch.testing.assert_close(ratios[0], torch.ones_like(ratios[0]))
    torch.testing.assert_close(ratios[1], torch.full_like(ratios[1], 1 / 0.8))


@pytest.mark.parametrize("keep", [0.0, -0.1, 1.1])
def test_keep_is_a_probability(keep: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        ClassicDropout(keep)


# --- unshared convolution -------------------------------------------------------


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
    net = net_of(Local(4, 3, std=0.1, padding=1, bias=0.3), shape=(3, 6, 6))
    layer, conv = net[0], nn.Conv2d(3, 4, 3, padding=1)
    with torch.no_grad():
        layer.weight.copy_(conv.weight.expand_as(layer.weight))
        layer.bias.copy_(conv.bias.expand_as(layer.bias))
    x = torch.randn(2, 3, 6, 6)
    torch.testing.assert_close(layer(x), conv(x))
