"""`alexnet bench`."""

import dataclasses
import json
from functools import partial

import pytest
import torch

from alexnet_lib import cli
from alexnet_lib.bench import step
from alexnet_lib.bench.plain import transcription
from alexnet_lib.modules.build import build


def test_bench_prints_json(monkeypatch, capsys):
    few = {
        name: dataclasses.replace(step.CASES[name], batch=2)
        for name in ("source 96", "11pct 24")
    }
    quick = partial(step.measure, trials=1, loop_trials=1, cases=few)
    monkeypatch.setattr(step, "measure", quick)
    assert cli.main(["bench", "step", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["library_over_bare"] == pytest.approx(
        figures["library_ms_per_batch"] / figures["bare_ms_per_batch"]
    )
    assert set(figures["steps"]) == set(few)
    for name, case in figures["steps"].items():
        seconds = case["seconds_per_step"]
        assert ("torchvision" in seconds) == (name == "source 96")
        for other in seconds.keys() - {"library"}:
            ratio = seconds[other] / seconds["library"]
            assert case[f"{other}_over_library"] == pytest.approx(ratio)
        assert 0 < case["matrix_part"] < 1


@pytest.mark.parametrize("name", ["source 96", "four_layer 32", "11pct 24"])
def test_the_plain_transcription_is_the_same_network(name):
    network = step.CASES[name].network
    plain, ours = transcription(network), build(network, seed=1)
    x = torch.randn(2, *network.input_shape)
    assert plain(x).shape == ours(x).shape
    sizes = [sum(p.numel() for p in net.parameters()) for net in (plain, ours)]
    assert sizes[0] == sizes[1]


def test_the_operations_of_a_step_are_three_products_for_each_weight():
    """But two for the first layer, whose input needs no gradient; by hand at 24x24."""
    case = dataclasses.replace(step.CASES["11pct 24"], batch=1)
    first = 24 * 24 * 64 * 3 * 5 * 5
    others = 12 * 12 * 64 * 64 * 5 * 5 + 6 * 6 * (64 * 64 + 32 * 64) * 9 + 1152 * 10
    assert step._operations(case) == 2 * (2 * first + 3 * others)
