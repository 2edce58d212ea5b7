"""`alexnet train --plan`: what a training takes, and nothing trained."""

import dataclasses
import json
import re

import pytest
import torch

from alexnet_lib import cli, settings
from alexnet_lib.commands import plan, recipe
from alexnet_lib.config import RunConfig
from alexnet_lib.config_json import to_dict
from alexnet_lib.experiments import photographs
from alexnet_lib.experiments.figure1 import FIGURE1
from alexnet_lib.parallel.sharding import Layout
from alexnet_lib.runs.forecast import Forecast, Images, Probe
from tests.commands.test_train import asked

PAPER = photographs.base("paper")
IMAGENET = Images("imagenet", 1_281_167, 50_000, 1000, (3, 256, 256), prepared=False)


ONE = Layout(towers=1)


def forecast(layout=ONE, config=PAPER, images=IMAGENET, step=0.1):
    probe = Probe(step=step, test=0.001, memory=2**30)
    return Forecast(config, images, layout, torch.device("cpu"), probe)


def test_steps_and_hours_are_those_of_the_epochs():
    """10,009 batches of 128 and one of 15, ninety times, at a tenth of a second."""
    whole = forecast()
    assert whole.steps == 10_010
    hours, tests = whole.hours
    assert hours == pytest.approx(90 * 10_010 * 0.1 / 3600)
    assert tests == pytest.approx(91 * 50_000 * 0.001 / 3600)


def test_a_batch_too_small_for_the_replicas_is_no_step():
    few = dataclasses.replace(IMAGENET, train=2 * 128 + 3)
    assert forecast(images=few).steps == 3
    assert forecast(Layout(towers=1, replicas=4), images=few).steps == 2


def test_bytes_between_towers_are_the_maps_that_cross():
    """Half of what conv3, fc6, fc7 and fc8 read, as much back, half the logits."""
    crossing = 128 * 13**2 + 128 * 6**2 + 2048 + 2048
    two = forecast(Layout(towers=2))
    assert two.between_towers == 128 * 4 * (2 * crossing + 500)
    assert two.between_replicas == 0
    assert forecast().between_towers == 0


def test_bytes_between_replicas_are_a_ring_of_gradients():
    """Each of four sends three quarters of its gradients twice."""
    four = forecast(Layout(towers=1, replicas=4))
    assert four.between_replicas == pytest.approx(2 * 0.75 * 4 * 60_965_224)


def test_disk_is_a_byte_a_value_and_two_floats_a_weight():
    """262 GB of ImageNet, as README has it."""
    assert IMAGENET.bytes == 1_331_167 * 3 * 256 * 256
    assert round(IMAGENET.bytes / 1e9) == 262
    assert forecast().checkpoint == 8 * 60_965_224


def test_held_out_images_are_not_trained_on():
    assert IMAGENET.without(50).train == 1_281_167 - 50_000


def test_the_default_recipe_has_a_known_result_and_a_changed_one_has_none():
    made = recipe.recipe_of(asked(), IMAGENET.noise(1, 1))
    assert made == PAPER
    assert "59.3 % from ten" in plan.expectation(made)
    half = recipe.recipe_of(asked("--precision", "bfloat16"), IMAGENET.noise(1, 1))
    assert "59.3 % from ten" in plan.expectation(half)
    for change in (("--epochs", "80"), ("--pattern", "half"), ("--network", "paper")):
        made = recipe.recipe_of(asked(*change), IMAGENET.noise(1, 1))
        assert plan.expectation(made).startswith("no published result")


def test_imagenet_is_planned_for_before_it_is_there():
    assert plan.published("imagenet") == IMAGENET
    assert plan.published("imagenette") is None


@pytest.fixture
def small(tmp_path):
    """A config of one layer on synthetic images, in a file."""
    config = photographs.FIRST_UPDATES.arms("smoke")["source"]
    network = dataclasses.replace(config.network, layers=config.network.layers[-1:])
    file = tmp_path / "config.json"
    made = RunConfig(config.data, network, config.training)
    file.write_text(json.dumps(to_dict(made)), encoding="utf-8")
    return file


def test_a_plan_is_printed_and_nothing_is_trained(small, capsys):
    said = ["train", "--device", "cpu", "--config", str(small), "--plan"]
    assert cli.main(said) == 0
    lines = dict(re.findall(r"^(\w+) +(.*)$", capsys.readouterr().out, re.MULTILINE))
    assert list(lines) == [
        *("images", "devices", "steps", "memory", "between", "disk", "hours", "expect")
    ]
    assert lines["images"] == "synthetic128: 400 to train on, 100 to test on"
    assert lines["steps"].startswith("7 an epoch, 7 in 1 epoch, of 64 images")
    assert float(lines["hours"].split(":")[0]) < 1
    assert lines["between"] == "nothing: there is one process"
    assert not [p for p in settings.runs_root().rglob("*") if p.is_file()]


def test_an_arm_s_plan_has_its_experiment_s_expectation(capsys):
    arm = ["--experiment", "figure1", "--arm", "2012-relu", "--scale", "smoke"]
    assert cli.main(["train", "--device", "cpu", *arm, "--plan"]) == 0
    out = capsys.readouterr().out
    assert f"expect   {FIGURE1.expect['smoke']}" in out


@pytest.mark.parametrize("word", [("--save", "x.pt"), ("--save-every", "9")])
def test_what_a_plan_would_not_heed_is_refused(word, capsys):
    assert cli.main(["train", "--device", "cpu", "--plan", *word]) == 2
    assert "are not for --plan" in capsys.readouterr().err


def test_readme_s_hours_are_those_of_its_images_a_second():
    readme = (settings.PROJECT / "README.md").read_text(encoding="utf-8")
    images = PAPER.training.epochs * IMAGENET.train
    assert f"{images / 1e6:.0f} million" in readme
    assert f"{images / 2987 / 3600:.0f} hours at the 2,987 images a second" in readme
