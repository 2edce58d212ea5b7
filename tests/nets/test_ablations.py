"""The ablations change what they name, and nothing else."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from alexnet_lib.modules.build import build
from alexnet_lib.nets.ablations import (
    with_alpha_as_printed,
    with_batch_norm,
    with_communication,
    with_constant_norm,
    with_deviation,
    with_half_the_maps,
    with_norm_after_units,
    with_norm_before_units,
    with_sixth_conv,
    with_wide_columns,
    without_dropout,
    without_layer,
    without_norm_in,
    without_overlap,
    without_response_norm,
)
from alexnet_lib.nets.alexnet import PRESETS, Preset, alexnet
from alexnet_lib.nets.layers import (
    BatchNorm,
    Conv,
    Dropout,
    Linear,
    MapResponseNorm,
    ResponseNorm,
)
from alexnet_lib.nets.network import NetworkConfig, changed
from alexnet_lib.nets.shapes import layers_of

from .networks import narrow, parameters, sides
from .test_alexnet import FAITHFUL


@pytest.mark.parametrize("preset", FAITHFUL)
def test_parameters_of_the_ablations(preset: Preset) -> None:
    net = alexnet(preset)
    assert parameters(with_half_the_maps(net)) == 59_798_312
    assert parameters(with_sixth_conv(net)) == 61_555_304
    assert parameters(without_overlap(net)) == 60_965_224
    assert parameters(without_response_norm(net)) == 60_965_224


def test_half_keeps_only_the_last_conv_layers_width() -> None:
    net = with_half_the_maps(alexnet("source"))
    convs = [x for x in net.layers if isinstance(x, Conv)]
    assert [c.maps for c in convs] == [48, 128, 192, 192, 256]
    assert all(x.groups == 1 for x in net.layers if isinstance(x, Conv | ResponseNorm))


def test_the_sixth_conv_layer_reads_both_halves() -> None:
    layers = {p.name: p for p in layers_of(with_sixth_conv(alexnet("source")))}
    conv6 = layers["conv6"]
    assert conv6.input_shape == conv6.output_shape == (256, 6, 6)
    assert conv6.layer == Conv(256, 3, std=0.03, padding=1, bias=1.0)
    assert list(layers)[-8:-5] == ["unit6", "fc7", "unit7"]
    torchvisions = [p.name for p in layers_of(with_sixth_conv(alexnet("torchvision")))]
    assert torchvisions[-10:-6] == ["avgpool5", "conv6", "unit6", "dropout6"]


def test_the_codes_deviations_are_all_that_its_init_has_of_its_own() -> None:
    """The text's network, conv3 to conv5 drawn anew: std as in #145, the rest kept."""
    paper, source = alexnet("paper"), alexnet("source")
    drawn = with_deviation(paper, (3, 4, 5), 0.03)
    kinds = Conv | Linear

    def stds(network: NetworkConfig) -> list[float]:
        return [x.std for x in network.layers if isinstance(x, kinds)]

    assert stds(drawn) == stds(source) != stds(paper)
    assert with_deviation(drawn, (3, 4, 5), 0.01) == paper


@pytest.mark.parametrize("preset", PRESETS)
def test_without_dropout_all_else_stays(preset: Preset) -> None:
    net = alexnet(preset)
    without = without_dropout(net)
    assert len(net.layers) - len(without.layers) == 2
    assert [x for x in net.layers if not isinstance(x, Dropout)] == [*without.layers]


def test_a_constant_norm_is_a_net_without_norm_whose_maps_are_scaled() -> None:
    """By 2^-.75 in layers 1 and 2: .595, at conv3's input both times that."""
    net = narrow(alexnet("source"), 96)
    x = 70 * torch.randn(2, *net.input_shape)
    constant, without = (
        build(changed_net, seed=1).double().eval()
        for changed_net in (with_constant_norm(net), without_response_norm(net))
    )
    without.conv2.register_forward_pre_hook(lambda _, inputs: 2**-0.75 * inputs[0])
    without.conv3.register_forward_pre_hook(lambda _, inputs: 2**-0.75 * inputs[0])
    torch.testing.assert_close(constant(x.double()), without(x.double()))


@pytest.mark.parametrize("preset", FAITHFUL)
def test_pooling_without_overlap_ends_at_the_same_size(preset: Preset) -> None:
    assert sides(without_overlap(alexnet(preset))) == [55, 28, 26, 13, 13, 13, 11, 6]


