"""The four-layer net and its parts, against formulations of their own."""

import math

import numpy as np
import pytest
import torch

from alexnet_lib.modules.build import build
from alexnet_lib.modules.units import Unit
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.nets.layers import Conv, Linear, Pool
from alexnet_lib.nets.network import NetworkConfig

FUNCTIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "abs_tanh": lambda x: abs((np.exp(2 * x) - 1) / (np.exp(2 * x) + 1)),
}


def convolve(x, weight, bias, padding):
    """(C, H, W) by a loop over output places."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    maps, _, k, _ = weight.shape
    side = x.shape[1] - k + 1
    out = np.empty((maps, side, side))
    for i in range(side):
        for j in range(side):
            window = x[:, i : i + k, j : j + k]
            out[:, i, j] = (weight * window).sum((1, 2, 3)) + bias
    return out


def pool(x, reduce, size=3, stride=2):
    """(C, H, W), windows clipped to the image, their number rounded up."""
    side = math.ceil((x.shape[1] - size) / stride) + 1
    out = np.empty((len(x), side, side))
    for i in range(side):
        for j in range(side):
            rows = slice(i * stride, i * stride + size)
            columns = slice(j * stride, j * stride + size)
            out[:, i, j] = reduce(x[:, rows, columns], axis=(1, 2))
    return out


@pytest.mark.parametrize("unit", FUNCTIONS)
def test_four_layer_net_equals_a_loop(unit):
    net = build(four_layer(unit), seed=3).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(20).add_(0.01)
    p = {name: value.detach().numpy() for name, value in net.named_parameters()}
    image = np.random.default_rng(0).normal(size=(3, 32, 32))
    f = FUNCTIONS[unit]
    x = f(pool(convolve(image, p["conv1.weight"], p["conv1.bias"], 2), np.max))
    x = pool(f(convolve(x, p["conv2.weight"], p["conv2.bias"], 2)), np.mean)
    x = pool(f(convolve(x, p["conv3.weight"], p["conv3.bias"], 2)), np.mean)
    assert x.shape == (64, 4, 4)
    expected = p["fc4.weight"] @ x.reshape(-1) + p["fc4.bias"]
    got = net(torch.from_numpy(image)[None])[0].detach()
    np.testing.assert_allclose(got, expected, rtol=1e-10)


def test_four_layer_net_has_the_parameters_of_cuda_convnet():
    assert sum(p.numel() for p in build(four_layer(), 1).parameters()) == 89_578


@pytest.mark.parametrize("unit", ["relu", "tanh", "logistic"])
def test_an_increasing_unit_may_change_places_with_maximum_pooling(unit):
    # To a rounding: at the end of a row torch computes exp by other instructions.
    x = torch.randn(2, 4, 9, 9, dtype=torch.float32)
    largest = torch.nn.MaxPool2d(3, 2, ceil_mode=True)
    torch.testing.assert_close(Unit(unit)(largest(x)), largest(Unit(unit)(x)))


@pytest.mark.parametrize("unit", FUNCTIONS)
def test_derivative_from_the_output_equals_autograd(unit):
    x = torch.linspace(-3, 3, 60, requires_grad=True)  # 0 is not among them
    y = Unit(unit)(x)
    (expected,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(Unit(unit).derivative(y.detach()), expected.abs())


def test_saturating_units_keep_their_derivative_under_bfloat16():
    x = torch.full((4,), 4.0, dtype=torch.bfloat16, requires_grad=True)
    Unit("tanh")(x).sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(
        x.grad.double(),
        torch.full((4,), 1 - math.tanh(4) ** 2).double(),
        rtol=0.01,
        atol=0,
    )


def test_initialisation_has_the_deviations_it_names():
    gaussian = build(four_layer(), seed=1)
    for name, std in (("conv1", 1e-4), ("conv2", 0.01), ("conv3", 0.01), ("fc4", 0.01)):
        weight = gaussian.get_parameter(f"{name}.weight")
        assert weight.std().item() == pytest.approx(std, rel=0.05)
    kaiming = build(four_layer("relu", "kaiming"), seed=1)
    xavier = build(four_layer("tanh", "xavier"), seed=1)
    fan_in, fan_out = 32 * 25, 64 * 25
    for net, std in (
        (kaiming, math.sqrt(2 / fan_in)),
        (xavier, math.sqrt(2 / (fan_in + fan_out))),
    ):
        weight = net.get_parameter("conv3.weight")
        assert weight.std().item() == pytest.approx(std, rel=0.05)
        assert not any(p.any() for n, p in net.named_parameters() if n.endswith("bias"))


def test_a_seed_fixes_the_weights_and_another_changes_them():
    one, same, other = (build(four_layer(), seed) for seed in (1, 1, 2))
    for p, q, r in zip(
        one.parameters(), same.parameters(), other.parameters(), strict=True
    ):
        assert torch.equal(p, q)
        if p.dim() > 1:
            assert not torch.equal(p, r)


def test_bias_constants_are_set():
    layers = (Conv(4, 3, std=0.1, bias=1.0), Linear(2, std=0.1, bias=0.5))
    net = build(NetworkConfig(layers, input_shape=(1, 5, 5)), seed=1)
    assert torch.equal(net.get_parameter("conv1.bias"), torch.ones(4))
    assert torch.equal(net.get_parameter("fc2.bias"), torch.full((2,), 0.5))


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize("side", [4, 6, 7, 13, 55])
@pytest.mark.parametrize(("size", "stride"), [(3, 2), (2, 2)])
def test_pooling_equals_a_loop_over_clipped_windows(kind, side, size, stride):
    layers = (Pool(kind, size, stride),)
    net = build(NetworkConfig(layers, input_shape=(2, side, side)), seed=1).double()
    x = np.random.default_rng(side).normal(size=(2, side, side))
    expected = pool(x, np.max if kind == "max" else np.mean, size, stride)
    np.testing.assert_allclose(net(torch.from_numpy(x)[None])[0], expected)


def test_a_layer_that_does_not_fit_is_refused():
    layers = (Conv(4, 7, std=0.1),)
    with pytest.raises(ValueError, match="does not fit"):
        build(NetworkConfig(layers, input_shape=(1, 5, 5)), seed=1)
