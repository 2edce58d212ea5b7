"""`alexnet bench`."""

import json

import pytest

from alexnet_lib import cli
from alexnet_lib.bench import step


def test_bench_prints_json(monkeypatch, capsys):
    few = step.measure
    monkeypatch.setattr(
        step, "measure", lambda: few(trials=1, batch=2, alexnet_trials=1)
    )
    assert cli.main(["bench", "step", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["library_over_bare"] == pytest.approx(
        figures["library_ms_per_batch"] / figures["bare_ms_per_batch"]
    )
    seconds = figures["alexnet"]["seconds_per_step"]
    for other in ("plain", "plain_tuned", "torchvision"):
        ratio = seconds[other] / seconds["library"]
        assert figures["alexnet"][f"{other}_over_library"] == pytest.approx(ratio)
