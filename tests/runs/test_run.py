"""From arm and seed to record: run once, resumed after a kill, published or not."""

import copy
import dataclasses
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from alexnet_lib import data, machine, settings
from alexnet_lib.config import StartFrom
from alexnet_lib.data.views import centre_crop
from alexnet_lib.evaluation.colour import colour_shares
from alexnet_lib.experiments import EXPERIMENTS
from alexnet_lib.experiments.figure1 import FIGURE1
from alexnet_lib.experiments.kept import FirstLayer, Probabilities, RightAnswers
from alexnet_lib.experiments.measures import (
    GreyErrors,
    KernelColour,
    Probe,
    ResponseColour,
    ShiftedErrors,
    TenViewErrors,
    TestErrors,
    TrainErrors,
    ValidationErrors,
)
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.modules.build import build
from alexnet_lib.runs import artifacts, measured, records, run
from alexnet_lib.runs import train_config as train_module
from alexnet_lib.runs.planned import PlanError
from alexnet_lib.runs.publish import PublishError
from alexnet_lib.runs.run import Options, Run, run_experiment
from alexnet_lib.runs.train_config import load_for, train_config, weights_sha256
from alexnet_lib.training import checkpoint
from alexnet_lib.training.checkpoint import CheckpointError
from alexnet_lib.training.finite import TrainingError
from alexnet_lib.training.team import SingleProcess
from tests.conftest import QUIET, quick

PUBLISH = Options(publish=True, show=False)


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
    assert record.result == FIGURE1.result(record.epochs)
    assert record.environment["precision"] == "float32"
    assert 0 < record.epochs[1]["test_top1"] <= 1
    assert set(record.epochs[1]["probe"]) >= {"unit1", "conv1", "fc4"}


def test_a_net_trained_on_crops_is_tested_on_ten_views_at_the_end():
    experiment = EXPERIMENTS["cifar-norm"]
    (config, *_) = experiment.arms("smoke").values()
    config = config.with_training(epochs=1)
    small = few(data.load("synthetic"), 96, 40)
    measures = experiment.measures("smoke")
    _, epochs = train_config(config, small, seed=1, measures=measures, show=False)
    before, after = epochs
    assert "test_top1_ten" not in before
    assert experiment.result(epochs)["test_top1_ten"] == after["test_top1_ten"]
    assert after["test_loss_ten"] != after["test_loss"]


def test_errors_on_shifted_colours_are_those_of_shifted_images():
    """By images made brighter one by one, whose pixels leave 0..255."""
    config = EXPERIMENTS["cifar-colour"].arms("smoke")["none"].with_training(epochs=1)
    small = few(data.load("synthetic"), 96, 60)
    measures = (TestErrors(), ShiftedErrors(2.0))
    subject, epochs = train_config(config, small, 1, measures=measures, show=False)
    assert "test_top1_shifted_1" not in epochs[0]
    deviations, axes = small.statistics.colour_axes()
    found = []
    for deviation, axis in zip(deviations, axes.T, strict=True):
        colour = (2 * deviation * axis)[:, None, None]
        wrong = []
        for way in (1, -1):
            images = small.test.images.double() + way * colour
            seen = centre_crop((images - small.mean_image).float(), 24)
            guesses = subject.net.eval()(seen).argmax(1)
            wrong.append((guesses != small.test.labels).double().mean().item())
        found.append(sum(wrong) / 2)
    keys = ShiftedErrors.keys
    assert [epochs[-1][key] for key in keys] == pytest.approx(found, abs=1e-6)
    assert len({epochs[-1]["test_top1"], *found}) > 1


def test_kernels_of_both_towers_have_their_colour_recorded():
    experiment = EXPERIMENTS["first-711-updates"]
    config = experiment.arms("smoke")["source"]
    small = few(data.load("synthetic128"), 64, 10)
    subject, epochs = train_config(
        config.with_training(epochs=1),
        small,
        seed=1,
        measures=experiment.measures("smoke"),
        show=False,
    )
    shares = colour_shares(subject.net.conv1.weight.detach())
    assert epochs[-1]["kernel_colour"] == shares.tolist()
    assert len(shares) == 96
    result = experiment.result(epochs)
    assert result["colour_first_half"] == pytest.approx(shares[:48].mean().item())
    assert result["colour_second_half"] == pytest.approx(shares[48:].mean().item())


