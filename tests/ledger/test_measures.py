"""Measures read the runs that they name, and say what they read."""

import dataclasses

import pytest

from alexnet_lib.ledger import estimate
from alexnet_lib.ledger.estimate import NotReached
from alexnet_lib.ledger.measures import Counted, Difference, Mean, Ratio, Within

VALUES = {
    "a": {1: 4.0, 2: 6.0, 3: 5.0},
    "b": {3: 2.0, 2: 1.0, 1: 3.0},
    "c": {1: 9.0, 2: 9.5, 3: 7.0},
}


@pytest.fixture
def runs(record):
    return {
        arm: [
            dataclasses.replace(record, arm=arm, seed=seed, result={"m": m, "n": 2 * m})
            for seed, m in by_seed.items()
        ]
        for arm, by_seed in VALUES.items()
    }


def missing(runs, arm, seed):
    """The runs, but one of them never reached `m`."""
    changed = [
        dataclasses.replace(run, result={"m": None}) if run.seed == seed else run
        for run in runs[arm]
    ]
    return runs | {arm: changed}


def test_a_mean_and_a_ratio(runs):
    assert Mean("a", "m", 100)(runs) == estimate.mean([400.0, 600.0, 500.0])
    expected = estimate.ratio([4.0, 6.0, 5.0], [2.0, 1.0, 3.0])
    assert Ratio("a", "b", "m")(runs) == expected


def test_a_difference_is_of_pairs_whatever_their_order(runs):
    pairs = estimate.difference([4.0, 6.0, 5.0], [3.0, 1.0, 2.0])
    assert Difference("a", "b", "m")(runs) == pairs


def test_a_pooled_difference_counts_every_complete_arm(runs):
    table = [[4.0, 6.0, 5.0], [3.0, 1.0, 2.0], [9.0, 9.5, 7.0]]
    pooled = estimate.pooled_difference(table)
    assert Difference("a", "b", "m")(runs, "pooled") == pooled
    incomplete = runs | {"d": runs["c"][:2]}
    assert Difference("a", "b", "m")(incomplete, "pooled") == pooled


def test_within_runs_arms_are_averaged_by_seed(runs):
    """n less m is m: 3.5, 3.5 and 3.5 on average over a and b."""
    within = Within(("a", "b"), "n", "m", 10)(runs)
    assert within == estimate.mean([35.0, 35.0, 35.0])


@pytest.mark.parametrize(
    "measure",
    [
        Mean("a", "m"),
        Ratio("a", "b", "m"),
        Ratio("b", "a", "m"),
        Difference("a", "b", "m"),
        Difference("b", "a", "m"),
    ],
)
def test_a_run_without_the_number_is_counted_not_left_out(runs, measure):
    assert measure(missing(runs, "a", 2)) == NotReached(1, 3)
    for arm in measure.arms:
        assert measure({k: v for k, v in runs.items() if k != arm}) is None


def test_what_a_measure_reads_is_data():
    assert Difference("a", "b", "m").arms == ("a", "b")
    assert Within(("a", "b"), "n", "m").metrics == ("n", "m")
    assert Mean("a", "m") == Mean("a", "m")


def test_the_networks_counts_are_the_sums_over_its_layers():
    assert Counted("paper", "parameters")({}).value == 60_965_224
    assert Counted("paper", "units", 1e3)({}).text() == "659.3, counted"