@pytest.mark.parametrize("preset", FAITHFUL)
def test_normalisation_goes_and_nothing_else(preset: Preset) -> None:
    net = alexnet(preset)
    bare, batch = without_response_norm(net), with_batch_norm(net)
    kinds = ResponseNorm | MapResponseNorm
    assert list(bare.layers) == [x for x in net.layers if not isinstance(x, kinds)]
    assert [x for x in batch.layers if x != BatchNorm()] == list(bare.layers)
    spots = [p.name for p in layers_of(net) if isinstance(p.layer, ResponseNorm)]
    batch_spots = [p.name for p in layers_of(batch) if p.layer == BatchNorm()]
    assert batch_spots == [name.replace("norm", "batchnorm") for name in spots]


def test_each_change_of_normalisation_is_the_one_it_names() -> None:
    source, paper = alexnet("source"), alexnet("paper")
    after = with_norm_after_units(source)
    names = [p.name for p in layers_of(after)]
    assert names[:5] == ["pad0", "conv1", "unit1", "norm1", "pool1"]
    assert names[5:] == [p.name for p in layers_of(source)][5:]
    assert with_norm_after_units(paper) == paper
    before = [p.name for p in layers_of(with_norm_before_units(source))]
    assert before[:6] == [p.name for p in layers_of(source)][:6]
    assert before[6:10] == ["norm2", "mapnorm2", "unit2", "pool2"]
    assert with_norm_after_units(with_norm_before_units(paper)) == paper
    literal = with_alpha_as_printed(source)
    different = [
        b for a, b in zip(source.layers, literal.layers, strict=True) if a != b
    ]
    assert different == [x for x in paper.layers if isinstance(x, ResponseNorm)]
    once = without_norm_in(source, 2)
    gone = {p.name for p in layers_of(source)} - {p.name for p in layers_of(once)}
    assert len(once.layers) == len(source.layers) - 2
    assert all("norm2" in name for name in gone)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("number", [2, 3, 4, 5, 6, 7])
def test_any_middle_layer_can_be_removed(preset: Preset, number: int) -> None:
    net = alexnet(preset)
    removed = without_layer(net, number)
    before = [p.layer for p in layers_of(net) if p.name[:2] in ("co", "fc")]
    after = [p.layer for p in layers_of(removed) if p.name[:2] in ("co", "fc")]
    assert after == before[: number - 1] + before[number:]
    assert len(removed.layers) < len(net.layers) - 1
    if number < 6:
        assert layers_of(removed)[-1].output_shape == (1000,)
        assert sides(removed)[-1] == 6


@pytest.mark.parametrize("number", [0, 1, 8, 9])
def test_the_first_and_last_layer_stay(number: int) -> None:
    with pytest.raises(ValueError, match="choose 2 to 7"):
        without_layer(alexnet("paper"), number)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_and_ablation_runs_both_ways(preset: Preset) -> None:
    net = alexnet(preset, classes=3)
    changes = (with_half_the_maps, with_sixth_conv, with_batch_norm)
    variants = [net, without_layer(net, 3), *(change(net) for change in changes)]
    for network in variants:
        module = build(narrow(network, 67), seed=1)
        logits = module(20 * torch.randn(2, 3, 67, 67))
        assert logits.shape == (2, 3)
        functional.cross_entropy(logits, torch.tensor([0, 2])).backward()
        assert all(p.grad is not None for p in module.parameters())


def groups(network: NetworkConfig) -> list[int]:
    return [x.groups for x in network.layers if isinstance(x, Conv | Linear)]


@pytest.mark.parametrize("preset", FAITHFUL)
def test_a_pattern_of_communication_is_who_reads_both_halves(preset: Preset) -> None:
    net = alexnet(preset)
    assert with_communication(net, "paper") == net
    assert groups(net) == [1, 2, 1, 2, 2, 1, 1, 1]
    none, every = with_communication(net, "none"), with_communication(net, "every")
    assert groups(none) == [1, 2, 2, 2, 2, 2, 2, 1]
    assert groups(every) == [1] * 8
    both = Conv | Linear
    for other in (none, every):
        assert changed(other, both, groups=1) == changed(net, both, groups=1)


def test_columns_are_as_wide_as_in_150() -> None:
    """conv2 of 160 maps a column and a first hidden layer of 4096 units a column."""
    source = alexnet("source")
    wide = with_wide_columns(source)
    assert [x.maps for x in wide.layers if isinstance(x, Conv)] == (
        [96, 2 * 160, 384, 384, 256]
    )
    assert [x.units for x in wide.layers if isinstance(x, Linear)] == (
        [2 * 4096, 4096, 1000]
    )
    narrowed = changed(wide, Conv, numbers=(2,), maps=256)
    assert changed(narrowed, Linear, numbers=(6,), units=4096) == source


def test_unknown_patterns_are_refused() -> None:
    with pytest.raises(ValueError, match="no pattern 'some'; known: paper, none"):
        with_communication(alexnet(), "some")  # type: ignore[arg-type]
