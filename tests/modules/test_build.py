"""What `build` makes of a config; published nets stay as they were."""

from __future__ import annotations

import math
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from alexnet_lib.config_json import from_dict, to_dict
from alexnet_lib.modules.build import build, decay_multipliers, initialise
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.nets.counts import count
from alexnet_lib.nets.layers import (
    Activation,
    AdaptivePool,
    BatchNorm,
    Conv,
    Dropout,
    Layer,
    Linear,
    Local,
    MapResponseNorm,
    Pool,
    ResponseNorm,
    ZeroPad,
)
from alexnet_lib.nets.network import NetworkConfig, WeightInit, with_input_side
from alexnet_lib.nets.shapes import layers_of

# every kind of layer once, at a size that trains in no time
ALL_KINDS = NetworkConfig(
    layers=(
        ZeroPad(right=3, bottom=1),
        *(Conv(8, 3, std=0.1, groups=1), Activation(), Pool("max")),
        *(ResponseNorm(divide_alpha_by_n=True, groups=2), MapResponseNorm(size=3)),
        *(Conv(6, 3, std=0.2, padding=1, groups=2, bias=0.5), BatchNorm()),
        *(Local(4, 3, std=0.3, bias=0.25, decay_mult=3.0), AdaptivePool(2)),
        *(Dropout("classic", keep=0.75), Linear(7, std=0.4, bias=1.0)),
        *(Activation(), Dropout("inverted", keep=0.5), Linear(5, std=0.5)),
    ),
    input_shape=(3, 16, 14),
)


def net_of(*layers: Layer, shape: tuple[int, int, int]) -> nn.Sequential:
    return build(NetworkConfig(layers, input_shape=shape), seed=1)


def test_published_nets_keep_names_and_weights() -> None:
    net = build(four_layer(), seed=1)
    assert " ".join(name for name, _ in net.named_children()) == (
        "conv1 pool1 unit1 conv2 unit2 pool2 conv3 unit3 pool3 flatten fc4"
    )
    generator = torch.Generator().manual_seed(1)
    for name, std in (("conv1", 1e-4), ("conv2", 0.01), ("conv3", 0.01), ("fc4", 0.01)):
        weight = net.get_parameter(f"{name}.weight")
        drawn = torch.empty_like(weight).normal_(0, std, generator=generator)
        assert torch.equal(weight, drawn)
        assert not net.get_parameter(f"{name}.bias").any()


def test_every_kind_of_layer_survives_json() -> None:
    assert {type(layer) for layer in ALL_KINDS.layers} == set(get_args(Layer))
    assert from_dict(NetworkConfig, to_dict(ALL_KINDS)) == ALL_KINDS


def test_every_layer_has_the_shape_and_parameters_counted_for_it() -> None:
    net = build(ALL_KINDS, seed=1)
    x = torch.randn(2, *ALL_KINDS.input_shape)
    counts = {c.name: c for c in count(ALL_KINDS)}
    for name, module in net.named_children():
        x = module(x)
        if name != "flatten":
            assert x.shape[1:] == counts[name].shape
            parameters = sum(p.numel() for p in module.parameters())
            assert parameters == counts[name].parameters
    assert set(counts) == {name for name, _ in net.named_children()} - {"flatten"}
    assert counts["local3"].units == math.prod(counts["local3"].shape)


def test_gaussian_init_has_each_layers_deviation_and_bias() -> None:
    wide = with_input_side(ALL_KINDS, 64)
    net = build(wide, seed=1)
    for placed in layers_of(wide):
        if isinstance(placed.layer, Conv | Local | Linear):
            weight = net.get_parameter(f"{placed.name}.weight")
            spread = 4 / math.sqrt(2 * weight.numel())
            assert weight.std().item() == pytest.approx(placed.layer.std, rel=spread)
            assert (net.get_parameter(f"{placed.name}.bias") == placed.layer.bias).all()


@pytest.mark.parametrize("layer", [Conv(32, 3, std=9, bias=9), Local(32, 3, std=9)])
@pytest.mark.parametrize("init", get_args(WeightInit)[1:])
def test_fan_based_init_takes_a_local_layer_for_a_convolution_per_place(
    init: WeightInit, layer: Conv | Local
) -> None:
    net = build(NetworkConfig((layer,), (16, 18, 18), weight_init=init), seed=1)
    deviation = {
        "kaiming": math.sqrt(2 / (16 * 9)),
        "xavier": math.sqrt(2 / (16 * 9 + 32 * 9)),
        "torch": 1 / math.sqrt(16 * 9) / math.sqrt(3),
    }
    weight, bias = net[0].weight, net[0].bias
    assert weight.std().item() == pytest.approx(deviation[init], rel=0.03)
    bound = 1 / math.sqrt(16 * 9) if init == "torch" else 0.0
    assert bias.abs().max().item() == pytest.approx(bound, rel=0.1)


def test_a_seed_decides_every_parameter() -> None:
    one, two, other = (build(ALL_KINDS, seed) for seed in (1, 1, 2))
    for (name, p), (_, q) in zip(
        one.named_parameters(), two.named_parameters(), strict=True
    ):
        assert torch.equal(p, q), name
    assert not torch.equal(one.get_parameter("fc5.weight"), other[-1].weight)
    with torch.no_grad():
        for parameter in two.parameters():
            parameter.add_(1)
    two(torch.randn(4, *ALL_KINDS.input_shape))  # moves the running statistics
    initialise(two, ALL_KINDS, seed=1)
    for (name, p), (_, q) in zip(
        one.state_dict().items(), two.state_dict().items(), strict=True
    ):
        assert torch.equal(p, q), name


def test_a_second_layer_of_a_kind_gets_a_letter() -> None:
    pool = Pool("max", size=2)
    net = net_of(Conv(2, 1, std=1), pool, pool, pool, shape=(1, 8, 8))
    assert list(dict(net.named_children())) == ["conv1", "pool1", "pool1b", "pool1c"]
    assert net(torch.randn(1, 1, 8, 8)).shape == (1, 2, 1, 1)


def test_decay_multipliers_name_every_parameter() -> None:
    names = [name for name, _ in build(ALL_KINDS, seed=1).named_parameters()]
    multipliers = decay_multipliers(ALL_KINDS)
    assert list(multipliers) == names
    assert multipliers["batchnorm2.weight"] == 0
    assert multipliers["local3.weight"] == 3
    assert multipliers["local3.bias"] == 3  # where biases are decayed at all
    assert multipliers["batchnorm2.bias"] == 0


# --- pooling ----------------------------------------------------------------------


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
