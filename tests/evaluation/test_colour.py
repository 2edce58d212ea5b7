"""What conv1 makes of colour, against covariances and against kernels made grey."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from alexnet_lib.data import load
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.evaluation.colour import errors_in_grey, grey, response_shares
from alexnet_lib.evaluation.errors import errors
from alexnet_lib.modules.build import build
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.network import with_input_side

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data():
    return load("synthetic128")


@pytest.fixture(params=["source", "paper", "torchvision"])
def net(request):
    config = with_input_side(alexnet(request.param, 10), 96)
    return build(config, seed=4).requires_grad_(False)


def test_shares_of_responses_are_those_of_the_kernels_covariances(data, net):
    """A kernel's variance is w C w, with C the covariance of the windows it sees."""
    split, views = data.test.first(12), CentreViews(data, CPU, size=96)
    conv = net.conv1
    seen = views(split.images[:]).double()
    if "pad0" in dict(net.named_children()):
        seen = functional.pad(seen, (0, 3, 0, 3))
    found = []
    for part in (grey(seen), seen - grey(seen)):
        windows = functional.unfold(part, 11, padding=conv.padding, stride=4)
        windows = windows.transpose(1, 2).flatten(0, 1)  # (positions, 363)
        covariance = windows.T.cov(correction=0)
        weight = conv.weight.flatten(1).double()
        found.append(((weight @ covariance) * weight).sum(1))
    expected = (found[1] / (found[0] + found[1])).float()
    torch.testing.assert_close(response_shares(net, split, views), expected)


def test_grey_and_opponent_kernels_answer_to_grey_and_to_colour(data, net):
    split, views = data.test.first(12), CentreViews(data, CPU, size=96)
    weight = net.conv1.weight
    weight[0] = weight[0].mean(0)
    weight[1] -= weight[1].mean(0)
    weight[2] = 0.0
    shares = response_shares(net, split, views)
    assert shares[:3].tolist() == pytest.approx([0, 1, 0], abs=1e-6)
    assert 0 < shares[3] < 1


@pytest.mark.parametrize("halves", [(), (0,), (1,), (0, 1)])
def test_a_half_that_sees_grey_answers_as_if_its_kernels_were_grey(data, net, halves):
    split, views = data.test.first(30), CentreViews(data, CPU, size=96)
    found = errors_in_grey(net, split, views, halves)
    assert net.training
    weight = net.conv1.weight
    middle = len(weight) // 2
    for half in halves:
        kernels = weight[half * middle : (half + 1) * middle]
        kernels.copy_(kernels.mean(1, keepdim=True).expand_as(kernels))
    expected = errors(net, split, views)
    assert found[:2] == expected[:2]
    assert found.loss == pytest.approx(expected.loss, rel=1e-4)


def test_the_network_is_asked_without_dropout(data):
    net = nn.Sequential()
    net.add_module("conv1", nn.Conv2d(3, 4, 3, stride=16))
    net.add_module("flatten", nn.Flatten())
    net.add_module("drop", nn.Dropout(0.9))
    net.add_module("fc", nn.Linear(4 * 36, 10))
    split, views = data.test.first(30), CentreViews(data, CPU, size=96)
    found = {errors_in_grey(net, split, views, (0,)).loss for _ in range(3)}
    assert len(found) == 1