def test_probing_a_network_that_is_shared_out_is_refused():
    config = quick().arms("smoke")["2012-relu"]
    team = SingleProcess(torch.device("cpu"))
    team.processes = 2
    with pytest.raises(ValueError, match="probe: units are looked at where"):
        train_config(
            config,
            data.load("synthetic"),
            1,
            measures=(Probe(10),),
            show=False,
            team=team,
        )


def test_what_is_measured_changes_no_weight():
    config = quick().arms("smoke")["2012-relu"]
    small = few(data.load("synthetic"), 64, 10)
    trained = [
        train_config(config, small, 1, measures=measures, show=False)[0]
        for measures in (
            (),
            (TestErrors(), TrainErrors(30), Probe(20), KernelColour()),
            (ResponseColour(30), GreyErrors()),
        )
    ]
    assert len({weights_sha256(subject.net) for subject in trained}) == 1


def test_colour_in_responses_is_measured_of_a_net_that_is_shared_out():
    config = quick().arms("smoke")["2012-relu"]
    small = few(data.load("synthetic"), 64, 40)
    asked = (TestErrors(), ResponseColour(30), GreyErrors())
    last = []
    for processes in (1, 2):
        team = SingleProcess(torch.device("cpu"))
        team.processes = processes
        state = torch.get_rng_state()
        _, epochs = train_config(
            config, small, 1, measures=asked, show=False, team=team
        )
        assert torch.equal(state, torch.get_rng_state())
        last.append({k: epochs[-1][k] for m in asked for k in m.keys})
    assert last[0] == last[1]
    assert len(last[0]["response_colour"]) == 32
    assert last[0]["test_loss_grey"] != last[0]["test_loss_grey_first"]
    assert last[0]["test_loss_grey_second"] != last[0]["test_loss"]


def test_a_run_is_a_value():
    run = Run(FIGURE1, "2012-tanh", 3, "smoke")
    assert run == Run(FIGURE1, "2012-tanh", 3, "smoke")
    assert run.config == FIGURE1.arms("smoke")["2012-tanh"]
    assert run.title == "figure1 2012-tanh, seed 3"
    assert run.record_path(run.own_root).name == "2012-tanh.s3.json"
    assert run.checkpoint_path == run.record_path(run.own_root).with_suffix(".pt")
    others = {
        Run(FIGURE1, "2012-tanh", 4, "smoke").id("f"),
        Run(FIGURE1, "2012-relu", 3, "smoke").id("f"),
        run.id("g"),
    }
    assert len(others) == 3
    assert run.id("f") not in others


def test_a_finished_run_gives_its_network_back():
    run = Run(quick(), "2012-relu", 1, "smoke")
    with pytest.raises(FileNotFoundError, match="no finished run of figure1 2012-relu"):
        run.network()
    record = run.record(QUIET)
    assert weights_sha256(run.network()) == record.weights_sha256
    run.checkpoint_path.unlink()
    with pytest.raises(FileNotFoundError, match="alexnet run figure1 --arm 2012-relu"):
        run.network()
    checkpoint.save(run.checkpoint_path, {"run": "another"})
    with pytest.raises(CheckpointError):
        run.network()


def started_from(base, arm, layers):
    """Figure 1 with one arm that starts from another's weights."""

    def arms(scale):
        known = base.arms(scale)
        start = StartFrom(arm, layers)
        return known | {"later": dataclasses.replace(known[arm], start=start)}

    return dataclasses.replace(base, arms=arms)


