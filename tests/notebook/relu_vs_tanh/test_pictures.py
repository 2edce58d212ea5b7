"""What notebook 02 draws of units and untrained nets, against torch's own functions."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from alexnet_lib import data
from alexnet_lib.modules.build import build
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.notebook.relu_vs_tanh import pictures
from tests.drawn import panel_of

UNITS = {"relu": torch.relu, "tanh": torch.tanh, "logistic": torch.sigmoid}


def below(scale, bound):
    """Share of N(0, scale^2) within `bound` of 0."""
    return math.erf(bound / scale / math.sqrt(2))


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_units_derivatives_and_flat_shares_are_drawn(scale):
    picture = pictures.saturation(scale)
    units, derivatives, shares = map(panel_of, picture.figure.axes)
    x = torch.linspace(-6, 6, 601, requires_grad=True)
    for i, function in enumerate(UNITS.values()):
        y = function(x)
        (slope,) = torch.autograd.grad(y.sum(), x)
        np.testing.assert_allclose(units.lines[i][:, 1], y.detach(), atol=1e-6)
        np.testing.assert_allclose(derivatives.lines[i][:, 1], slope, atol=1e-6)
    # where tanh' = 1 - tanh^2 and s' = s (1 - s) are .05
    tanh_bound = math.atanh(math.sqrt(0.95))
    logistic_bound = 2 * math.atanh(math.sqrt(1 - 0.2))
    expected = [0.5, 1 - below(scale, tanh_bound), 1 - below(scale, logistic_bound)]
    heights = [height for *_, height in shares.boxes]
    assert heights == pytest.approx(expected, abs=2e-3)
    for name, share in zip(("ReLU", "tanh", "logistic"), heights, strict=True):
        assert f"{name} {share:.0%}" in picture.alt


class PlainNet(nn.Module):
    """The four-layer net in torch's own layers, its units' outputs kept."""

    def __init__(self, state, unit):
        super().__init__()
        self.state, self.unit, self.outputs = state, unit, []

    def apply_unit(self, x):
        self.outputs.append(self.unit(x))
        return self.outputs[-1]

    def forward(self, x):
        w = self.state
        x = functional.conv2d(x, w["conv1.weight"], w["conv1.bias"], padding=2)
        x = self.apply_unit(functional.max_pool2d(x, 3, 2, ceil_mode=True))
        x = functional.conv2d(x, w["conv2.weight"], w["conv2.bias"], padding=2)
        x = functional.avg_pool2d(self.apply_unit(x), 3, 2, ceil_mode=True)
        x = functional.conv2d(x, w["conv3.weight"], w["conv3.bias"], padding=2)
        x = functional.avg_pool2d(self.apply_unit(x), 3, 2, ceil_mode=True)
        return x.flatten(1) @ w["fc4.weight"].T + w["fc4.bias"]


def measured(unit, factor, pixels):
    """Shares of flat outputs and norms of gradients of an untrained net."""
    dataset = data.load("synthetic")
    some = dataset.train.first(100)
    images = some.images - dataset.mean_image
    if pixels == "unit":
        images = images / dataset.deviation
    net = build(four_layer(unit), seed=1)
    state = {n: factor * p.detach() for n, p in net.named_parameters()}
    for weight in state.values():
        weight.requires_grad_()
    plain = PlainNet(state, UNITS[unit])
    functional.cross_entropy(plain(images), some.labels).backward()
    flat = {"relu": lambda y: y == 0, "tanh": lambda y: 1 - y**2 < 0.05}[unit]
    shares = [flat(y).float().mean().item() for y in plain.outputs]
    names = ("conv1", "conv2", "conv3", "fc4")
    return shares, [state[f"{name}.weight"].grad.norm().item() for name in names]


@pytest.mark.parametrize(("factor", "pixels"), [(1.0, "raw"), (20.0, "unit")])
def test_untrained_nets_are_drawn_as_plain_torch_has_them(factor, pixels):
    picture = pictures.untrained(factor, pixels)
    flat, gradients = (
        [height for *_, height in panel_of(ax).boxes] for ax in picture.figure.axes
    )
    relu, tanh = (measured(unit, factor, pixels) for unit in ("relu", "tanh"))
    assert flat == pytest.approx(relu[0] + tanh[0], abs=1e-4)
    assert gradients == pytest.approx(relu[1] + tanh[1], rel=1e-3)
    assert f"{factor:.2f}, {pixels} pixels" in picture.alt
