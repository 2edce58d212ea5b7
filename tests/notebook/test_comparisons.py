"""Arms are compared in pairs of seeds, as the ledger does, and in plain words."""

import dataclasses

import pytest

from alexnet_lib.experiments.cifar import CIFAR_NORM, CIFAR_POOLING
from alexnet_lib.experiments.photographs import FIRST_UPDATES
from alexnet_lib.ledger import estimate, report
from alexnet_lib.ledger.estimate import Estimate
from alexnet_lib.ledger.measures import Difference
from alexnet_lib.notebook import comparisons, first_updates
from alexnet_lib.notebook.local_response_normalization import published as lrn
from alexnet_lib.notebook.overlapping_pooling import published as pooling
from alexnet_lib.runs import records
from alexnet_lib.tables import NOT_RUN_YET

ERROR = Difference("with", "without", "error", 100)


def invented(record, errors):
    """Records whose only metric is `errors[arm][seed]`, a fraction."""
    return {
        arm: [
            dataclasses.replace(record, arm=arm, seed=seed, result={"error": error})
            for seed, error in by_seed.items()
        ]
        for arm, by_seed in errors.items()
    }


def cells(table):
    return [[c.strip() for c in row.strip("|").split("|")] for row in table.split("\n")]


def test_differences_are_in_points_and_say_what_is_missing(record):
    runs = invented(record, {"with": {1: 0.19}, "without": {1: 0.2, 2: 0.21}})
    listed = {"the unit": ERROR, "all": Difference("with", "neither", "error", 100)}
    assert cells(comparisons.difference_table(runs, listed))[2:] == [
        ["the unit", "with minus without", "-1.00, n=1"],
        ["all", "with minus neither", NOT_RUN_YET],
    ]


def test_both_arms_stand_beside_their_difference(record):
    ours, theirs = [0.19, 0.16, 0.17], [0.2, 0.21, 0.19]
    runs = invented(
        record,
        {"with": dict(enumerate(ours)), "without": dict(enumerate(theirs))},
    )
    names = {"with": "with it", "without": "without it"}
    head, _, row = cells(comparisons.both_arms_table(runs, {"test": ERROR}, names))
    assert head[1:3] == ["with it", "without it"]
    expected = (
        estimate.mean([100 * v for v in ours]),
        estimate.mean([100 * v for v in theirs]),
        estimate.difference([100 * v for v in ours], [100 * v for v in theirs]),
    )
    assert row == ["test", *(e.text(2) for e in expected)]
    empty = cells(comparisons.both_arms_table({}, {"test": ERROR}, names))
    assert empty[2] == ["test", *[NOT_RUN_YET] * 3]


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ((-2.0, -0.5), "with lower than without"),
        ((0.5, 2.0), "with higher than without"),
        ((-0.5, 0.5), "no difference shown"),
        ((None, None), "one pair of runs only: says nothing"),
    ],
)
def test_a_difference_is_said_by_its_interval(bounds, words):
    assert comparisons.verdict(ERROR, Estimate(0.0, *bounds, 3)) == words


def test_a_line_says_so_of_each_comparison(record):
    errors = {"with": {1: 0.1, 2: 0.121}, "without": {1: 0.2, 2: 0.22}, "x": {1: 0.1}}
    listed = {
        "the unit": ERROR,
        "x": Difference("x", "without", "error"),
        "y": Difference("y", "without", "error"),
    }
    lines = comparisons.verdict_lines(invented(record, errors), listed).splitlines()
    assert lines == [
        "the unit: with lower than without",
        "x: one pair of runs only: says nothing",
        f"y: {NOT_RUN_YET}",
    ]


def test_many_comparisons_are_corrected(record):
    """A difference that its own interval tells may be chance among eight."""
    draw = [-0.2, 0.4, -0.3, 0.1, 0.0]
    weak = [-0.02, -0.10, -0.20, -0.25, -0.08]
    arms = {"weak": weak} | {f"x{i}": [d * (i + 1) for d in draw] for i in range(7)}
    errors = {arm: dict(enumerate(values)) for arm, values in arms.items()}
    runs = invented(record, errors | {"base": dict.fromkeys(range(5), 0.0)})
    listed = {arm: Difference(arm, "base", "error") for arm in arms}
    alone = {"weak": listed["weak"]}
    assert comparisons.verdict_lines(runs, alone) == "weak: weak lower than base"
    lines = comparisons.verdict_lines(runs, listed).splitlines()
    assert lines[0] == "weak: no difference shown"


def test_a_difference_without_runs_is_left_out_of_the_picture(record):
    errors = {"with": {1: 0.1, 2: 0.121}, "without": {1: 0.2, 2: 0.22}}
    listed = {"y": Difference("y", "without", "error"), "the unit": ERROR}
    picture = comparisons.interval_plot(invented(record, errors), listed, "points")
    dots = [x for x in picture.figure.axes[0].lines if x.get_marker() == "o"]
    assert [dot.get_xydata().tolist() for dot in dots] == [[[pytest.approx(-9.95), 1]]]
    assert f"y {NOT_RUN_YET}" in picture.alt
    assert not picture.figure.axes[0].texts
    (words,) = comparisons.interval_plot({}, listed, "points").figure.axes[0].texts
    assert words.get_text() == NOT_RUN_YET


@pytest.mark.parametrize(
    ("experiment", "listed"),
    [
        (CIFAR_NORM, lrn.CIFAR),
        (FIRST_UPDATES, first_updates.NETWORKS | lrn.CHANGES),
        (CIFAR_POOLING, pooling.CIFAR),
    ],
)
def test_comparisons_are_of_arms_and_metrics_there_are(experiment, listed):
    arms = experiment.arms("laptop")
    for of in listed.values():
        assert set(of.arms) <= set(arms)
        for arm in of.arms:
            runs = records.published(experiment.name)[arm]
            assert all(of.metric in run.result for run in runs)


def test_the_ledger_has_the_same_differences():
    rows = {row.claim.name: row.published for row in report.ledger("smoke")}
    ablations = records.published("first-711-updates")
    by_window = {
        "overlapping": ablations["source"],
        "apart": ablations["without-overlap"],
    }
    for claim, of, runs in (
        (
            "overlapping-pooling-cifar",
            pooling.CIFAR["test error"],
            records.published("cifar-pooling"),
        ),
        (
            "overlapping-pooling-imagenette",
            pooling.PHOTOGRAPHS["test error, ten views"],
            by_window,
        ),
        (
            "cifar-norm-alone",
            lrn.CIFAR["normalisation alone"],
            records.published("cifar-norm"),
        ),
    ):
        row = dataclasses.replace(rows[claim], over=None)  # of seeds, as the lists are
        assert row == comparisons.found_in(runs, of)
