"""Notebook 09 says what is published, and changes its words as records come."""

import dataclasses

import pytest

from alexnet_lib.experiments.vgg import DEPTH, START
from alexnet_lib.figures.curves import TEST
from alexnet_lib.ledger import report
from alexnet_lib.notebook import comparisons
from alexnet_lib.notebook.what_came_next_vgg import published
from alexnet_lib.runs import records
from alexnet_lib.tables import NOT_RUN_YET


def stored(record, root, experiment, arms, seeds):
    """Records of `seeds` of `arms`, the error of each by its place and seed."""
    for place, arm in enumerate(arms):
        for seed in seeds:
            error = 0.3 - 0.02 * place + 0.001 * seed
            made = dataclasses.replace(
                record,
                experiment=experiment.name,
                arm=arm,
                seed=seed,
                scale="laptop",
                epochs=[{"epoch": i, TEST: e} for i, e in ((0, 0.9), (1, error))],
                result={"test_top1": error},
            )
            records.write(root, made)


@pytest.mark.parametrize("experiment", [DEPTH, START], ids=lambda e: e.name)
def test_the_state_counts_seeds_that_all_nets_have(record, own_results, experiment):
    arms = list(experiment.arms("laptop"))
    assert published.state(experiment).startswith(f"{NOT_RUN_YET}: 3 seeds")
    assert f"(alexnet run {experiment.name})" in published.state(experiment)
    stored(record, own_results, experiment, arms[:1], [1, 2])
    assert published.state(experiment) == "interim, 0 of 3 seeds of all nets"
    stored(record, own_results, experiment, arms[1:], [2, 3])
    assert published.state(experiment) == "interim, 1 of 3 seeds of all nets"
    stored(record, own_results, experiment, arms, range(1, 4))
    assert published.state(experiment) == f"all 3 seeds of all {len(arms)} nets"


def test_without_records_every_picture_and_table_says_so(own_results):
    assert "A not run yet" in published.by_depth({}).alt
    assert "A, drawn: not run yet" in published.starts({}).alt
    for compared in (published.COMPARED, published.STARTED):
        table = comparisons.difference_table({}, compared)
        assert table.count(NOT_RUN_YET) == len(compared)
        words = comparisons.verdict_lines({}, compared).splitlines()
        assert all(line.endswith(NOT_RUN_YET) for line in words)


def test_pictures_show_the_records_that_are_there(record, own_results):
    stored(record, own_results, DEPTH, ("A", "B"), [1, 2])
    picture = published.by_depth(records.published(DEPTH.name))
    assert "A, 11 layers, 30.1 to 30.2" in picture.alt
    assert "B, 13 layers, 28.1 to 28.2" in picture.alt
    assert "D not run yet" in picture.alt
    dots = [line for line in picture.figure.axes[0].lines if line.get_marker() == "o"]
    assert [list(line.get_ydata()) for line in dots] == [
        pytest.approx([30.1, 30.2]),
        pytest.approx([28.1, 28.2]),
    ]
    stored(record, own_results, START, ("A", "D-from-A"), [1])
    words = published.starts(records.published(START.name)).alt
    assert "D, from A's layers: 28.1 after 1 epochs" in words


def test_what_is_compared_are_arms_of_the_experiments():
    for experiment, compared in (
        (DEPTH, published.COMPARED),
        (START, published.STARTED),
    ):
        arms = set(experiment.arms("laptop"))
        assert all(set(of.arms) <= arms for of in compared.values())
    assert set(published.STARTS) == set(START.arms("laptop"))


def test_what_the_notebook_says_of_the_start_is_so():
    begun = records.published(START.name)
    for run in begun["D"]:
        assert all(abs(epoch[TEST] - 0.9) < 0.01 for epoch in run.epochs)
    for arm in ("D-from-A", "D-glorot"):
        assert len(begun[arm]) == 3
        assert all(run.epochs[1][TEST] < 0.8 for run in begun[arm])


def test_what_the_notebook_says_of_depth_and_kernels_is_so():
    words = {row.claim.name: row.verdict for row in report.ledger("laptop")}
    assert [words[f"vgg-{name}"] for name in ("depth-b", "depth-c", "depth-d")] == [
        "same direction",
        "opposite direction",
        "same direction",
    ]
    assert words["vgg-5x5"] == "same direction"
    assert words["vgg-lrn"] == "not shown equivalent within ±1"
    depth = records.published(DEPTH.name)
    for of_c in depth["C"]:
        others = [depth[arm] for arm in "ABD"]
        train = [r.result["train_top1"] for runs in others for r in runs]
        assert of_c.result["train_top1"] > max(train)
    for large, small in zip(depth["B-5x5"], depth["B"], strict=True):
        assert large.seed == small.seed
        assert large.result["train_top1"] > small.result["train_top1"]
