"""VGG's networks against the paper's tables and torchvision's modules."""

from __future__ import annotations

import pytest
import torch
import torchvision.models
from torch import nn
from torchvision.models.vgg import cfgs, make_layers

from alexnet_lib.modules.build import build
from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.layers import Activation, Conv, Linear, Pool, Weighted
from alexnet_lib.nets.network import (
    NetworkConfig,
)
from alexnet_lib.nets.shapes import layers_of
from alexnet_lib.nets.vgg import (
    CONFIGURATIONS,
    Configuration,
    layers_from_a,
    narrowed,
    vgg,
    with_5x5,
    with_deviations,
)

from .networks import narrow

TABLE_1: dict[Configuration, str] = {
    "A": "3-64 M 3-128 M 3-256 3-256 M 3-512 3-512 M 3-512 3-512 M",
    "A-LRN": "3-64 LRN M 3-128 M 3-256 3-256 M 3-512 3-512 M 3-512 3-512 M",
    "B": "3-64 3-64 M 3-128 3-128 M 3-256 3-256 M 3-512 3-512 M 3-512 3-512 M",
    "C": "3-64 3-64 M 3-128 3-128 M 3-256 3-256 1-256 M 3-512 3-512 1-512 M "
    "3-512 3-512 1-512 M",
    "D": "3-64 3-64 M 3-128 3-128 M 3-256 3-256 3-256 M 3-512 3-512 3-512 M "
    "3-512 3-512 3-512 M",
    "E": "3-64 3-64 M 3-128 3-128 M 3-256 3-256 3-256 3-256 M "
    "3-512 3-512 3-512 3-512 M 3-512 3-512 3-512 3-512 M",
}
TABLE_2 = {"A": 133, "A-LRN": 133, "B": 133, "C": 134, "D": 138, "E": 144}
TORCHVISIONS = {"A": "vgg11", "B": "vgg13", "D": "vgg16", "E": "vgg19"}


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_layers_are_those_of_table_1(configuration: Configuration) -> None:
    def symbol(layer: object) -> str:
        if isinstance(layer, Conv):
            return f"{layer.kernel}-{layer.maps}"
        return "M" if layer == Pool("max", size=2, stride=2) else "LRN"

    layers = vgg(configuration).layers
    hidden = next(i for i, layer in enumerate(layers) if isinstance(layer, Linear))
    features = [x for x in layers[:hidden] if not isinstance(x, Activation)]
    assert " ".join(map(symbol, features)) == TABLE_1[configuration]


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_parameters_are_those_of_table_2(configuration: Configuration) -> None:
    network = vgg(configuration)
    assert round(total(count(network)).parameters / 1e6) == TABLE_2[configuration]
    depth = sum(isinstance(layer, Weighted) for layer in network.layers)
    assert depth == TABLE_1[configuration].count("-") + 3


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_convolutions_keep_the_side_and_each_pooling_halves_it(
    configuration: Configuration,
) -> None:
    sides = {p.name: p.output_shape[-1] for p in layers_of(vgg(configuration))}
    assert [n for name, n in sides.items() if "pool" in name] == [112, 56, 28, 14, 7]
    convs = [p for p in layers_of(vgg(configuration)) if isinstance(p.layer, Conv)]
    assert all(p.input_shape[1:] == p.output_shape[1:] for p in convs)


def test_every_unit_follows_its_weights_and_the_hidden_layers_are_dropped_out() -> None:
    names = [p.name for p in layers_of(vgg("A"))]
    for number in range(1, 11):
        kind = "fc" if number > 8 else "conv"
        at = names.index(f"{kind}{number}")
        assert names[at + 1] == f"unit{number}"
    assert " ".join(names[-7:]) == "fc9 unit9 dropout9 fc10 unit10 dropout10 fc11"


def test_weights_start_from_one_deviation_and_biases_from_0() -> None:
    weighted = [x for x in vgg("E").layers if isinstance(x, Weighted)]
    assert {(x.std, x.bias) for x in weighted} == {(0.01, 0.0)}


def test_unknown_configurations_are_refused() -> None:
    with pytest.raises(ValueError, match="known: A, A-LRN, B, C, D, E"):
        vgg("F")  # type: ignore[arg-type]


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_the_seven_layers_of_a_fit_where_a_deeper_net_starts_from_them(
    configuration: Configuration,
) -> None:
    own = {p.name: p for p in layers_of(vgg(configuration))}
    of_a = {p.name: p for p in layers_of(vgg("A"))}
    pairs = layers_from_a(configuration)
    assert list(pairs.values()) == [
        "conv1",
        "conv2",
        "conv3",
        "conv4",
        "fc9",
        "fc10",
        "fc11",
    ]
    assert list(pairs)[-3:] == [name for name in own if name.startswith("fc")]
    for name, name_in_a in pairs.items():
        assert own[name].layer == of_a[name_in_a].layer
        assert own[name].input_shape[0] == of_a[name_in_a].input_shape[0]


