"""What the text and the code say of how things were done, against the two presets."""

import re

import pytest

from alexnet_lib import cli
from alexnet_lib.ledger.claims import CLAIMS
from alexnet_lib.ledger.text_and_code import told, told_json, told_table
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.layers import (
    Activation,
    Conv,
    Linear,
    MapResponseNorm,
    Pool,
    ResponseNorm,
)
from alexnet_lib.nets.shapes import layers_of

ROWS = {row.name: row for row in told()}
PAPER, SOURCE = alexnet("paper"), alexnet("source")


def layers(net, kind):
    return [layer for layer in net.layers if isinstance(layer, kind)]


def test_a_row_has_a_name_of_its_own_words_and_a_file():
    assert len(ROWS) == len(told())
    assert not ROWS.keys() & {claim.name for claim in CLAIMS}
    for row in told():
        assert row.text
        assert row.code
        for place in row.source.split(", "):
            assert re.fullmatch(r"[\w/.-]+\.(cfg|py|cu)(:\d+(-\d+)?)?", place), place


def test_sections_are_those_of_the_paper_that_tell_how():
    assert {row.section.partition(".")[0] for row in told()} == {
        *("§2", "§3", "§4", "§5", "§6")
    }
    assert {row.section for row in told("4")} == {"§4.1", "§4.2"}
    assert told("7") == []


@pytest.mark.parametrize("number", range(1, 6))
def test_kernels_are_the_presets(number):
    """Text and code name the same kernels: per GPU in the code, both in the text."""
    row = ROWS[f"conv{number}"]
    (placed,) = (p for p in layers_of(PAPER) if p.name == f"conv{number}")
    layer = placed.layer
    reads = placed.input_shape[0] // layer.groups
    size = f"of {layer.kernel}x{layer.kernel}x{reads}"
    stride = f", stride {layer.stride}" if layer.stride > 1 else ""
    assert row.text == f"{layer.maps} {size}{stride}"
    assert row.code == f"2 x {layer.maps // 2} {size}{stride}"
    assert row.same


def first_norm_is_after_relu(net):
    kinds = [type(layer) for layer in net.layers]
    return kinds.index(ResponseNorm) > kinds.index(Activation)


@pytest.mark.parametrize(
    ("name", "of_preset"),
    [
        ("norm-k", lambda net: {n.k for n in layers(net, ResponseNorm)}),
        ("norm-n", lambda net: {n.n for n in layers(net, ResponseNorm)}),
        ("norm-beta", lambda net: {n.beta for n in layers(net, ResponseNorm)}),
        (
            "norm-alpha",
            lambda net: {
                n.alpha / (n.n if n.divide_alpha_by_n else 1)
                for n in layers(net, ResponseNorm)
            },
        ),
        ("norm-after-relu", first_norm_is_after_relu),
        ("norm-only", lambda net: len(layers(net, MapResponseNorm))),
        (
            "pooling-size",
            lambda net: {(pool.size, pool.stride) for pool in layers(net, Pool)},
        ),
        ("deviation", lambda net: {layer.std for layer in layers(net, Conv)}),
        ("biases", lambda net: [p.bias for p in layers(net, Conv | Linear)]),
        ("fc-units", lambda net: [p.units for p in layers(net, Linear)[:2]]),
    ],
)
def test_code_and_text_agree_where_their_presets_do(name, of_preset):
    assert ROWS[name].same == (of_preset(PAPER) == of_preset(SOURCE))


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("norm-k", {n.k for n in layers(SOURCE, ResponseNorm)}),
        ("norm-n", {n.n for n in layers(SOURCE, ResponseNorm)}),
        ("norm-beta", {n.beta for n in layers(SOURCE, ResponseNorm)}),
        ("deviation", {layer.std for layer in layers(SOURCE, Conv)[2:]}),
    ],
)
def test_numbers_of_the_code_are_the_preset_s(name, numbers):
    (number,) = numbers
    assert float(ROWS[name].code.split()[0]) == number


def test_the_report_prints_them_where_a_section_has_them(capsys, own_results):
    for section, there in (("5", True), ("7", False)):
        assert cli.main(["report", "--section", section]) == 0
        printed = capsys.readouterr().out
        assert (ROWS["first-rate"].statement in printed) == there
    assert len(told_table("5").splitlines()) == 2 + len(told("5"))
    assert [row["name"] for row in told_json()] == list(ROWS)
