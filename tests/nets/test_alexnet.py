"""AlexNet's presets and ablations against the paper, the code and other makers."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import alexnet as torchvision_alexnet

from alexnet_lib.config import from_dict, to_dict
from alexnet_lib.modules.build import build
from alexnet_lib.nets.ablations import (
    with_alpha_as_printed,
    with_batch_norm,
    with_deviation,
    with_half_the_maps,
    with_norm_after_units,
    with_norm_before_units,
    with_sixth_conv,
    without_layer,
    without_norm_in,
    without_overlap,
    without_response_norm,
)
from alexnet_lib.nets.alexnet import PRESETS, Preset, alexnet
from alexnet_lib.nets.counts import LayerCount, count, total
from alexnet_lib.nets.layers import (
    BatchNorm,
    Conv,
    Linear,
    MapResponseNorm,
    ResponseNorm,
)
from alexnet_lib.nets.network import NetworkConfig, changed, numbers_of, with_input_side
from alexnet_lib.nets.shapes import layers_of

FAITHFUL: tuple[Preset, ...] = ("paper", "source", "caffe")


def sides(config: NetworkConfig) -> list[int]:
    """Sides of the maps after each conv and each pooling."""
    layers = layers_of(config)
    return [p.output_shape[1] for p in layers if p.name.startswith(("conv", "pool"))]


def parameters(config: NetworkConfig) -> int:
    return total(count(config)).parameters


def small(config: NetworkConfig, side: int = 67) -> NetworkConfig:
    """The same net on smaller images and with few units, to be built at once."""

    hidden = numbers_of(config, Linear)[:-1]
    narrow = changed(config, Linear, numbers=hidden, units=16)
    return with_input_side(narrow, side)


# --- numbers --------------------------------------------------------------------


@pytest.mark.parametrize("preset", FAITHFUL)
def test_the_faithful_presets_have_the_papers_sizes(preset: Preset) -> None:
    counts = {c.name: c for c in count(alexnet(preset))}
    units = [c.units for c in counts.values() if c.units]
    assert units == [290_400, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000]
    assert sum(units) == 659_272  # the abstract's 650,000
    assert total(counts.values()).parameters == 60_965_224  # its 60 million
    assert sides(alexnet(preset)) == [55, 27, 27, 13, 13, 13, 13, 6]


def test_layers_are_named_as_in_the_paper() -> None:
    assert " ".join(p.name for p in layers_of(alexnet("paper"))) == (
        "pad0 conv1 unit1 norm1 pool1 conv2 unit2 norm2 pool2 conv3 unit3 conv4 unit4 "
        "conv5 unit5 pool5 fc6 unit6 dropout6 fc7 unit7 dropout7 fc8"
    )
    assert " ".join(p.name for p in layers_of(alexnet("source"))) == (
        "pad0 conv1 norm1 pool1 unit1 conv2 unit2 norm2 mapnorm2 pool2 conv3 unit3 "
        "conv4 unit4 conv5 pool5 unit5 fc6 unit6 dropout6 fc7 unit7 dropout7 fc8"
    )


def test_each_layers_parameters_and_multiply_adds() -> None:
    counts = {c.name: c for c in count(alexnet("paper")) if c.parameters}
    assert {n: (c.parameters, c.multiply_adds) for n, c in counts.items()} == {
        "conv1": (11 * 11 * 3 * 96 + 96, 55 * 55 * 96 * 11 * 11 * 3),
        "conv2": (5 * 5 * 48 * 256 + 256, 27 * 27 * 256 * 5 * 5 * 48),
        "conv3": (3 * 3 * 256 * 384 + 384, 13 * 13 * 384 * 3 * 3 * 256),
        "conv4": (3 * 3 * 192 * 384 + 384, 13 * 13 * 384 * 3 * 3 * 192),
        "conv5": (3 * 3 * 192 * 256 + 256, 13 * 13 * 256 * 3 * 3 * 192),
        "fc6": (9216 * 4096 + 4096, 9216 * 4096),
        "fc7": (4096 * 4096 + 4096, 4096 * 4096),
        "fc8": (4096 * 1000 + 1000, 4096 * 1000),
    }
    whole = total(counts.values())
    assert whole.multiply_adds == 724_406_816
    assert whole.parameter_bytes == 4 * 60_965_224
    assert counts["conv1"].activation_bytes == 4 * 290_400


def test_counts_without_weights_are_activations_alone() -> None:
    pool = next(c for c in count(alexnet("paper")) if c.name == "pool1")
    assert pool == LayerCount("pool1", (96, 27, 27), 0, 0, 0, 27 * 27 * 96)


@pytest.mark.parametrize("preset", FAITHFUL)
def test_parameters_of_the_ablations(preset: Preset) -> None:
    net = alexnet(preset)
    assert parameters(with_half_the_maps(net)) == 59_798_312
    assert parameters(with_sixth_conv(net)) == 61_555_304
    assert parameters(without_overlap(net)) == 60_965_224
    assert parameters(without_response_norm(net)) == 60_965_224
    assert parameters(alexnet(preset, classes=10)) == 60_965_224 - 990 * 4097


def test_torchvisions_parameters() -> None:
    assert parameters(alexnet("torchvision")) == 61_100_840


# --- what the presets say -------------------------------------------------------


def test_biases_of_one_are_where_the_paper_has_them() -> None:
    for preset in ("paper", "source"):
        ones = [p.name for p in layers_of(alexnet(preset)) if vars(p.layer).get("bias")]
        assert ones == ["conv2", "conv4", "conv5", "fc6", "fc7"]


def test_source_differs_from_paper_as_the_code_does() -> None:
    stds = {
        preset: [x.std for x in alexnet(preset).layers if isinstance(x, Conv)]
        for preset in ("paper", "source")
    }
    assert stds == {"paper": [0.01] * 5, "source": [0.01, 0.01, 0.03, 0.03, 0.03]}
    norms = {
        preset: [x for x in alexnet(preset).layers if isinstance(x, ResponseNorm)]
        for preset in PRESETS
    }
    assert [n.divide_alpha_by_n for n in norms["paper"]] == [False, False]
    assert [n.divide_alpha_by_n for n in norms["source"]] == [True, True]
    assert [n.groups for n in norms["paper"] + norms["source"]] == [2] * 4
    assert [(n.groups, n.k) for n in norms["caffe"]] == [(1, 1.0)] * 2
    assert norms["torchvision"] == []


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_survive_json(preset: Preset) -> None:
    config = alexnet(preset)
    assert from_dict(NetworkConfig, to_dict(config)) == config


def test_unknown_presets_are_refused() -> None:
    with pytest.raises(ValueError, match="known: paper, source, caffe, torchvision"):
        alexnet("vgg")  # type: ignore[arg-type]


# --- ablations ------------------------------------------------------------------


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
    changed = [b for a, b in zip(source.layers, literal.layers, strict=True) if a != b]
    assert changed == [x for x in paper.layers if isinstance(x, ResponseNorm)]
    once = without_norm_in(source, 2)
    gone = {p.name for p in layers_of(source)} - {p.name for p in layers_of(once)}
    assert len(once.layers) == len(source.layers) - 2
    assert all("norm2" in name for name in gone)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("depth", [2, 3, 4, 5, 6, 7])
def test_any_middle_layer_can_be_removed(preset: Preset, depth: int) -> None:
    net = alexnet(preset)
    removed = without_layer(net, depth)
    before = [p.layer for p in layers_of(net) if p.name[:2] in ("co", "fc")]
    after = [p.layer for p in layers_of(removed) if p.name[:2] in ("co", "fc")]
    assert after == before[: depth - 1] + before[depth:]
    assert len(removed.layers) < len(net.layers) - 1
    if depth < 6:
        assert layers_of(removed)[-1].output_shape == (1000,)
        assert sides(removed)[-1] == 6


@pytest.mark.parametrize("depth", [0, 1, 8, 9])
def test_the_first_and_last_layer_stay(depth: int) -> None:
    with pytest.raises(ValueError, match="choose 2 to 7"):
        without_layer(alexnet("paper"), depth)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_and_ablation_runs_both_ways(preset: Preset) -> None:
    net = alexnet(preset, classes=3)
    variants = [net, with_half_the_maps(net), with_sixth_conv(net)]
    variants += [
        without_layer(net, 3),
        without_response_norm(net),
        with_batch_norm(net),
    ]
    for config in variants:
        module = build(small(config), seed=1)
        logits = module(20 * torch.randn(2, 3, 67, 67))
        assert logits.shape == (2, 3)
        functional.cross_entropy(logits, torch.tensor([0, 2])).backward()
        assert all(p.grad is not None for p in module.parameters())


# --- against other makers -------------------------------------------------------


def test_torchvisions_weights_give_torchvisions_outputs() -> None:
    theirs = torchvision_alexnet(weights=None, num_classes=10).eval()
    ours = build(alexnet("torchvision", classes=10), seed=1).eval()
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert mine.shape == other.shape
        if mine.dim() > 1:  # both drawn uniformly within the same bound
            assert mine.std().item() == pytest.approx(other.std().item(), rel=0.02)
    ours.load_state_dict(
        dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True))
    )
    x = torch.randn(2, 3, 224, 224)
    torch.testing.assert_close(ours(x), theirs(x))


def test_torchvisions_adaptive_pooling_takes_other_sizes() -> None:
    theirs = torchvision_alexnet(weights=None, num_classes=3).features.eval()
    ours = build(small(alexnet("torchvision", classes=3), side=127), seed=1).eval()
    convs = [m for m in theirs if isinstance(m, nn.Conv2d)]
    mine = [m for m in ours if isinstance(m, nn.Conv2d)]
    for m, other in zip(mine, convs, strict=True):
        m.load_state_dict(other.state_dict())
    x = torch.randn(1, 3, 127, 127)
    maps = functional.adaptive_avg_pool2d(theirs(x), 6)
    torch.testing.assert_close(_until(ours, "avgpool5", x), maps)


def _until(net: nn.Sequential, name: str, x: Tensor) -> Tensor:
    for each, module in net.named_children():
        x = module(x)
        if each == name:
            return x
    raise AssertionError(f"no layer {name}")


def halves(x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
    """Two convolutions side by side, each on its half of the maps."""
    pairs = zip(x.chunk(2, 1), weight.chunk(2), bias.chunk(2), strict=True)
    return torch.cat([functional.conv2d(*p, padding=padding) for p in pairs], 1)


def pool(x: Tensor) -> Tensor:
    return functional.max_pool2d(x, 3, 2)


def norm_by_halves(x: Tensor, alpha: float) -> Tensor:
    normalise = functional.local_response_norm
    return torch.cat([normalise(h, 5, alpha, 0.75, 2.0) for h in x.chunk(2, 1)], 1)


def written_out(preset: Preset, net: nn.Sequential, x: Tensor) -> Tensor:
    """The preset in evaluation mode, by torch's own functions, line by line."""
    p = dict(net.named_parameters())
    (w1, b1), (w2, b2), (w3, b3), (w4, b4), (w5, b5) = (
        (p[f"conv{i}.weight"], p[f"conv{i}.bias"]) for i in range(1, 6)
    )
    relu, conv2d = functional.relu, functional.conv2d
    if preset != "caffe":
        x = functional.pad(x, (0, 3, 0, 3))
    x = conv2d(x, w1, b1, stride=4)
    if preset == "caffe":
        x = pool(functional.local_response_norm(relu(x), 5, 1e-4, 0.75, 1.0))
        x = relu(halves(x, w2, b2, 2))
        x = pool(functional.local_response_norm(x, 5, 1e-4, 0.75, 1.0))
    elif preset == "paper":
        x = pool(norm_by_halves(relu(x), 5e-4))
        x = pool(norm_by_halves(relu(halves(x, w2, b2, 2)), 5e-4))
    else:
        x = relu(pool(norm_by_halves(x, 1e-4)))
        x = norm_by_halves(relu(halves(x, w2, b2, 2)), 1e-4)
        x = x / (1 + 1e-3 * functional.avg_pool2d(x * x, 5, 1, 2)) ** 0.75
        x = pool(x)
    x = relu(conv2d(x, w3, b3, padding=1))
    x = relu(halves(x, w4, b4, 1))
    x = pool(relu(halves(x, w5, b5, 1))).flatten(1)
    keep = 1.0 if preset == "caffe" else 0.5
    x = keep * relu(functional.linear(x, p["fc6.weight"], p["fc6.bias"]))
    x = keep * relu(functional.linear(x, p["fc7.weight"], p["fc7.bias"]))
    return functional.linear(x, p["fc8.weight"], p["fc8.bias"])


@pytest.mark.parametrize("preset", FAITHFUL)
def test_presets_equal_themselves_written_out(preset: Preset) -> None:
    side = 227 if preset == "caffe" else 224
    config = small(alexnet(preset, classes=10), side)
    net = build(dataclasses.replace(config, weight_init="kaiming"), seed=1).eval()
    torch.manual_seed(1)
    for parameter in net.parameters():
        if parameter.dim() == 1:
            nn.init.normal_(parameter, std=0.1)
    x = 50 * torch.randn(2, 3, side, side)
    with torch.no_grad():
        expected = written_out(preset, net, x)
        assert expected.std() > 1e-3
        torch.testing.assert_close(net(x), expected, rtol=1e-4, atol=1e-5)
