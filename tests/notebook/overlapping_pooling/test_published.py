"""Notebook 04's curves and gaps come from the records, in pairs of seeds."""

import dataclasses

import pytest

from alexnet_lib.figures.curves import TEST, TEST_TEN_VIEWS, TRAIN
from alexnet_lib.ledger import estimate
from alexnet_lib.notebook.overlapping_pooling import published
from alexnet_lib.tables import NOT_RUN_YET


def run(record, arm, seed, errors, experiment="cifar-pooling"):
    """A record whose epochs have these (training, test) errors."""
    epochs = [
        {"epoch": i, "learning_rate": 0.01, TRAIN: train, TEST: test}
        for i, (train, test) in enumerate(errors)
    ]
    train, test = errors[-1]
    result = {"test_top1": test, "train_top1": train, "gap": test - train}
    return dataclasses.replace(
        record, experiment=experiment, arm=arm, seed=seed, epochs=epochs, result=result
    )


@pytest.fixture
def runs(record):
    ends = {
        "overlapping": [(0.12, 0.22), (0.10, 0.23), (0.11, 0.21)],
        "apart": [(0.08, 0.24), (0.08, 0.23)],
    }
    return {
        arm: [
            run(record, arm, seed, [(0.9, 0.9), (0.2, 0.26), end])
            for seed, end in enumerate(all_, start=1)
        ]
        for arm, all_ in ends.items()
    }


def test_gap_at_a_training_error_is_interpolated(runs):
    run = runs["overlapping"][0]
    # between (20, 26) and (12, 22), at 16: 24 - 16
    assert published.gap_at(run, 16.0) == pytest.approx(8.0)
    assert published.gap_at(run, 5.0) is None


def test_gaps_at_equal_error_are_paired_at_one_that_all_had(runs):
    level, difference = published.gap_at_equal_error(runs)
    assert level == 12.0
    gaps = {
        arm: [published.gap_at(run, 12.0) for run in all_[:2]]
        for arm, all_ in runs.items()
    }
    assert difference == estimate.difference(gaps["overlapping"], gaps["apart"])


def test_curves_are_of_one_view_where_runs_end_with_ten(runs):
    assert "centre view" not in published.curves(runs).alt
    for run in runs["apart"]:
        run.epochs[-1][TEST_TEN_VIEWS] = 0.2
    picture = published.curves(runs)
    assert "centre view" in picture.alt
    for ax in picture.figure.axes:
        assert ax.get_title().endswith(", centre view")


def test_without_runs_everything_says_so():
    assert published.gap_at_equal_error({}) is None
    for draw in (published.curves, published.at_equal_training_error):
        picture = draw({})
        assert NOT_RUN_YET in picture.alt
        for ax in picture.figure.axes:
            assert [text.get_text() for text in ax.texts] == [NOT_RUN_YET]


def test_curves_take_epochs_without_a_training_error(record):
    first = dataclasses.replace(record, epochs=[{"epoch": 0, TEST: 0.9}])
    errors, gap = published.curves({"apart": [first]}).figure.axes
    assert len(errors.lines) == 1
    assert not gap.lines


def test_gaps_are_not_compared_across_the_drop_of_the_rate(runs):
    """All fall to 5 % as the rate drops, between two epochs; before it 12 % was had."""
    for run in (r for all_ in runs.values() for r in all_):
        for epoch in run.epochs[1:]:
            epoch["learning_rate"] = 0.01
        after = {"epoch": 3, TRAIN: 0.05, TEST: 0.2, "learning_rate": 0.001}
        run.epochs.append(after)
    level, _ = published.gap_at_equal_error(runs)
    assert level == 12.0
