"""The table of differences between presets, against the presets themselves."""

import pytest

from alexnet_lib.nets.alexnet import PRESETS, alexnet
from alexnet_lib.nets.shapes import layers_of
from alexnet_lib.notebook.local_response_normalization import presets


def rows(*names):
    """Cells by the row's name."""
    lines = presets.preset_table(names).splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {name: rest for name, *rest in cells}


def test_paper_and_source_differ_in_orders_alpha_a_norm_and_deviations():
    literal, divided = "divide_alpha_by_n False", "divide_alpha_by_n True"
    assert rows("paper", "source") == {
        "layer 1": ["conv1, unit1, norm1, pool1", "conv1, norm1, pool1, unit1"],
        "norm1": [literal, divided],
        "layer 2": [
            "conv2, unit2, norm2, pool2",
            "conv2, unit2, norm2, mapnorm2, pool2",
        ],
        "norm2": [literal, divided],
        "conv3": ["std 0.01", "std 0.03"],
        "conv4": ["std 0.01", "std 0.03"],
        "layer 5": ["conv5, unit5, pool5", "conv5, pool5, unit5"],
        "conv5": ["std 0.01", "std 0.03"],
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_does_not_differ_from_itself(preset):
    assert rows(preset, preset) == {}


def test_what_a_preset_does_not_have_is_said_and_its_own_init_too():
    table = rows(*PRESETS)
    assert table["norm1"][2:] == ["divide_alpha_by_n True, k 1, groups 1", "none"]
    assert table["input"] == ["224", "224", "227", "224"]
    assert table["conv1"][3] == "maps 64, std torch, padding 2, bias torch"
    assert table["dropout6"] == ["kind classic"] * 2 + ["kind inverted"] * 2
    assert table["before layer 1"] == ["pad0", "pad0", "none", "none"]


@pytest.mark.parametrize("pair", [("caffe", "source"), ("torchvision", "paper")])
def test_every_field_that_differs_is_in_the_table(pair):
    table = rows(*pair)
    ours, theirs = ({p.name: p.layer for p in layers_of(alexnet(n))} for n in pair)
    for name in ours.keys() & theirs.keys():
        differing = {
            field
            for field, value in vars(ours[name]).items()
            if value != vars(theirs[name])[field]
        }
        listed = table.get(name, [""])[0].split(", ")
        told = {cell.split(" ")[0] for cell in listed if cell}
        drawn = {"std", "bias"} if "torchvision" in pair else set()
        assert told - drawn == differing - drawn