def test_a_run_can_start_from_anothers_weights():
    experiment = started_from(quick(), "2012-relu", ("conv1", "fc4"))
    later = Run(experiment, "later", 1, "smoke")
    with pytest.raises(CheckpointError, match="starts from the weights of arm"):
        later.record(QUIET)
    Run(experiment, "2012-relu", 1, "smoke").record(QUIET)
    odd = Run(started_from(quick(), "2012-relu", ("conv9",)), "later", 1, "smoke")
    with pytest.raises(CheckpointError, match="2012-relu, which has no conv9; leave"):
        odd._start(data.load("synthetic"))
    given = Run(experiment, "2012-relu", 1, "smoke").network().state_dict()
    seen = {}
    dataset = data.load("synthetic")

    def keep(subject, epoch):
        seen[epoch] = copy.deepcopy(subject.net.state_dict())

    start = later._start(dataset)
    train_config(
        later.config, dataset, 1, measures=(), start=start, keep=keep, show=False
    )
    fresh = build(later.config.network, 1).state_dict()
    for name, tensor in seen[0].items():
        source = given if name.split(".")[0] in ("conv1", "fc4") else fresh
        assert torch.equal(tensor, source[name]), name


def test_layers_that_go_by_another_name_are_given_under_the_own_one():
    """conv2 of the arm that is there becomes conv3 of the one that starts."""
    Run(quick(), "2012-relu", 1, "smoke").record(QUIET)

    def arms(scale):
        known = quick().arms(scale)
        start = StartFrom("2012-relu", ("conv3", "fc4"), ("conv2", "fc4"))
        return known | {"later": dataclasses.replace(known["2012-relu"], start=start)}

    later = Run(dataclasses.replace(quick(), arms=arms), "later", 1, "smoke")
    start = later._start(data.load("synthetic"))
    given = Run(quick(), "2012-relu", 1, "smoke").network().state_dict()
    assert set(start) == {"conv3.weight", "conv3.bias", "fc4.weight", "fc4.bias"}
    assert torch.equal(start["conv3.weight"], given["conv2.weight"])
    assert torch.equal(start["fc4.bias"], given["fc4.bias"])


def test_kernels_are_kept_after_the_epochs_asked_for():
    experiment = dataclasses.replace(
        quick(epochs=2), keeps=(FirstLayer(epochs=(0, 1)), RightAnswers())
    )
    run = Run(experiment, "2012-relu", 1, "smoke")
    run.record(QUIET)
    path = run.record_path(run.own_root)
    untrained, first, end = (
        artifacts.read(artifacts.path_of(path, "conv1", epoch))["weight"]
        for epoch in (0, 1, None)
    )
    drawn = build(run.config.network, 1).conv1.weight.detach()
    assert torch.equal(torch.from_numpy(untrained), drawn.half())
    last = run.network().conv1.weight.detach()
    assert torch.equal(torch.from_numpy(end), last.half())
    assert not (first == untrained).all()
    assert not (first == end).all()
    assert artifacts.path_of(path, "right").exists()
    assert not artifacts.path_of(path, "right", 0).exists()


def test_the_test_images_are_asked_once_for_each_state_of_the_network(monkeypatch):
    asked = []

    def answers(net, split, *rest, ten):
        asked.append(ten)
        return whole(net, split, *rest, ten=ten)

    whole = measured.answers
    monkeypatch.setattr(measured, "answers", answers)
    experiment = dataclasses.replace(
        EXPERIMENTS["cifar-norm"],
        measures=lambda _: (TestErrors(), TenViewErrors()),
        metrics={},
        keeps=(RightAnswers(epochs=(0,)), Probabilities()),
    )
    run = Run(quick(experiment, epochs=2), "13pct", 1, "smoke")
    epochs = run.record(QUIET).epochs
    # centre: untrained and twice after training; ten views: untrained, at the end
    assert sorted(asked) == [False] * 3 + [True] * 2
    assert len({e["test_loss"] for e in epochs}) == 3


def test_validation_images_are_cut_from_the_training_set():
    config = quick().arms("smoke")["2012-relu"].with_data(held_out=20)
    dataset = load_for(config)
    assert len(dataset.validation) == 200
    assert len(dataset.train) == 1800
    assert dataset.fingerprint != data.load("synthetic").fingerprint
    _, epochs = train_config(
        config, dataset, 1, measures=(ValidationErrors(),), show=False
    )
    assert 0 < epochs[-1]["validation_top1"] < 1
    with pytest.raises(ValueError, match="no validation images; set held_out"):
        train_config(
            config,
            data.load("synthetic"),
            1,
            measures=(ValidationErrors(),),
            show=False,
        )