def test_one_5x5_stands_for_each_two_3x3_of_b() -> None:
    """§4.1: five convolutions, the poolings where they were, the same sides."""
    shallow = with_5x5(vgg("B"))
    kernels = [(x.kernel, x.padding) for x in shallow.layers if isinstance(x, Conv)]
    assert kernels == [(5, 2)] * 5
    assert with_5x5(vgg("A")).layers[:3] == vgg("A").layers[:3]
    pools = [p.output_shape for p in layers_of(shallow) if "pool" in p.name]
    assert pools == [p.output_shape for p in layers_of(vgg("B")) if "pool" in p.name]
    alternating = [isinstance(x, Weighted) for x in shallow.layers[:12]]
    assert alternating == [True, False, False] * 4


def test_a_stack_of_3x3_has_18_weights_for_25_and_27_for_49() -> None:
    maps = 64

    def weights(*kernels: int) -> int:
        layers = tuple(Conv(maps, k, std=0.01, padding=k // 2) for k in kernels)
        network = NetworkConfig(layers, input_shape=(maps, 9, 9))
        return total(count(network)).parameters - maps * len(kernels)

    assert weights(3, 3) * 25 == weights(5) * 18
    assert weights(3, 3, 3) * 49 == weights(7) * 27


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_a_narrow_copy_has_a_quarter_of_each_width(
    configuration: Configuration,
) -> None:
    whole, copy = vgg(configuration, 10), narrowed(vgg(configuration, 10), 32)
    widths = [[p.output_shape[0] for p in layers_of(n)] for n in (whole, copy)]
    assert [4 * width for width in widths[1][:-1]] == widths[0][:-1]
    assert layers_of(copy)[-1].output_shape == (10,)
    assert [p.output_shape[1] for p in layers_of(copy) if "pool" in p.name][-1] == 1


def test_signals_in_a_narrow_copy_are_as_strong_as_in_the_whole() -> None:
    """Root mean squares after each layer, of noise on sides that both take."""
    whole = narrowed(vgg("A", 10), 32, parts=1)
    x = 60 * torch.randn(8, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    strengths = []
    for network in (whole, narrowed(vgg("A", 10), 32, parts=4)):
        values, of_net = x.clone(), []
        for name, module in build(network, seed=1).eval().named_children():
            values = module(values)
            if name.startswith(("unit", "fc")):
                of_net.append(values.square().mean().sqrt().item())
        strengths.append(of_net)
    ratios = [a / b for a, b in zip(*strengths, strict=True)]
    assert all(0.5 < ratio < 2 for ratio in ratios), ratios
    assert min(strengths[0]) < 1e-2 < max(strengths[0])


def test_deviations_are_multiplied_and_nothing_else_changes() -> None:
    wide = with_deviations(vgg("A"), 2.0)
    assert {x.std for x in wide.layers if isinstance(x, Weighted)} == {0.02}
    assert with_deviations(wide, 0.5) == vgg("A")


# --- against torchvision ----------------------------------------------------------


@pytest.mark.parametrize("configuration", TORCHVISIONS)
def test_torchvisions_nets_have_the_same_parameters_layer_by_layer(
    configuration: Configuration,
) -> None:
    with torch.device("meta"):
        theirs = getattr(torchvision.models, TORCHVISIONS[configuration])()
    weighted = (m for m in theirs.modules() if isinstance(m, nn.Conv2d | nn.Linear))
    sizes = [sum(p.numel() for p in module.parameters()) for module in weighted]
    assert [c.parameters for c in count(vgg(configuration)) if c.parameters] == sizes


def with_weights_of(theirs: nn.Module, network: NetworkConfig) -> nn.Sequential:
    ours = build(network, seed=1).eval()
    values = theirs.state_dict().values()
    ours.load_state_dict(dict(zip(ours.state_dict(), values, strict=True)))
    return ours


@pytest.mark.parametrize("configuration", TORCHVISIONS)
def test_torchvisions_weights_give_torchvisions_outputs(
    configuration: Configuration,
) -> None:
    """An eighth of the maps, 16 hidden units, images of 64 pixels."""
    network = narrow(vgg(configuration, classes=5), 64)
    stages = cfgs[configuration]
    features = make_layers([x if x == "M" else int(x) // 8 for x in stages])
    theirs = nn.Sequential(
        *(features, nn.Flatten(), nn.Linear(64 * 2 * 2, 16), nn.ReLU()),
        *(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 5)),
    )
    torch.manual_seed(1)
    for parameter in theirs.parameters():
        if parameter.dim() > 1:
            nn.init.kaiming_normal_(parameter)
        else:
            nn.init.normal_(parameter, std=0.1)
    x = torch.randn(2, 3, 64, 64)
    ours = with_weights_of(theirs, network)
    assert theirs(x).std() > 0.1
    torch.testing.assert_close(ours(x), theirs(x))


def test_the_whole_of_vgg11_gives_torchvisions_output() -> None:
    theirs = torchvision.models.vgg11(init_weights=False, num_classes=10).eval()
    x = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        ours = with_weights_of(theirs, vgg("A", classes=10))
        torch.testing.assert_close(ours(x), theirs(x))
