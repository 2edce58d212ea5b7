"""AlexNet's presets against the paper, the code and other makers."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import alexnet as torchvision_alexnet

from alexnet_lib.modules.build import build
from alexnet_lib.nets.alexnet import PRESETS, Preset, alexnet
from alexnet_lib.nets.counts import LayerCount, count, total
from alexnet_lib.nets.layers import (
    Conv,
    ResponseNorm,
)
from alexnet_lib.nets.shapes import layers_of

from .networks import narrow, parameters, sides

FAITHFUL: tuple[Preset, ...] = ("paper", "source", "caffe")


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


def test_fewer_classes_leave_out_rows_of_the_classifier() -> None:
    assert parameters(alexnet("paper", classes=10)) == 60_965_224 - 990 * 4097


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


def test_unknown_presets_are_refused() -> None:
    with pytest.raises(ValueError, match="known: paper, source, caffe, torchvision"):
        alexnet("vgg")  # type: ignore[arg-type]


# --- against other makers -------------------------------------------------------


def test_torchvisions_weights_give_torchvisions_outputs() -> None:
    """On images of other sizes too, which its adaptive pooling takes."""
    theirs = torchvision_alexnet(weights=None, num_classes=10).eval()
    ours = build(alexnet("torchvision", classes=10), seed=1).eval()
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert mine.shape == other.shape
        if mine.dim() > 1:  # both drawn uniformly within the same bound
            assert mine.std().item() == pytest.approx(other.std().item(), rel=0.02)
    ours.load_state_dict(
        dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True))
    )
    for side in (224, 127):
        x = torch.randn(2, 3, side, side)
        torch.testing.assert_close(ours(x), theirs(x))


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
    config = narrow(alexnet(preset, classes=10), side)
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
