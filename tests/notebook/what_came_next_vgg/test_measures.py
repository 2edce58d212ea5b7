"""What notebook 09 counts and measures, against other ways to count and measure."""

import dataclasses

import pytest
import torch
import torchvision
from torch.nn import functional

from alexnet_lib.modules.build import build
from alexnet_lib.modules.dense import dense
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.layers import Conv, Pool
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.vgg import CONFIGURATIONS, narrowed, vgg
from alexnet_lib.notebook.what_came_next_vgg import (
    costs,
    crops,
    jitter,
    signals,
    stacks,
)


@pytest.mark.parametrize("kernels", [[3], [5, 3], [3, 3, 3], [1, 7]])
def test_weights_of_a_stack_are_those_of_modules(kernels):
    net = build(stacks.stack(kernels, 8), seed=1)
    weights = sum(p.numel() for n, p in net.named_parameters() if "weight" in n)
    assert stacks.weights(kernels, 8) == weights


@pytest.mark.parametrize("network", [alexnet("source"), vgg("C"), vgg("E")])
def test_the_field_by_rule_is_the_field_by_gradient(network):
    for layer, side, step in stacks.fields(network):
        assert stacks.field_by_gradient(network, layer) == side
        assert step == 2 ** (step.bit_length() - 1)


def test_the_step_is_how_far_the_field_moves():
    """An output's gradient, and its neighbour's, in a net of unlike strides."""
    layers = (Conv(1, 5, std=1.0, stride=3), Pool("average", 3, 2))
    network = NetworkConfig(layers, input_shape=(1, 64, 64))
    *_, last = stacks.fields(network)
    assert (last.side, last.step) == (5 + 2 * 3, 6)
    image = torch.zeros(1, 1, 64, 64, requires_grad=True)
    out = build(network, seed=1)(image)
    firsts = []
    for column in (3, 4):
        (g,) = torch.autograd.grad(out[0, 0, 3, column], image, retain_graph=True)
        firsts.append(int(g[0, 0].any(0).nonzero().min()))
    assert firsts[1] - firsts[0] == last.step


def test_a_field_is_asked_of_layers_that_have_one():
    with pytest.raises(ValueError, match="pooling 'fc9' in"):
        stacks.field_by_gradient(vgg("A"), "fc9")


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_a_convolutional_copy_has_the_same_parameters(configuration):
    network = vgg(configuration)
    copy = costs.as_convolutions(network)
    assert total(count(copy)).parameters == total(count(network)).parameters
    assert total(count(copy)).multiply_adds == total(count(network)).multiply_adds


@pytest.mark.parametrize("side", [64, 96, 128])
def test_places_are_those_of_the_dense_network(side):
    network = narrowed(vgg("A", 5), 64, parts=16)
    net = build(network, seed=1).eval()
    scores = dense(net, network)(torch.zeros(1, 3, side, side))
    assert scores.shape[2] == scores.shape[3] == costs.places(network, side)


def test_a_dense_pass_costs_what_its_layers_do_and_crops_as_many_nets():
    network = vgg("A")
    one = total(count(network)).multiply_adds
    assert costs.dense_and_crops(network, 224) == (one, one)
    at_once, by_crop = costs.dense_and_crops(network, 384)
    assert by_crop == 36 * one
    assert one < at_once < by_crop / 5


def test_the_share_of_fully_connected_layers_is_torchvisions():
    with torch.device("meta"):
        theirs = torchvision.models.vgg16()
    connected = sum(p.numel() for p in theirs.classifier.parameters())
    whole = sum(p.numel() for p in theirs.parameters())
    assert costs.connected_share(vgg("D")) == connected / whole
    assert costs.later_networks()["VGG-D (2014)"] == (whole, connected, 16)


def test_scores_of_crops_are_those_of_each_crop():
    net = build(crops.SMALL, seed=1).eval()
    images = torch.randn(2, 3, 40, 36)
    scores = crops.scores_of_crops(net, images, 32, 4)
    assert scores.shape == (2, 10, 3, 2)
    with torch.no_grad():
        last = net(images[..., 8:40, 4:36])
    torch.testing.assert_close(scores[..., 2, 1], last)


def test_without_padding_dense_equals_crops_and_with_it_does_not():
    images = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    apart = []
    for network, side in ((crops.UNPADDED, 62), (crops.SMALL, 64)):
        net = build(network, seed=1).double().eval()
        seen = images[..., :side, :side]
        by_crop = crops.scores_of_crops(net, seen, network.input_shape[1], 4)
        with torch.no_grad():
            apart.append((dense(net, network)(seen) - by_crop).abs().max())
    assert apart[0] < 1e-12 < 1e-2 < apart[1]


def test_a_rescaled_image_keeps_its_shape_and_a_crop_lies_in_it():
    image = torch.arange(3 * 90 * 120).reshape(3, 90, 120).to(torch.uint8)
    assert jitter.rescaled(image, 300).shape == (3, 300, 400)
    for seed in range(20):
        of = jitter.jittered(image, 256, seed)
        (y, x), n = of.corner, jitter.CROP
        assert torch.equal(of.crop, of.image[:, y : y + n, x : x + n])
        assert of.share == pytest.approx(n * n / (256 * of.image.shape[2]))
    corners = {jitter.jittered(image, 256, seed).corner for seed in range(20)}
    assert len(corners) > 10


def test_scales_are_drawn_from_one_end_to_the_other():
    scales = jitter.drawn_scales(5000)
    assert (scales.min(), scales.max()) == (jitter.SMALLEST, jitter.LARGEST)
    assert abs(scales.float().mean() - 384) < 5


def test_strengths_are_root_mean_squares_of_the_layers():
    network = signals.drawn("A")
    net = build(network, seed=1).eval()
    found = signals.strengths(network)
    x = signals.noise()
    first = functional.conv2d(x, net.conv1.weight, net.conv1.bias, padding=1)
    assert found["conv1"] == pytest.approx(first.square().mean().sqrt().item())
    with torch.no_grad():
        scores = net(x)
    assert found["fc11"] == pytest.approx(scores.square().mean().sqrt().item())
    assert len(found) == 11


def test_all_weights_wider_make_scores_stronger_by_a_power_of_the_depth():
    """Eleven layers without biases: homogeneous of the eleventh degree."""
    one, two = (signals.strengths(signals.drawn("A", f))["fc11"] for f in (1.0, 2.0))
    assert two / one == pytest.approx(2**11, rel=1e-3)


def test_gradients_are_shares_of_the_weights():
    network = dataclasses.replace(signals.drawn("A", 4.0))
    net = build(network, seed=1).eval()
    labels = torch.arange(16) % signals.CLASSES
    functional.cross_entropy(net(signals.noise()), labels).backward()
    weight = net.fc11.weight
    expected = (weight.grad.norm() / weight.norm()).item()
    assert signals.gradients(network)["fc11"] == pytest.approx(expected, rel=1e-4)
