"""`changed` touches the layers that it names and nothing else; no torch is needed."""

from __future__ import annotations

import dataclasses
import pkgutil
import subprocess
import sys

import pytest

from alexnet_lib import nets
from alexnet_lib.nets.alexnet import PRESETS, Preset, alexnet
from alexnet_lib.nets.layers import Conv, Linear, Pool, ResponseNorm
from alexnet_lib.nets.network import changed, numbered
from alexnet_lib.nets.shapes import layers_of


@pytest.mark.parametrize("preset", PRESETS)
def test_layers_are_numbered_as_they_are_named(preset: Preset) -> None:
    network = alexnet(preset)
    names = [p.name.rstrip("bc") for p in layers_of(network)]
    for name, (number, _) in zip(names, numbered(network), strict=True):
        assert name.removeprefix(name.rstrip("0123456789")) == str(number)


def test_fields_are_set_in_every_layer_of_the_kind_and_in_no_other() -> None:
    network = alexnet("paper")
    wide = changed(network, Pool | Conv, stride=7)
    for before, after in zip(network.layers, wide.layers, strict=True):
        if isinstance(before, Pool | Conv):
            assert after == dataclasses.replace(before, stride=7)
        else:
            assert after is before
    assert dataclasses.replace(wide, layers=network.layers) == network


def test_a_function_gives_the_new_layer_or_leaves_it_out() -> None:
    network = alexnet("paper")
    none = changed(network, ResponseNorm, lambda _: None)
    assert none.layers == tuple(
        x for x in network.layers if not isinstance(x, ResponseNorm)
    )
    twice = changed(
        network, Linear, lambda x: dataclasses.replace(x, units=2 * x.units), bias=3.0
    )
    linear = [(x.units, x.bias) for x in twice.layers if isinstance(x, Linear)]
    assert linear == [(8192, 3.0), (8192, 3.0), (2000, 3.0)]


def test_numbers_choose_among_the_layers_of_the_kind() -> None:
    network = alexnet("source")
    some = changed(network, Conv, numbers=(2, 5), padding=9)
    paddings = [x.padding for x in some.layers if isinstance(x, Conv)]
    assert paddings == [0, 9, 1, 1, 9]
    assert changed(network, Conv, numbers=(), padding=9) == network


def test_a_number_without_such_a_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="no Conv or Pool has the number 6"):
        changed(alexnet("paper"), Conv | Pool, numbers=(2, 6), stride=1)


def test_networks_as_data_need_no_torch() -> None:
    """With torch out of reach every module of nets, and config, can be imported."""
    modules = [
        m.name for m in pkgutil.walk_packages(nets.__path__, "alexnet_lib.nets.")
    ]
    assert "alexnet_lib.nets.shapes" in modules
    blocked = "import sys; sys.modules['torch'] = None; import "
    subprocess.run(
        [sys.executable, "-c", blocked + ", ".join([*modules, "alexnet_lib.config"])],
        check=True,
    )
