"""Under torchrun: a rank that dies, two machines that are one, a record."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from alexnet_lib import cli, data, experiments, settings
from alexnet_lib.config import DataConfig, RunConfig, TrainingConfig
from alexnet_lib.config_json import digest, to_dict
from alexnet_lib.modules.build import build
from alexnet_lib.nets.network import with_input_side
from alexnet_lib.parallel.equality import small_alexnet
from alexnet_lib.runs import records
from alexnet_lib.runs.run import Run
from alexnet_lib.runs.train_config import train_config, weights_sha256
from alexnet_lib.training.team import SingleProcess
from tests.conftest import QUIET

from .helpers import wait_for

pytestmark = pytest.mark.skipif(
    sys.platform != "linux",
    reason="looks for ranks in /proc and binds gloo to the interface lo",
)
ROOT = Path(__file__).parents[2]
EPOCHS, STEPS = 4, 25
CONFIG = RunConfig(
    DataConfig("synthetic", pixels="unit"),
    with_input_side(small_alexnet(), 32),
    TrainingConfig(learning_rate=1e-3, epochs=EPOCHS, batch_size=80),
)


@pytest.fixture
def torchrun(tmp_path):
    """Starts `torchrun ... alexnet train`, to save often, in a file."""
    (tmp_path / "config.json").write_text(json.dumps(to_dict(CONFIG)), encoding="utf-8")
    started = []

    def start(saved, *options):
        command = [sys.executable, "-m", "torch.distributed.run", *options]
        command += ["-m", "tests.training.saving_often", "--device", "cpu"]
        command += ["--config", str(tmp_path / "config.json"), "--save", str(saved)]
        names = {"PYTHONPATH": str(ROOT), "GLOO_SOCKET_IFNAME": "lo"}
        started.append(
            subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | names | {"OMP_NUM_THREADS": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def finished(process):
    out, _ = process.communicate(timeout=560)
    assert process.returncode == 0, out
    return out


def weights(saved):
    return torch.load(saved, weights_only=True)["net"]


def ranks_of(saved):
    """Process ids of the ranks that save to `saved`, by rank."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text(encoding="utf-8").split("\0")
            places = (folder / "environ").read_text(encoding="utf-8").split("\0")
        except (OSError, UnicodeDecodeError):
            continue
        for place in places:
            if str(saved) in words and place.startswith("RANK="):
                found[int(place.removeprefix("RANK="))] = int(folder.name)
    return found


def kill_in_mid_epoch(saved):
    """Kill rank 1 within an epoch after the first; what is left is of mid-epoch.

    Rank 0 gets no further without it, but may be at a save.
    """
    wait_for(saved.exists, 500)
    pid = ranks_of(saved)[1]

    def progress():
        return torch.load(saved, weights_only=True)["progress"]

    wait_for(lambda: (p := progress())["epoch"] and 0 < p["step"] < STEPS - 4)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    left = progress()
    assert 0 < left["epoch"] < EPOCHS
    assert 0 < left["step"] < STEPS


def test_a_killed_rank_is_restarted_and_the_weights_are_the_same(torchrun, tmp_path):
    saved, undisturbed = tmp_path / "killed.pt", tmp_path / "undisturbed.pt"
    two = ("--standalone", "--nproc-per-node", "2")
    finished(torchrun(undisturbed, *two))
    process = torchrun(saved, *two, "--max-restarts", "1")
    kill_in_mid_epoch(saved)
    finished(process)
    ends = weights(saved), weights(undisturbed)
    assert {n: torch.equal(ends[1][n], t) for n, t in ends[0].items()} == dict.fromkeys(
        ends[1], True
    )


def test_without_restarts_a_killed_rank_ends_the_run_with_an_error(torchrun, tmp_path):
    saved = tmp_path / "killed.pt"
    process = torchrun(saved, "--standalone", "--nproc-per-node", "2")
    kill_in_mid_epoch(saved)
    out, _ = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "SIGKILL" in out
    assert ranks_of(saved) == {}


def test_an_interrupt_is_told_once_and_without_our_tracebacks(torchrun, tmp_path):
    """A terminal's Ctrl-C reaches the ranks and torchrun, which adds its own words."""
    saved = tmp_path / "stopped.pt"
    process = torchrun(saved, "--standalone", "--nproc-per-node", "2")
    wait_for(saved.exists)
    for pid in [*ranks_of(saved).values(), process.pid]:
        os.kill(pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert out.count("the same command goes on from the last checkpoint") == 1
    assert out.count("Traceback") == out.count("SignalException: Process") == 1
    assert ranks_of(saved) == {}


def test_an_arm_trained_by_two_processes_has_a_record_like_that_of_one(capsys):
    words = ["--experiment", "figure1-rates", "--arm", "2012-relu-0.001"]
    words += ["--scale", "smoke", "--seed", "2", "--device", "cpu"]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "alexnet_lib", "train", *words]
    names = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run(command, cwd=ROOT, env=os.environ | names, check=True, timeout=300)
    own = settings.runs_root() / "smoke"
    path = records.path_of(own, "figure1-rates", "2012-relu-0.001", 2)
    record = records.read(path)
    chosen = experiments.by_name("figure1-rates")
    net = build(record.config.network, 1)
    net.load_state_dict(weights(path.with_suffix(".pt")))
    assert record.weights_sha256 == weights_sha256(net)
    assert record.environment["processes"] == 2
    assert record.result == chosen.result(record.epochs)
    before = path.read_bytes()
    assert cli.main(["train", *words]) == 0
    assert f"record in {path}" in capsys.readouterr().out
    assert path.read_bytes() == before
    path.unlink()
    path.with_suffix(".pt").unlink()
    alone = Run(chosen, "2012-relu-0.001", 2, "smoke").record(QUIET)
    assert alone.config == record.config
    assert alone.data == record.data
    for found, exact in zip(record.epochs, alone.epochs, strict=True):
        assert found.keys() == exact.keys()
    first, last = alone.epochs[0]["test_loss"], alone.epochs[-1]["test_loss"]
    assert last < 0.9 * first
    # in float32 and from weights so small, rounding decides when learning sets in
    assert record.epochs[-1]["test_loss"] == pytest.approx(last, abs=(first - last) / 3)


def test_two_machines_train_as_one(torchrun, tmp_path):
    """Two agents on two loopback addresses, with two processes each: 2 x 2."""
    saved = tmp_path / "nodes.pt"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shared = ["--nnodes", "2", "--nproc-per-node", "2", "--rdzv-backend", "c10d"]
    shared += ["--rdzv-id", "two", "--rdzv-endpoint", f"127.0.0.1:{port}"]
    nodes = [
        torchrun(saved, *shared, "--local-addr", address)
        for address in ("127.0.0.1", "127.0.0.2")
    ]
    outs = [finished(node) for node in nodes]
    assert "".join(outs).count("weights in") == 1
    dataset = data.load("synthetic")
    team = SingleProcess(torch.device("cpu"))
    subject, _ = train_config(CONFIG, dataset, 1, show=False, team=team)
    for name, tensor in weights(saved).items():
        torch.testing.assert_close(
            tensor, subject.net.state_dict()[name], rtol=1e-3, atol=1e-5
        )
    content = torch.load(saved, weights_only=True)
    assert content["run"].startswith(digest(CONFIG))
    assert content["progress"]["epoch"] == EPOCHS
    assert len(dataset.train) == STEPS * CONFIG.training.batch_size
