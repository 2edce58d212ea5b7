"""Notebook 05: what is counted, what is drawn, and the small run."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from matplotlib.text import Annotation

from alexnet_lib.modules.build import build
from alexnet_lib.nets.ablations import PATTERNS, with_communication, with_half_the_maps
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.layers import Dropout
from alexnet_lib.notebook.two_gpu_training import pictures
from alexnet_lib.notebook.two_gpu_training.small_run import (
    BATCH,
    few_maps,
    in_towers,
    train_small,
)
from alexnet_lib.parallel import costs
from alexnet_lib.parallel.launch import launch
from alexnet_lib.parallel.sharding import Layout, traffic
from alexnet_lib.training.team import SingleProcess
from tests.drawn import panel_of

ON_CPU = SingleProcess(torch.device("cpu"))


def test_figure_2_has_the_layers_of_the_paper_and_one_slip():
    counted = costs.counted(alexnet("paper"))
    assert list(costs.PRINTED) == ["input", *counted]
    assert costs.PRINTED["input"] == math.prod(alexnet("paper").input_shape)
    slips = [n for n, c in counted.items() if c.units != costs.PRINTED[n]]
    assert slips == ["conv1"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_bytes_follow_the_traffic(pattern):
    net = with_communication(alexnet("paper"), pattern)
    full = costs.sent(net, Layout(), 10)
    half = costs.sent(net, Layout(wire="float16"), 10)
    for row in traffic(net, Layout()):
        assert full[row.name] == [40 * row.sends[0], 40 * row.backward[0]]
        factor = 1 if row.name == "logits" else 2
        assert [factor * x for x in half[row.name]] == full[row.name]


def test_more_columns_have_the_same_maps_and_fewer_connections():
    net = alexnet("paper")
    assert costs.columns(net, 2) == net
    four = costs.columns(net, 4)
    assert total(count(four)).units == total(count(net)).units
    assert total(count(four)).parameters < total(count(net)).parameters


@pytest.mark.parametrize("pattern", PATTERNS)
def test_towers_share_the_memory_but_for_what_they_receive(pattern):
    net = with_communication(alexnet("paper"), pattern)
    one, two = (costs.memory(net, towers, batch=2) for towers in (1, 2))
    assert one.state == 12 * total(count(net)).parameters == 2 * two.state
    assert one.maps == 8 * total(count(net)).activations
    received = 8 * sum(r.sends[0] for r in traffic(net, Layout())[:-1])
    padded = 8 * count(net)[0].activations
    assert two.maps == (one.maps - padded) // 2 + padded + received


def test_the_largest_batch_is_the_last_that_fits():
    net = alexnet("paper")
    for towers in (1, 2):
        largest = costs.largest_batch(net, towers)
        assert costs.memory(net, towers, largest).total <= costs.GTX_580
        assert costs.memory(net, towers, largest + 1).total > costs.GTX_580


def test_autograd_keeps_what_it_is_seen_to_keep():
    net = dataclasses.replace(few_maps(), layers=few_maps().layers[:3])
    seen = {}

    def keep(x):
        seen[x.untyped_storage().data_ptr()] = x
        return x

    real = build(net, seed=1)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        real(torch.randn(4, *net.input_shape))
    weights = {p.untyped_storage().data_ptr() for p in real.parameters()}
    bytes_kept = sum(x.nbytes for place, x in seen.items() if place not in weights)
    assert costs.kept_by_autograd(net, 4) == bytes_kept > 0


# values that a tower of two sends forward for one image, before each layer: its maps
VALUES = {
    "conv2": 48 * 27 * 27,
    "conv3": 128 * 13 * 13,
    "conv4": 192 * 13 * 13,
    "conv5": 192 * 13 * 13,
    "fc6": 128 * 6 * 6,
    "fc7": 2048,
    "fc8": 2048,
    "logits": 500,
}
CROSSING = {
    "paper": ["conv3", "fc6", "fc7", "fc8"],
    "none": ["fc8"],
    "every": ["conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"],
}


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("wire", ["same", "float16"])
def test_bars_are_the_bytes_sent_each_way(pattern, wire):
    picture = pictures.traffic_bars(pattern, 2, 32, wire)
    sent = [*CROSSING[pattern], "logits"]
    heights = []
    for back in (False, True):
        for name, values in VALUES.items():
            size = 2 if wire == "float16" and name != "logits" else 4
            there = name in sent and not (back and name == "logits")
            heights.append(size * 32 * values / 2**20 if there else 0)
    (panel,) = map(panel_of, picture.figure.axes)
    assert [height for *_, height in panel.boxes] == pytest.approx(heights)
    assert f"sends {sum(heights):.1f} MiB per step" in picture.alt


@pytest.mark.parametrize("towers", [4, 8])
def test_more_towers_draw_too(towers):
    assert pictures.traffic_bars("paper", towers).png()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_coloured_arrows_cross_before_the_layers_that_read_both(pattern):
    picture = pictures.split(pattern)
    (ax,) = picture.figure.axes
    arrows = [text for text in ax.texts if isinstance(text, Annotation)]
    to = {
        round(a.xy[1] + 0.25)
        for a in arrows
        if a.arrow_patch.get_edgecolor()[:3] != (0, 0, 0)
    }
    layers = ["conv1", *list(VALUES)[:-1]]
    assert sorted(to) == [layers.index(name) + 1 for name in CROSSING[pattern]]
    assert len(arrows) == 2 * len(layers) + 2 * len(to)
    assert picture.alt.endswith("before " + ", ".join(CROSSING[pattern]))


@pytest.mark.parametrize("batch", [16, 128])
def test_memory_is_drawn_as_it_is_counted(batch):
    picture = pictures.memory_bars(batch)
    (panel,) = map(panel_of, picture.figure.axes)
    net = alexnet("paper")
    half = with_half_the_maps(net)
    bars = []
    for row, (network, towers) in enumerate(((net, 1), (net, 2), (half, 1))):
        needs, at = costs.memory(network, towers, batch), 0.0
        for part in (needs.state, needs.maps, needs.gradients):
            bars.append((at, row - 0.3, part / 2**20, 0.6))
            at += part / 2**20
        assert f"{at:.0f} MiB" in picture.alt
    np.testing.assert_allclose(panel.boxes, bars)
    np.testing.assert_allclose(panel.lines[0][:, 0], 3 * 1024)


@pytest.mark.parametrize(("side", "padding"), [(216, 0), (224, 0), (224, 2), (232, 4)])
def test_windows_are_drawn_by_both_rules(side, padding):
    picture = pictures.windows(side, padding)
    counts, last = map(panel_of, picture.figure.axes)
    sides = np.arange(side - 8, side + 9)
    exact = (sides + 2 * padding - 11) / 4 + 1
    for line, rule in zip(counts.lines, (np.ceil, np.floor), strict=False):
        np.testing.assert_allclose(line, np.stack([sides, rule(exact)], 1))
    floor, ceil = math.floor(exact[8]), math.ceil(exact[8])
    starts = [4 * (ceil - 4 + row) - padding for row in range(4)]
    bars = [(x, width) for x, _, width, _ in last.boxes[:4]]
    assert bars == [(start, 11) for start in starts]
    over = max(0, starts[-1] + 11 - side - padding)
    assert f"{floor} windows by floor, {ceil} by ceil" in picture.alt
    assert f"reaching {over} pixels over" in picture.alt


def test_two_processes_train_the_network_of_one():
    net = few_maps()
    alone = train_small(ON_CPU, net, 3)
    for run in launch(in_towers, 2, (net, Layout(), 3), device="cpu", show=False):
        assert run.largest_difference(alone) < 1e-9
        for row in traffic(net, Layout()):
            for way, values in (
                ("forward", row.sends[0]),
                ("backward", row.backward[0]),
            ):
                assert run.sent.get((row.name, way), 0) == 8 * BATCH * values
    assert len(alone.losses) == 3
    assert {n: x.shape for n, x in alone.weights.items()} == {
        n: tuple(p.shape) for n, p in build(net, 1).named_parameters()
    }


def test_a_difference_is_seen_wherever_it_is():
    net = few_maps()
    run = train_small(ON_CPU, net, 1)
    assert run.largest_difference(run) == 0
    weights = dict(run.weights) | {"fc8.bias": run.weights["fc8.bias"] + np.eye(10)[3]}
    other = dataclasses.replace(run, weights=weights)
    assert run.largest_difference(other) == pytest.approx(1)
    other = dataclasses.replace(run, losses=[run.losses[0] + 2, *run.losses[1:]])
    assert run.largest_difference(other) == pytest.approx(2)
    weights = dict(run.weights) | {"fc8.bias": run.weights["fc8.bias"] * np.nan}
    other = dataclasses.replace(run, weights=weights)
    assert run.largest_difference(other) == other.largest_difference(run) == math.inf
    other = dataclasses.replace(run, losses=[math.nan, *run.losses[1:]])
    assert run.largest_difference(other) == math.inf


def test_the_small_network_has_dropout_and_learns(capsys):
    assert any(isinstance(x, Dropout) for x in few_maps().layers)
    losses = train_small(ON_CPU, few_maps(), 20).losses
    assert losses[-1] < 0.85 * losses[0]
    assert capsys.readouterr().out.count("training error") == 5
