"""From arm and seed to record: run once, resumed after a kill, published or not."""

import dataclasses
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from alexnet_lib import data, machine, settings
from alexnet_lib.evaluation.probe import colour_shares
from alexnet_lib.experiments import EXPERIMENTS
from alexnet_lib.experiments.figure1 import FIGURE1
from alexnet_lib.runs import artifacts, records, run
from alexnet_lib.runs.run import PublishError, run_arm, run_experiment
from alexnet_lib.runs.train_config import train_config
from alexnet_lib.training.team import SingleProcess
from tests.conftest import quick


def few(dataset, train, test):
    """So many images of a data set, of every class in proportion."""
    return dataclasses.replace(
        dataset, train=dataset.train.every_nth(train), test=dataset.test.every_nth(test)
    )


def test_a_record_says_what_was_run(record):
    assert (record.experiment, record.arm, record.seed) == ("figure1", "2012-relu", 1)
    assert record.config == quick().arms("smoke")["2012-relu"]
    assert [e["epoch"] for e in record.epochs] == [0, 1]
    assert record.data["real"] is False
    assert record.data["train"] == 2000
    assert record.result == FIGURE1.metrics(record.epochs)
    assert record.environment["precision"] == "float32"
    assert 0 < record.epochs[1]["val_error"] <= 1
    assert set(record.epochs[1]["probe"]) >= {"unit1", "conv1", "fc4"}


def test_a_net_trained_on_crops_is_tested_on_ten_views_at_the_end():
    experiment = EXPERIMENTS["cifar-norm"]
    (config, *_) = experiment.arms("smoke").values()
    training = dataclasses.replace(config.training, epochs=1, evaluate_train=100)
    config = dataclasses.replace(config, training=training)
    small = few(data.load("synthetic"), 96, 40)
    _, history = train_config(config, small, seed=1, show=False)
    before, after = history
    assert "val_error_ten" not in before
    assert experiment.metrics(history)["test_error_ten_views"] == after["val_error_ten"]
    assert after["val_loss_ten"] != after["val_loss"]


def test_kernels_of_both_towers_have_their_colour_recorded():
    experiment = EXPERIMENTS["ablations"]
    config = experiment.arms("smoke")["source"]
    training = dataclasses.replace(config.training, epochs=1, evaluate_train=10)
    config = dataclasses.replace(config, training=training)
    small = few(data.load("synthetic128"), 64, 10)
    net, history = train_config(config, small, seed=1, show=False)
    shares = colour_shares(net.conv1.weight.detach())
    assert history[-1]["kernel_colour"] == shares.tolist()
    assert len(shares) == 96
    metrics = experiment.metrics(history)
    assert metrics["colour_first_half"] == pytest.approx(shares[:48].mean().item())
    assert metrics["colour_second_half"] == pytest.approx(shares[48:].mean().item())


def test_probing_a_network_that_is_shared_out_is_refused():
    config = quick().arms("smoke")["2012-relu"]
    assert config.training.probe_images > 0
    team = SingleProcess(torch.device("cpu"))
    team.processes = 2
    with pytest.raises(ValueError, match=r"probe_images=\d+: .* set it to 0"):
        train_config(config, data.load("synthetic"), 1, team=team)


def test_what_has_a_record_is_not_run_again(monkeypatch):
    arguments = (quick(), "2012-relu", 1, "smoke")
    first = run_arm(*arguments, show=False)

    def train(*_, **__):
        raise AssertionError("trained again")

    monkeypatch.setattr(run, "train_config", train)
    assert run_arm(*arguments, show=False) == first


def test_a_record_of_another_config_does_not_count(monkeypatch):
    first = run_arm(quick(), "2012-relu", 1, "smoke", show=False)
    experiment = quick()

    def arms(scale):
        config = experiment.arms(scale)["2012-relu"]
        slower = dataclasses.replace(config.training, learning_rate=1e-5)
        return {"2012-relu": dataclasses.replace(config, training=slower)}

    changed = dataclasses.replace(experiment, arms=arms)
    path = settings.runs_root() / "smoke" / "figure1" / "2012-relu.s1.pt"
    path.unlink()
    second = run_arm(changed, "2012-relu", 1, "smoke", show=False)
    assert second.config != first.config
    assert second.epochs[1]["lr"] == 1e-5


