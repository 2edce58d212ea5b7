"""Pictures of §5's runs, and what the notebook says in words, against the records."""

import dataclasses
import json
import math

import numpy as np
import pytest

from alexnet_lib import settings
from alexnet_lib.experiments.learning import BIASES, UPDATE_RULE
from alexnet_lib.experiments.photographs import FIRST_UPDATES
from alexnet_lib.experiments.starting import START
from alexnet_lib.notebook import first_updates
from alexnet_lib.notebook.details_of_learning import factorial, published
from alexnet_lib.runs import records
from tests.drawn import Panel, assert_shows, unnoticed

ARMS = ("paper", "paper-code-init", "source")


def raw(arm):
    """Training losses of an arm's runs by epoch, from the files as they are."""
    paths = (settings.results_root() / "first-711-updates").glob(f"{arm}.s?.json")
    return [
        [e["train_loss"] for e in json.loads(p.read_text())["epochs"][1:]]
        for p in sorted(paths)
    ]


def test_the_first_losses_are_those_of_the_files():
    picture = first_updates.losses(records.published("first-711-updates"))
    lines, words = [], []
    for arm in ARMS:
        losses = raw(arm)
        assert len(losses) == 5
        lines += [list(enumerate(of, start=1)) for of in losses]
        last = [of[-1] for of in losses]
        words.append(f"{min(last):.3g} to {max(last):.3g} nats in epoch 7")
    chance = [(0, math.log(10)), (1, math.log(10))]
    panels = [Panel([*lines, chance])]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []


def test_the_text_s_net_starts_late_and_one_change_ends_that():
    """What the notebook says: of all seeds, and of where seven epochs lead."""
    by_arm = {arm: np.array(raw(arm)) for arm in ARMS}  # (seeds, epochs)
    chance = math.log(10)
    assert all((losses[:, 0] > chance).all() for losses in by_arm.values())
    text = by_arm.pop("paper")
    for losses in by_arm.values():
        assert (losses[:, 1:] < text[:, 1:]).all()
        assert losses[:, 1].mean() > text[:, 6].mean() > losses[:, 3].mean()
        assert (losses[:, 2] < 2).all()
    assert (text[:, 3] > 2).all()


@pytest.mark.parametrize(
    ("experiment", "comparisons"),
    [
        (UPDATE_RULE, published.RULE),
        (BIASES, published.BIASES),
        (FIRST_UPDATES, first_updates.NETWORKS),
    ],
    ids=["rule", "biases", "networks"],
)
def test_comparisons_are_of_arms_and_metrics_that_there_are(experiment, comparisons):
    for difference in comparisons.values():
        assert set(difference.arms) <= set(experiment.arms("laptop"))
        assert difference.metric in experiment.metrics


STEPS = {
    "0.01-1-raw": [None, None, 450.0],
    "0.03-1-raw": [150.0, 100.0, 200.0],
    "0.01-0-raw": [None, None, None],
    "0.03-0.1-unit": [50.0],
}


@pytest.fixture
def starts(record):
    def made(steps):
        result = {
            "steps_to_2.20": steps,
            "restricted_steps_to_2.20": 500.0 if steps is None else steps,
        }
        return dataclasses.replace(record, result=result)

    return {arm: list(map(made, steps)) for arm, steps in STEPS.items()}


def test_the_map_has_every_combination_and_says_what_is_missing(starts):
    picture = factorial.steps_map(starts)
    nan = np.nan
    raw_pixels = np.array([[500, nan, 1450 / 3], [nan, nan, 150]])
    unit = np.array([[nan] * 3, [nan, 50, nan]])
    panels = [Panel(images=[raw_pixels]), Panel(images=[unit])]
    words = [
        "raw pixels, 0.01, biases 0: never",
        "raw pixels, 0.01, biases 1: 1 of 3",
        "raw pixels, 0.03, biases 1: 150",
        "raw pixels, 0.03, biases 0: not run yet",
        "pixels of unit deviation, 0.03, biases 0.1: 50",
    ]
    shown = [
        dataclasses.replace(p, images=[np.ma.masked_invalid(p.images[0])])
        for p in panels
    ]
    for ax, panel in zip(picture.figure.axes, shown, strict=True):
        (image,) = ax.images
        np.testing.assert_array_equal(image.get_array(), panel.images[0])
        written = [text.get_text() for text in ax.texts]
        assert len(written) == 6
    assert not [word for word in words if word not in picture.alt]


def test_the_map_of_no_runs_says_so_in_every_cell():
    assert factorial.steps_map({}).alt.count("not run yet") == 12
    assert factorial.one_change_table({}).count("not run yet") == 5


def test_a_row_for_each_change_of_the_text_s_net(starts):
    table = factorial.one_change_table(starts)
    assert "| 0.01-1-raw | never, never, 450 |" in table
    assert "| 0.03-1-raw | 150, 100, 200 |" in table
    assert set(factorial.ONE_CHANGE) <= set(START.arms("laptop"))


def test_every_cell_of_the_map_is_an_arm():
    arms = {
        f"{deviation}-{bias}-{pixels}"
        for deviation in factorial.DEVIATIONS
        for bias in factorial.BIASES
        for pixels in factorial.PIXELS
    }
    assert set(START.arms("laptop")) - arms == {"control", "caffe"}
    changed = [
        sum(
            a != b for a, b in zip(x.split("-"), factorial.TEXT.split("-"), strict=True)
        )
        for x in factorial.ONE_CHANGE
    ]
    assert changed == [0, 1, 1, 1, 1]
