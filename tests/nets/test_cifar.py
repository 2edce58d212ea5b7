"""cuda-convnet's nets: the four-layer one, the conv-local pair and two between."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch.nn import functional

from alexnet_lib.modules.build import build, decay_multipliers
from alexnet_lib.nets.ablations import with_disjoint_pools
from alexnet_lib.nets.cifar import CONV_LOCAL, ConvLocal, conv_local, four_layer
from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.layers import Layer, Linear, Local, Pool, ResponseNorm
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.shapes import layers_of
from tests.modules.test_build import pooled_by_loop
from tests.modules.test_units import FUNCTIONS


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


def pool(x, kind):
    return pooled_by_loop(torch.from_numpy(x)[None], kind, size=3, stride=2)[0].numpy()


@pytest.mark.parametrize("unit", FUNCTIONS)
def test_four_layer_net_equals_a_loop(unit):
    net = build(four_layer(unit), seed=3).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(20).add_(0.01)
    p = {name: value.detach().numpy() for name, value in net.named_parameters()}
    image = np.random.default_rng(0).normal(size=(3, 32, 32))
    f = FUNCTIONS[unit]
    x = f(pool(convolve(image, p["conv1.weight"], p["conv1.bias"], 2), "max"))
    x = pool(f(convolve(x, p["conv2.weight"], p["conv2.bias"], 2)), "average")
    x = pool(f(convolve(x, p["conv3.weight"], p["conv3.bias"], 2)), "average")
    assert x.shape == (64, 4, 4)
    expected = p["fc4.weight"] @ x.reshape(-1) + p["fc4.bias"]
    got = net(torch.from_numpy(image)[None])[0].detach()
    np.testing.assert_allclose(got, expected, rtol=1e-10)


def test_four_layer_net_has_the_parameters_of_cuda_convnet():
    assert total(count(four_layer())).parameters == 89_578


def test_conv_local_parameters() -> None:
    parameters = {n: total(count(conv_local(n))).parameters for n in CONV_LOCAL}
    assert parameters == {
        "13pct": 1_116_490,
        "13pct-lrn": 1_116_490,
        "13pct-wide": 2_112_970,
        "11pct": 2_112_970,
    }


def test_conv_local_arms_differ_in_what_their_names_say() -> None:
    nets = {name: conv_local(name) for name in CONV_LOCAL}

    def layers(name: str, *kinds: type) -> list[Layer]:
        return [x for x in nets[name].layers if not isinstance(x, kinds)]

    assert layers("13pct") == layers("13pct-lrn", ResponseNorm)
    assert layers("13pct", Local) == layers("13pct-wide", Local)
    assert layers("13pct-wide", Linear) == layers("11pct", Linear, ResponseNorm)
    assert " ".join(p.name for p in layers_of(nets["11pct"])) == (
        "conv1 unit1 pool1 norm1 conv2 unit2 norm2 pool2 local3 unit3 local4 unit4 fc5"
    )


def test_conv_local_decays_only_what_its_recipe_decays() -> None:
    factors = decay_multipliers(conv_local("11pct")).items()
    weights = {k: v for k, v in factors if v and k.endswith("weight")}
    assert weights == {"local3.weight": 1, "local4.weight": 1, "fc5.weight": 2.5}


@pytest.mark.parametrize("name", CONV_LOCAL)
def test_conv_local_takes_a_step_downhill(name: ConvLocal) -> None:
    config = conv_local(name)
    config = dataclasses.replace(config, weight_init="kaiming")
    net = build(config, seed=1)
    torch.manual_seed(1)
    x, labels = torch.randn(8, 3, 24, 24), torch.arange(8)
    before = functional.cross_entropy(net(x), labels)
    before.backward()
    with torch.no_grad():
        for parameter in net.parameters():
            assert parameter.grad is not None
            assert parameter.grad.any()
            parameter -= 1e-4 * parameter.grad
        assert functional.cross_entropy(net(x), labels) < before


@pytest.mark.parametrize("network", [four_layer(), conv_local("13pct")])
def test_pooling_without_overlap_keeps_the_sizes_of_the_cifar_nets(
    network: NetworkConfig,
) -> None:
    apart = with_disjoint_pools(network)
    pools = [layer for layer in apart.layers if isinstance(layer, Pool)]
    assert pools
    assert all(pool.size == pool.stride == 2 for pool in pools)
    assert [p.output_shape for p in layers_of(apart)] == [
        p.output_shape for p in layers_of(network)
    ]