def test_the_same_seed_gives_the_same_weights_and_another_does_not(record, monkeypatch):
    again = run_arm(quick(), "2012-relu", 1, "smoke", show=False)
    other = run_arm(quick(), "2012-relu", 2, "smoke", show=False)
    assert again.weights_sha256 == record.weights_sha256
    assert again.epochs[1]["train_loss"] == record.epochs[1]["train_loss"]
    assert other.weights_sha256 != record.weights_sha256


def test_unknown_arms_are_refused():
    with pytest.raises(ValueError, match=r"no arm 2012-elu; it has 2012-relu"):
        run_experiment(FIGURE1, "smoke", arms=["2012-elu"])


def test_drawn_images_are_not_published(own_results, monkeypatch):
    monkeypatch.setattr(machine, "code", lambda: {"dirty": False})
    with pytest.raises(PublishError, match="synthetic is drawn"):
        run_arm(quick(), "2012-relu", 1, "smoke", publish=True, show=False)
    assert not own_results.exists()


@pytest.fixture
def publishable(own_results, monkeypatch):
    """Real data, few of them, from a clean commit."""
    small = few(dataclasses.replace(data.load("synthetic128"), real=True), 32, 10)
    monkeypatch.setattr(data, "load", lambda name: small)
    monkeypatch.setattr(machine, "code", lambda: {"dirty": False, "commit": "c"})
    return own_results


def test_publishing_keeps_the_first_layer_and_overwrites_nothing(publishable):
    experiment = EXPERIMENTS["ablations"]
    arguments = (experiment, "source", 1, "smoke")
    record = run_arm(*arguments, publish=True, show=False)
    layer = artifacts.read(artifacts.path_of(publishable, "ablations", "source", 1))
    shares = torch.tensor(record.epochs[-1]["kernel_colour"])
    torch.testing.assert_close(colour_shares(layer.weight), shares, rtol=0, atol=2e-3)
    assert run_arm(*arguments, publish=True, show=False) == record

    def other(scale):
        return {"source": experiment.arms(scale)["half"]}

    changed = dataclasses.replace(experiment, arms=other)
    with pytest.raises(PublishError, match=r"source\.s1\.json .*delete it first"):
        run_arm(changed, *arguments[1:], publish=True, show=False)
    assert (
        records.read(records.path_of(publishable, "ablations", "source", 1)) == record
    )


def test_changed_code_is_not_published(own_results, monkeypatch):
    monkeypatch.setattr(machine, "code", lambda: {"dirty": True})
    with pytest.raises(PublishError, match="commit or stash"):
        run_arm(quick(), "2012-relu", 1, "smoke", publish=True, show=False)
    assert not own_results.exists()


def test_what_another_commit_trained_is_not_published_as_this_ones(
    publishable, monkeypatch
):
    arguments = (EXPERIMENTS["ablations"], "no-norm", 1, "smoke")
    run_arm(*arguments, show=False)
    monkeypatch.setattr(machine, "code", lambda: {"dirty": False, "commit": "d"})
    run_arm(*arguments, show=False)
    match = r"no-norm\.s1\.pt: trained by other code than this commit \(c\)"
    with pytest.raises(PublishError, match=match):
        run_arm(*arguments, publish=True, show=False)
    monkeypatch.setattr(machine, "code", lambda: {"dirty": False, "commit": "c"})
    assert run_arm(*arguments, publish=True, show=False).code["commit"] == "c"


COMMAND = [sys.executable, "-m", "alexnet_lib", "run", "figure1"]
ARM = ["--scale", "smoke", "--arm", "2012-relu", "--seed", "7"]


def test_killed_in_mid_run_the_same_command_ends_with_the_same_weights(tmp_path):
    """SIGKILL, twice, once a checkpoint is there: nothing of it shows in the end."""

    def environment(name):
        own = {"ALEXNET_RUNS": str(tmp_path / name), "OMP_NUM_THREADS": "1"}
        return os.environ | own

    def path(name):
        return records.path_of(tmp_path / name / "smoke", "figure1", "2012-relu", 7)

    subprocess.run(
        COMMAND + ARM, env=environment("alone"), check=True, capture_output=True
    )
    checkpoint = path("killed").with_suffix(".pt")
    for _ in range(2):
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        process = subprocess.Popen(
            COMMAND + ARM,
            env=environment("killed"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not (checkpoint.exists() and checkpoint.stat().st_mtime_ns > before):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not path("killed").exists()
    subprocess.run(
        COMMAND + ARM, env=environment("killed"), check=True, capture_output=True
    )
    alone, killed = records.read(path("alone")), records.read(path("killed"))
    assert killed.weights_sha256 == alone.weights_sha256
    assert killed.result == alone.result
