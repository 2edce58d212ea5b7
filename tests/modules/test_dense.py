"""A dense network equals the one it is made of, and that one's answers on crops."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import nn

from alexnet_lib.modules.build import build
from alexnet_lib.modules.dense import dense
from alexnet_lib.nets.ablations import with_communication
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.cifar import conv_local
from alexnet_lib.nets.layers import (
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    Linear,
    Pool,
    ResponseNorm,
)
from alexnet_lib.nets.network import (
    NetworkConfig,
)
from alexnet_lib.nets.vgg import vgg
from tests.nets.networks import narrow

# no padding and no window that hangs over; one place every 4 pixels
UNPADDED = NetworkConfig(
    layers=(
        *(Conv(6, 3, std=0.3, stride=2), Activation(), Pool("max", size=2)),
        *(Conv(8, 3, std=0.3, groups=2, bias=0.1), BatchNorm(), Activation()),
        ResponseNorm(divide_alpha_by_n=True),
        *(Linear(6, std=0.3, bias=0.2, groups=2), Activation(), Dropout("classic")),
        *(Linear(4, std=0.3, groups=2), Activation(), Linear(5, std=0.3)),
    ),
    input_shape=(3, 21, 21),
)


def built(network: NetworkConfig) -> nn.Sequential:
    """In float64, with weights that bring out every layer."""
    net = build(dataclasses.replace(network, weight_init="kaiming"), seed=1)
    torch.manual_seed(1)
    for name, parameter in net.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(parameter, std=0.1)
    return net.double().eval()


@pytest.mark.parametrize(
    "network",
    [
        narrow(vgg("C", classes=7), 64),
        narrow(alexnet("source", classes=7), 99),
        narrow(with_communication(alexnet("paper", classes=7), "none"), 99),
        UNPADDED,
    ],
)
def test_on_its_own_size_a_dense_network_has_one_place_with_the_same_logits(
    network: NetworkConfig,
) -> None:
    net = built(network)
    x = torch.randn(2, *network.input_shape, dtype=torch.float64)
    with torch.no_grad():
        logits, places = net(x), dense(net, network)(x)
    assert logits.std() > 1e-3
    torch.testing.assert_close(places, logits[:, :, None, None], rtol=1e-12, atol=1e-12)


def test_on_a_larger_image_each_place_has_the_logits_of_the_crop_there() -> None:
    net = built(UNPADDED)
    x = torch.randn(2, 3, 21 + 4 * 3, 21 + 4 * 2, dtype=torch.float64)
    with torch.no_grad():
        places = dense(net, UNPADDED)(x)
        assert places.shape == (2, 5, 4, 3)
        for i in range(4):
            for j in range(3):
                crop = x[..., 4 * i : 4 * i + 21, 4 * j : 4 * j + 21]
                torch.testing.assert_close(places[..., i, j], net(crop))


def test_vgg_has_a_place_every_32_pixels() -> None:
    network = narrow(vgg("B", classes=7), 64)
    x = torch.randn(1, 3, 64 + 32, 64 + 3 * 32, dtype=torch.float64)
    assert dense(built(network), network)(x).shape == (1, 7, 2, 4)


def test_the_weights_are_the_networks_own() -> None:
    net = built(UNPADDED)
    convolutions = dense(net, UNPADDED)
    assert not convolutions.training
    x = torch.randn(2, 3, 21, 21, dtype=torch.float64)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(1.5)
        torch.testing.assert_close(convolutions(x)[..., 0, 0], net(x))


@pytest.mark.parametrize(
    ("network", "name"),
    [
        (narrow(alexnet("torchvision"), 99), "avgpool5"),
        (conv_local("13pct"), "local3"),
    ],
)
def test_a_layer_of_one_size_is_refused(network: NetworkConfig, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        dense(built(network), network)
