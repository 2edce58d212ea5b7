"""Notebook 04's curves and gaps come from the records, in pairs of seeds."""

import dataclasses

import pytest

from alexnet_lib.figures.curves import TEST, TEST_TEN_VIEWS, TRAIN
from alexnet_lib.ledger import estimate, report
from alexnet_lib.notebook import comparisons
from alexnet_lib.notebook.overlapping_pooling import published
from alexnet_lib.runs import records
from alexnet_lib.tables import NOT_RUN_YET
from tests.notebook.cells import NOTEBOOKS, cells_of


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


@pytest.fixture(scope="module")
def both():
    """Published runs on CIFAR-10 and on photographs, by the notebook's names."""
    by_arm = records.published("first-711-updates")
    photographs = {
        "overlapping": by_arm["source"],
        "apart": by_arm["without-overlap"],
    }
    return records.published("cifar-pooling"), photographs


@pytest.fixture(scope="module")
def ledger():
    return report.ledger("smoke", section="§3.4")


def test_the_two_claims_have_a_row_each_for_every_data(both, ledger):
    _, _, *rows = published.two_claims(*both, ledger).splitlines()
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    claims = [claim for claim, *_ in rows]
    assert claims == ["less error"] * 4 + ["harder to overfit"] * 4
    by_name = {row.claim.name: row for row in ledger}
    error = by_name["overlapping-pooling-cifar"]
    assert rows[0][3:] == [error.published.text(), error.verdict]
    cifar, photographs = both
    gaps = [[100 * r.result["gap"] for r in cifar[arm]] for arm in published.ARMS]
    assert rows[4][3:] == [estimate.difference(*gaps).text(), "no row"]
    level, at_equal = published.gap_at_equal_error(cifar)
    assert rows[5][2:4] == [f"gap at {level:.0f} % training error", at_equal.text()]
    gaps = [[100 * r.result["gap"] for r in photographs[a]] for a in published.ARMS]
    assert rows[6][3] == estimate.difference(*gaps).text()


def test_the_two_claims_without_runs_say_so(ledger):
    rows = published.two_claims({}, {}, ledger).splitlines()[6:9]
    assert all(f"| {NOT_RUN_YET} | no row |" in row for row in rows)


def test_the_story_ends_in_the_words_of_ledger_and_comparisons(both, ledger):
    """Whoever publishes a run that turns a word has to tell the end anew."""
    (path,) = (path for path in NOTEBOOKS if path.stem.startswith("04"))
    texts = (cell.source for cell in cells_of(path))
    (end,) = (text for text in texts if text.startswith("**Less error.**"))
    end = " ".join(end.split())
    verdicts = {row.claim.name: row.verdict for row in ledger}
    told = ("cifar", "imagenette", "gap")
    for verdict in (verdicts[f"overlapping-pooling-{name}"] for name in told):
        assert f"*{verdict.partition(':')[0]}*" in end
    cifar, photographs = both
    gap = published.CIFAR["test minus training error"]
    gaps = [comparisons.found_in(cifar, gap), published.gap_at_equal_error(cifar)[1]]
    assert [found.side() for found in gaps] == ["below", "below"]
    assert "gap is smaller with 3/2, at the end and at equal training error" in end
    on_photographs = [
        comparisons.found_in(photographs, of).side()
        for of in published.PHOTOGRAPHS.values()
    ]
    assert set(on_photographs) == {"around"}
    assert end.count("no difference is shown") == 2