def test_what_has_a_record_is_not_run_again(monkeypatch):
    arguments = (quick(), "2012-relu", 1, "smoke")
    first = Run(*arguments).record(QUIET)

    def train(*_, **__):
        raise AssertionError("trained again")

    monkeypatch.setattr(run, "train_config", train)
    assert Run(*arguments).record(QUIET) == first


def test_a_record_of_another_config_does_not_count(monkeypatch):
    first = Run(quick(), "2012-relu", 1, "smoke").record(QUIET)
    experiment = quick()

    def arms(scale):
        config = experiment.arms(scale)["2012-relu"]
        slower = dataclasses.replace(config.training, learning_rate=1e-5)
        return {"2012-relu": dataclasses.replace(config, training=slower)}

    changed = dataclasses.replace(experiment, arms=arms)
    path = settings.runs_root() / "smoke" / "figure1" / "2012-relu.s1.pt"
    path.unlink()
    second = Run(changed, "2012-relu", 1, "smoke").record(QUIET)
    assert second.config != first.config
    assert second.epochs[1]["learning_rate"] == 1e-5


def test_the_same_seed_gives_the_same_weights_and_another_does_not(record, monkeypatch):
    again = Run(quick(), "2012-relu", 1, "smoke").record(QUIET)
    other = Run(quick(), "2012-relu", 2, "smoke").record(QUIET)
    assert again.weights_sha256 == record.weights_sha256
    assert (
        again.epochs[1]["train_running_loss"] == record.epochs[1]["train_running_loss"]
    )
    assert other.weights_sha256 != record.weights_sha256


def test_unknown_arms_are_refused():
    with pytest.raises(ValueError, match=r"no arm 2012-elu; it has 2012-relu"):
        run_experiment(FIGURE1, "smoke", arms=["2012-elu"])


def test_drawn_images_are_not_published(own_results, monkeypatch):
    monkeypatch.setattr(machine, "code", lambda: {"dirty": False, "commit": "c"})
    with pytest.raises(PublishError, match="synthetic is synthetic"):
        Run(quick(), "2012-relu", 1, "smoke").record(PUBLISH)
    assert not own_results.exists()


@pytest.fixture
def publishable(own_results, monkeypatch):
    """Real data, few of them, from a clean commit."""
    small = few(dataclasses.replace(data.load("synthetic128"), real=True), 32, 10)
    monkeypatch.setattr(data, "load", lambda name: small)
    monkeypatch.setattr(machine, "code", lambda: {"dirty": False, "commit": "c"})
    return own_results


@pytest.fixture
def planned():
    """AlexNet and its ablations with a plan of two seeds at scale `smoke`."""
    plan = Plan(seeds=2, epochs=1, endpoint="test_top1_ten", rule="a test")
    return dataclasses.replace(EXPERIMENTS["first-711-updates"], plan={"smoke": plan})


def test_seeds_that_the_plan_does_not_have_are_not_published(publishable, planned):
    with pytest.raises(PlanError, match="the plan has seeds 1 to 2"):
        Run(planned, "source", 3, "smoke").record(PUBLISH)
    unplanned = dataclasses.replace(planned, plan={})
    with pytest.raises(PlanError, match="no plan at scale smoke"):
        Run(unplanned, "source", 1, "smoke").record(PUBLISH)
    assert not publishable.exists()


def test_publishing_keeps_the_first_layer_and_overwrites_nothing(publishable, planned):
    arguments = (planned, "source", 1, "smoke")
    record = Run(*arguments).record(PUBLISH)
    layer = artifacts.read(
        artifacts.path_of(
            records.path_of(publishable, "first-711-updates", "source", 1), "conv1"
        )
    )
    shares = torch.tensor(record.epochs[-1]["kernel_colour"])
    torch.testing.assert_close(
        colour_shares(torch.from_numpy(layer["weight"]).float()),
        shares,
        rtol=0,
        atol=2e-3,
    )
    assert Run(*arguments).record(PUBLISH) == record

    def other(scale):
        return {"source": planned.arms(scale)["half"]}

    changed = dataclasses.replace(planned, arms=other)
    with pytest.raises(PublishError, match=r"source\.s1\.json .*delete it first"):
        Run(changed, *arguments[1:]).record(PUBLISH)
    assert (
        records.read(records.path_of(publishable, "first-711-updates", "source", 1))
        == record
    )


