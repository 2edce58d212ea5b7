"""Each unit against its formula, its derivative against autograd."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from alexnet_lib.modules.build import build
from alexnet_lib.modules.units import Unit
from alexnet_lib.nets.layers import Activation, Conv, Linear, ZeroPad
from alexnet_lib.nets.network import NetworkConfig

FUNCTIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "abs_tanh": lambda x: abs((np.exp(2 * x) - 1) / (np.exp(2 * x) + 1)),
}


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


def test_relu_overwrites_its_input_only_where_it_is_told_to():
    x = torch.tensor([-1.0, 2.0])
    assert Unit("relu")(x).tolist() == [0, 2]
    assert x.tolist() == [-1, 2]
    y = Unit("relu", inplace=True)(x)
    assert y.data_ptr() == x.data_ptr()
    assert x.tolist() == [0, 2]


@pytest.mark.parametrize("first", [(), (ZeroPad(1, 1),)])
def test_a_built_net_saves_memory_and_leaves_its_images_as_they_were(first):
    layers = (*first, Activation(), Conv(3, 2, std=1), Activation(), Linear(2, std=1))
    net = build(NetworkConfig(layers, input_shape=(2, 4, 4)), seed=1)
    images = torch.randn(5, 2, 4, 4)
    before = images.clone()
    net(images)
    assert torch.equal(images, before)
    assert net.get_submodule("unit1").inplace
