"""`alexnet run`: what it says of runs that repeat published ones."""

import dataclasses

import pytest

from alexnet_lib import cli
from alexnet_lib.commands.run import repeated
from alexnet_lib.experiments import EXPERIMENTS
from alexnet_lib.runs import records
from tests.conftest import quick


def test_a_run_that_repeats_a_published_one_says_whether_its_weights_are_the_same(
    record, own_results, monkeypatch, capsys
):
    monkeypatch.setitem(EXPERIMENTS, "figure1", quick())
    words = ["run", "figure1", "--scale", "smoke", "--arm", "2012-relu", "--seed", "1"]
    assert cli.main(words) == 0
    assert "published" not in capsys.readouterr().out
    records.write(own_results, record)
    assert cli.main(words) == 0
    line = "2012-relu, seed 1: the weights are those of the published run, bit for bit"
    assert capsys.readouterr().out.splitlines()[-1] == line


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        ({}, 1),
        ({"weights_sha256": "others"}, 1),
        ({"seed": 2}, 0),
        ({"arm": "2012-tanh"}, 0),
        ({"config": None}, 0),
    ],
)
def test_only_the_same_seed_of_the_same_configuration_is_a_repetition(
    record, change, lines
):
    other = dataclasses.replace(record, **change)
    said = list(repeated([record], {other.arm: [other]}))
    assert len(said) == lines
    if "weights_sha256" in change:
        assert "other weights than the published run, which is of commit c" in said[0]
