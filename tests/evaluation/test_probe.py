"""What the probe measures, against closed forms and a backward pass."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from alexnet_lib.evaluation.colour import colour_shares
from alexnet_lib.evaluation.probe import probe, spread
from alexnet_lib.modules.build import build
from alexnet_lib.modules.units import Unit
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.notebook.relu_vs_tanh.pictures import flat_share

IMAGES = 40 * torch.randn(12, 3, 32, 32, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(12) % 10


@pytest.mark.parametrize("unit", ["relu", "tanh"])
def test_gradient_norms_equal_a_backward_pass(unit):
    net = build(four_layer(unit), seed=1)
    measured = probe(net, IMAGES, LABELS)
    assert all(p.grad is None for p in net.parameters())
    functional.cross_entropy(net(IMAGES), LABELS).backward()
    for name in ("conv1", "conv2", "conv3", "fc4"):
        weight = net.get_parameter(f"{name}.weight")
        norm = weight.grad.norm().item()
        assert measured[name]["gradient"] == pytest.approx(norm, rel=1e-4)
        relative = norm / weight.norm().item()
        assert measured[name]["relative_gradient"] == pytest.approx(relative, rel=1e-4)


def test_a_layer_without_weights_is_a_figure_that_is_not_finite():
    """The training loop names it; a division by zero would name nothing."""
    net = build(four_layer("relu"), seed=1)
    nn.init.zeros_(net.fc4.weight)
    measured = probe(net, IMAGES, LABELS)
    assert measured["fc4"]["relative_gradient"] == math.inf


def test_flat_and_stuck_units_are_counted():
    net = nn.Sequential()
    net.add_module("conv1", nn.Conv2d(1, 2, 1))
    net.add_module("unit1", Unit("tanh"))
    net.add_module("flatten", nn.Flatten())
    with torch.no_grad():
        net.conv1.weight.copy_(torch.tensor([1.0, 0.0]).reshape(2, 1, 1, 1))
        net.conv1.bias.copy_(torch.tensor([0.0, 9.0]))
    # map 0 passes the pixel on, map 1 is 9 everywhere: always saturated
    images = torch.tensor([[0.0], [5.0], [-5.0], [1.0]]).reshape(4, 1, 1, 1)
    measured = probe(net, images, torch.zeros(4, dtype=torch.long))
    assert measured["unit1"] == {"flat": 6 / 8, "stuck": 1 / 2}


@pytest.mark.parametrize("scale", [0.5, 1.0, 5.0])
def test_share_of_flat_inputs_equals_the_normal_distribution(scale):
    edge = math.atanh(math.sqrt(0.95))  # tanh' < .05 beyond it
    assert flat_share("tanh", scale) == pytest.approx(
        math.erfc(edge / scale / math.sqrt(2)), abs=2e-3
    )
    assert flat_share("relu", scale) == pytest.approx(0.5, abs=1e-3)


def test_colour_shares_of_grey_opponent_and_random_kernels():
    generator = torch.Generator().manual_seed(1)
    pattern = torch.randn(1, 1, 5, 5, generator=generator)
    grey = pattern.expand(1, 3, 5, 5)
    opponent = pattern * torch.tensor([1.0, -1.0, 0.0])[:, None, None]  # red less green
    red = pattern * torch.tensor([1.0, 0.0, 0.0])[:, None, None]
    dead = 0 * red
    shares = colour_shares(torch.cat([grey, opponent, red, -7 * red, dead]))
    torch.testing.assert_close(shares, torch.tensor([0.0, 1.0, 2 / 3, 2 / 3, 0.0]))
    drawn = torch.randn(2000, 3, 11, 11, generator=generator)
    assert colour_shares(drawn).mean().item() == pytest.approx(2 / 3, abs=5e-3)


def test_what_all_images_share_is_no_spread():
    """Weights of 1/3 and a bias: each layer passes a third of the differences on."""
    net = nn.Sequential()
    net.add_module("fc1", nn.Linear(1, 1))
    net.add_module("unit1", Unit("relu"))
    net.add_module("fc2", nn.Linear(1, 4))
    for name, values in net.named_parameters():
        nn.init.constant_(values, 1 / 3 if name.endswith("weight") else 5.0)
    images = torch.tensor([[0.0], [9.0], [18.0]])
    found = spread(net, images)
    assert list(found) == ["unit1", "fc2"]
    assert found == pytest.approx({"unit1": 3.0, "fc2": 1.0})