@pytest.mark.parametrize(
    "seeds_and_arms",
    [([1, 1], ["2012-relu"]), ([1], ["2012-relu"] * 2), ([1, 1], ["2012-relu"] * 2)],
)
def test_what_is_named_twice_counts_once(record, seeds_and_arms):
    seeds, arms = seeds_and_arms
    records.write(settings.runs_root() / "smoke", record)
    found = run_experiment(quick(), "smoke", seeds=seeds, arms=arms, options=QUIET)
    assert found == [record]


def test_a_figure_at_the_end_that_is_not_finite_is_told_each_time(monkeypatch):
    """It is measured when the checkpoint is finished already."""
    take = train_module.take

    def measured(measures, when, of):
        bad = {"test_loss_ten": float("nan")} if when == "at the end" else {}
        return take(measures, when, of) | bad

    monkeypatch.setattr(train_module, "take", measured)
    run = Run(quick(), "2012-relu", 1, "smoke")
    for _ in range(2):
        with pytest.raises(TrainingError, match="seed 1: test_loss_ten after epoch 1"):
            run.record(QUIET)
        assert run.checkpoint_path.exists()
        assert not run.record_path(run.own_root).exists()
    monkeypatch.undo()


def test_changed_code_is_not_published(own_results, monkeypatch):
    monkeypatch.setattr(machine, "code", lambda: {"dirty": True, "commit": "c"})
    with pytest.raises(PublishError, match="commit or stash"):
        Run(quick(), "2012-relu", 1, "smoke").record(PUBLISH)
    assert not own_results.exists()


@pytest.mark.parametrize(
    "reason", ["detected dubious ownership", "git is not installed", "not in a git"]
)
def test_code_without_a_commit_is_not_published_and_told_why(
    own_results, monkeypatch, reason
):
    monkeypatch.setattr(machine, "code", lambda: {"dirty": True, "commit": None})
    monkeypatch.setattr(machine, "why_no_commit", lambda: reason)
    with pytest.raises(PublishError, match=f"this code has none: {reason}"):
        Run(quick(), "2012-relu", 1, "smoke").record(PUBLISH)
    assert not own_results.exists()


def test_what_another_commit_trained_is_not_published_as_this_ones(
    publishable, planned, monkeypatch
):
    arguments = (planned, "no-norm", 1, "smoke")
    Run(*arguments).record(QUIET)
    monkeypatch.setattr(machine, "code", lambda: {"dirty": False, "commit": "d"})
    Run(*arguments).record(QUIET)
    match = r"no-norm\.s1\.pt: trained by other code than this commit \(c\)"
    with pytest.raises(PublishError, match=match):
        Run(*arguments).record(PUBLISH)
    monkeypatch.setattr(machine, "code", lambda: {"dirty": False, "commit": "c"})
    assert Run(*arguments).record(PUBLISH).code["commit"] == "c"


def test_what_starts_from_another_commits_weights_is_not_published(
    publishable, planned, monkeypatch
):
    experiment = started_from(planned, "no-norm", ("conv1",))
    Run(experiment, "no-norm", 1, "smoke").record(QUIET)
    monkeypatch.setattr(machine, "code", lambda: {"dirty": False, "commit": "d"})
    match = r"no-norm\.s1\.pt: trained by other code than this commit \(c\)"
    with pytest.raises(PublishError, match=match):
        Run(experiment, "later", 1, "smoke").record(PUBLISH)
    monkeypatch.setattr(machine, "code", lambda: {"dirty": False, "commit": "c"})
    assert Run(experiment, "later", 1, "smoke").record(PUBLISH).arm == "later"


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
