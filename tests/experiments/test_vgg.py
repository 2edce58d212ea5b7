"""VGG's experiments: arms that differ in what they are about, begun as they say."""

import dataclasses

import pytest
import torch

from alexnet_lib.config import StartFrom
from alexnet_lib.experiments.vgg import DEPTH, START
from alexnet_lib.modules.build import build
from alexnet_lib.nets.counts import count
from alexnet_lib.nets.layers import Conv, Linear, ResponseNorm
from alexnet_lib.nets.shapes import layers_of
from alexnet_lib.settings import SCALES

DEPTHS = {"A": 11, "A-LRN": 11, "B": 13, "C": 16, "D": 16, "B-5x5": 8}


@pytest.mark.parametrize("scale", SCALES)
def test_the_arms_of_depth_differ_in_their_networks_alone(scale):
    arms = DEPTH.arms(scale)
    base = arms["A"]
    for arm, config in arms.items():
        assert config.with_network(base.network) == base
        weighted = [x for x in config.network.layers if isinstance(x, Conv | Linear)]
        assert len(weighted) == DEPTHS[arm]


def test_normalisation_is_all_that_a_lrn_has_more():
    plain, normalised = (DEPTH.arms("laptop")[arm].network for arm in ("A", "A-LRN"))
    others = [x for x in normalised.layers if not isinstance(x, ResponseNorm)]
    assert tuple(others) == plain.layers
    assert len(normalised.layers) == len(plain.layers) + 1
    first = [build(network, 1).conv1.weight for network in (plain, normalised)]
    assert torch.equal(*first)


def test_the_deep_nets_differ_in_how_they_begin():
    arms = START.arms("laptop")
    deep = arms["D"]
    assert dataclasses.replace(arms["D-from-A"], start=None) == deep
    glorot = dataclasses.replace(deep.network, weight_init="xavier")
    assert arms["D-glorot"] == deep.with_network(glorot)
    assert arms["A"].with_network(deep.network) == deep
    assert next(iter(arms)) == "A"  # its weights must be there before they are taken


@pytest.mark.parametrize("scale", SCALES)
def test_as_layers_fit_where_they_are_put(scale):
    arms = START.arms(scale)
    start = arms["D-from-A"].start
    assert isinstance(start, StartFrom)
    theirs = {p.name: p for p in layers_of(arms["A"].network)}
    own = {p.name: p for p in layers_of(arms["D-from-A"].network)}
    assert len(start.layers) == 7
    for name, name_in_a in zip(start.layers, start.theirs, strict=True):
        assert own[name].layer == theirs[name_in_a].layer
    parameters = [
        {c.name: c.parameters for c in count(arms[arm].network)}
        for arm in ("D-from-A", "A")
    ]
    for name, name_in_a in zip(start.layers, start.theirs, strict=True):
        assert parameters[0][name] == parameters[1][name_in_a]
