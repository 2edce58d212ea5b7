"""`alexnet run`: alone at its run, and what it says of one that was published."""

import dataclasses
import os
import subprocess
import sys
import tempfile

import pytest

from alexnet_lib import cli
from alexnet_lib.commands.run import repeated
from alexnet_lib.experiments import EXPERIMENTS
from alexnet_lib.runs import records
from tests.conftest import POSIX, ordinary_user, quick

ONE_RUN = ["--scale", "smoke", "--arm", "2012-relu", "--seed", "1"]


def test_a_run_that_repeats_a_published_one_says_whether_its_weights_are_the_same(
    record, own_results, monkeypatch, capsys
):
    monkeypatch.setitem(EXPERIMENTS, "figure1", quick())
    words = ["run", "figure1", *ONE_RUN]
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
        ({"config": quick().arms("smoke")["today-relu"]}, 0),
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


def test_two_commands_that_want_one_run_take_turns(tmp_path):
    """One trains, the other says that it waits, and reads the record."""
    command = [sys.executable, "-m", "alexnet_lib", "run", "figure1", *ONE_RUN]
    both = [
        subprocess.Popen(
            command,
            env=os.environ | {"ALEXNET_RUNS": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(2)
    ]
    told = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    (out, _), (other_out, _) = told
    assert out == other_out
    trained = ["batch/s" in err for _, err in told]
    waited = ["waiting: another process works on" in err for _, err in told]
    assert sorted(trained) == [False, True]
    assert waited == [not t for t in trained]
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert names == {"2012-relu.s1.json", "2012-relu.s1.pt"}


@POSIX
def test_a_folder_that_takes_no_runs_is_found_out_before_the_training(
    monkeypatch, capsys
):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o555)
        monkeypatch.setenv("ALEXNET_RUNS", f"{folder}/runs")
        with ordinary_user():
            assert cli.main(["run", "figure1", *ONE_RUN]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"alexnet: {folder}/runs")
    assert "Permission denied" in captured.err
    assert "ALEXNET_RUNS" in captured.err
    assert captured.err.count("\n") == 1
