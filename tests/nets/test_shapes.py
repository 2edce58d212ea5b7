"""Sizes worked out from the data are those of the built modules, or are refused."""

from __future__ import annotations

import itertools
import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from alexnet_lib.modules.build import build
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.layers import (
    AdaptivePool,
    Conv,
    Layer,
    Linear,
    Local,
    Pool,
    ResponseNorm,
    ZeroPad,
)
from alexnet_lib.nets.network import NetworkConfig, with_input_side
from alexnet_lib.nets.shapes import TooSmall, layers_of, window_count


def counted(*arguments: int, rounding: str) -> int | None:
    try:
        return window_count(*arguments, rounding=rounding)  # type: ignore[arg-type]
    except TooSmall:
        return None


def side_of(module: nn.Module, side: int) -> int | None:
    """The output's side as torch has it, None where torch refuses."""
    try:
        return int(module(torch.zeros(1, 1, side, side)).shape[-1])
    except RuntimeError:
        return None


@pytest.mark.parametrize("side", range(1, 11))
def test_pooling_has_torchs_size_or_is_refused_where_torch_refuses(side: int) -> None:
    for size, stride in itertools.product(range(1, 8), repeat=2):
        for kind in (nn.MaxPool2d, nn.AvgPool2d):
            for padding in range(size // 2 + 1):
                up = kind(size, stride, padding, ceil_mode=True)
                down = kind(size, stride, padding)
                case = (side, size, stride, padding)
                assert counted(*case, rounding="ceil") == side_of(up, side), case
                assert counted(*case, rounding="floor") == side_of(down, side), case


@pytest.mark.parametrize("side", range(1, 11))
def test_convolution_has_torchs_size_or_is_refused_where_torch_refuses(
    side: int,
) -> None:
    for size, stride in itertools.product(range(1, 8), repeat=2):
        for padding in range(4):
            case = (side, size, stride, padding)
            module = nn.Conv2d(1, 1, size, stride, padding)
            assert counted(*case, rounding="floor") == side_of(module, side), case


@given(
    side=st.integers(1, 300),
    size=st.integers(1, 40),
    stride=st.integers(1, 40),
    padding=st.integers(0, 20),
)
@settings(derandomize=True, deadline=None)
def test_windows_are_those_that_can_be_listed(
    side: int, size: int, stride: int, padding: int
) -> None:
    end = side + padding
    starts = range(-padding, end, stride)
    whole = [start for start in starts if start + size <= end]
    floor, ceil = (
        counted(side, size, stride, padding, rounding=r) for r in ("floor", "ceil")
    )
    assert floor == (len(whole) or None)
    if floor is not None:
        end_unseen = whole[-1] + size < end
        assert ceil == floor + (end_unseen and whole[-1] + stride < side)


def small_layers() -> st.SearchStrategy[Layer]:
    """Any layer that changes the maps' size, its strides beyond its window too."""
    sizes, strides, paddings = st.integers(1, 5), st.integers(1, 6), st.integers(0, 2)
    return st.one_of(
        st.builds(Conv, st.just(2), sizes, st.just(0.1), strides, paddings),
        st.builds(Local, st.just(2), sizes, st.just(0.1), strides, paddings),
        st.builds(Pool, st.sampled_from(["max", "average"]), sizes, strides),
        st.builds(ZeroPad, st.integers(0, 3), st.integers(0, 3)),
        st.builds(AdaptivePool, st.integers(1, 4)),
    )


networks = st.builds(
    NetworkConfig,
    st.lists(small_layers(), min_size=1, max_size=5).map(tuple),
    st.tuples(st.just(2), st.integers(1, 14), st.integers(1, 14)),
)


@given(networks)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_every_module_of_a_network_gives_the_shape_worked_out(
    network: NetworkConfig,
) -> None:
    try:
        placed = layers_of(network)
    except TooSmall:
        return
    x = torch.zeros(1, *network.input_shape)
    for module, layer in zip(build(network, seed=1), placed, strict=True):
        x = module(x)
        assert x.shape[1:] == layer.output_shape, layer.name


@given(networks)
@settings(derandomize=True, deadline=None, max_examples=50)
def test_what_is_too_small_is_told_the_smallest_that_fits(
    network: NetworkConfig,
) -> None:
    try:
        layers_of(with_input_side(network, 1))
    except TooSmall as error:
        said = re.search("; the smallest image is ([0-9]+) x", str(error))
        assert said or any(isinstance(x, AdaptivePool) for x in network.layers)
        if said:
            side = int(said[1])
            assert layers_of(with_input_side(network, side))
            with pytest.raises(TooSmall, match=f"image is {side} x {side}$"):
                layers_of(with_input_side(network, side - 1))


def test_a_crop_too_small_for_alexnet_is_refused_by_the_layer_that_it_ends_at() -> None:
    with pytest.raises(ValueError, match=r"^pool2: .* the smallest image is 39 x 39$"):
        build(with_input_side(alexnet("caffe"), 20), seed=1)


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ((Conv(3, 1, std=1, groups=2),), "conv1: 4 maps in and 3 out do not make 2"),
        ((ResponseNorm(divide_alpha_by_n=True, groups=3),), "norm0: 4 maps in"),
        ((Linear(4, std=1), Pool("max")), "pool1: needs maps"),
        ((Linear(4, std=1, groups=3),), "fc1: 4 inputs and 4 units do not make 3"),
    ],
)
def test_what_no_size_mends_is_refused(layers: tuple[Layer, ...], words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}"):
        layers_of(NetworkConfig(layers, input_shape=(4, 4, 4)))
