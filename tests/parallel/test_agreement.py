"""Processes that would train different runs are refused before the first step."""

import dataclasses
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from alexnet_lib.config import DataConfig, RunConfig, TrainingConfig
from alexnet_lib.config_json import to_dict
from alexnet_lib.parallel.equality import small_alexnet
from alexnet_lib.parallel.launch import launch

from . import work

ROOT = Path(__file__).parents[2]
CONFIG = RunConfig(
    DataConfig("synthetic", pixels="unit"),
    dataclasses.replace(small_alexnet(), input_shape=(3, 32, 32)),
    TrainingConfig(learning_rate=1e-3, epochs=1, batch_size=80),
)
TOLD = {
    "seed": r"seed 1 on ranks 0 1, 2 on rank 2\.",
    "learning rate": r"training.learning_rate 0.001 on ranks 0 1, 0.1 on rank 2\.",
    "a layer more": r"network.layers\[22\].layer - on ranks 0 1, 'Activation' on r",
    "pixels": r"data.fingerprint '\w{16}' on ranks 0 1, '\w{16}' on rank 2\.",
    "length": r"; data.training images 90 on ranks 0 1, 80 on rank 2\.",
    "name": r"data.name 'drawn' on ranks 0 1, 'other' on rank 2\.",
}


def test_whatever_makes_a_run_is_compared_and_the_difference_named():
    """Three real processes; the last has another of each, and at the end the same."""
    for told in launch(work.refusals, 3, device="cpu"):
        assert told.pop("nothing") is None
        assert told.keys() == TOLD.keys()
        for what, pattern in TOLD.items():
            assert re.search(pattern, told[what]), told[what]
            assert told[what].startswith("the processes differ: ")
            assert len(told[what].splitlines()) == 1


@pytest.fixture
def ranks(tmp_path):
    """Starts `alexnet train` as torchrun starts its ranks; returns what they said."""
    (tmp_path / "config.json").write_text(json.dumps(to_dict(CONFIG)))

    def run(*words, places=(ROOT, ROOT)):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        shared = {"WORLD_SIZE": str(len(words)), "MASTER_ADDR": "127.0.0.1"}
        shared |= {"MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
        started = [
            subprocess.Popen(
                [sys.executable, "-m", "alexnet_lib", "train", "--device", "cpu", *own],
                cwd=place,
                env=os.environ
                | shared
                | {"RANK": str(rank), "LOCAL_RANK": "0", "PYTHONPATH": str(place)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for rank, (own, place) in enumerate(zip(words, places, strict=True))
        ]
        outs = [process.communicate(timeout=120)[0] for process in started]
        return [process.returncode for process in started], outs

    return run


def lines(outs):
    """Each rank's last line: gloo may say where it connects."""
    return [out.splitlines()[-1] for out in outs]


def test_ranks_with_other_code_do_not_train_together(ranks, tmp_path):
    """One comment is enough: nobody can tell what else a copy changes."""
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "alexnet_lib", copy / "alexnet_lib")
    with (copy / "alexnet_lib" / "config.py").open("a") as source:
        source.write("# another\n")
    words = ["--config", str(tmp_path / "config.json")]
    codes, outs = ranks(words, words, places=(ROOT, copy))
    assert codes == [1, 1], outs
    for line in lines(outs):
        assert re.search(r"differ: code '\w+' on rank 0, '\w+' on rank 1\. ", line)


def test_ranks_with_other_layouts_or_arms_do_not_wait_for_each_other(ranks):
    arm = ["--experiment", "figure1-rates", "--scale", "smoke", "--arm"]
    one, other = [*arm, "2012-relu-0.001"], [*arm, "2012-tanh-0.01"]
    codes, outs = ranks(one, [*one, "--towers", "1"])
    assert codes == [1, 1], outs
    for line in lines(outs):
        assert "layout.towers 2 on rank 0, 1 on rank 1" in line
    codes, outs = ranks(one, other)
    assert codes == [1, 1], outs
    for line in lines(outs):
        assert "training.learning_rate 0.001 on rank 0, 0.01 on rank 1" in line
        assert "network.activation 'relu' on rank 0, 'tanh' on rank 1" in line


def test_a_rank_that_fails_alone_is_pointed_to_by_the_others(ranks):
    arm = ["--experiment", "figure1-rates", "--scale", "smoke", "--arm"]
    codes, outs = ranks([*arm, "2012-relu-0.001"], [*arm, "2012-relu-7"])
    assert codes == [1, 1], outs
    waiting, failing = lines(outs)
    assert "figure1-rates has no arm 2012-relu-7" in failing
    assert "rank 0 has lost another rank, whose own last words say why" in waiting
