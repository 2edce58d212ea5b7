"""The comparison of notebook 04 comes from the records, in pairs of seeds."""

import dataclasses

import pytest

from alexnet_lib.experiments.photographs import ABLATIONS
from alexnet_lib.ledger import estimate, report
from alexnet_lib.notebook.overlapping_pooling import published
from alexnet_lib.runs import records


def run(record, arm, seed, errors, experiment="cifar-pooling"):
    """A record whose epochs have these (training, test) errors."""
    epochs = [
        {"epoch": i, "train_set_error": train, "val_error": test}
        for i, (train, test) in enumerate(errors)
    ]
    train, test = errors[-1]
    result = {"test_error": test, "train_error": train, "gap": test - train}
    return dataclasses.replace(
        record, experiment=experiment, arm=arm, seed=seed, epochs=epochs, result=result
    )


def by_window(photographs):
    """As notebook 04 names the arms."""
    arms = {"overlapping": "source", "apart": "without-overlap"}
    return {arm: photographs[name] for arm, name in arms.items()}


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


def test_arms_are_compared_over_the_seeds_that_both_have(runs):
    rows = {name: rest for name, *rest in published.compared(runs)}
    ours, theirs, difference = rows["test error"]
    assert ours.value == pytest.approx(22.5)  # the third seed has no partner
    assert theirs.value == pytest.approx(23.5)
    assert difference == estimate.difference([22.0, 23.0], [24.0, 23.0])
    gap = rows["test less training error"][2]
    assert gap.value == pytest.approx((10 - 16 + 13 - 15) / 2)


def test_the_ledger_has_the_same_difference(runs, own_results):
    for record in (r for all_ in runs.values() for r in all_):
        records.write(own_results, record)
    rows = {
        row.claim.name: row
        for row in report.ledger("smoke", experiment="cifar-pooling")
    }
    row = rows["overlapping-pooling-cifar"]
    assert row.published == published.compared(runs)[0][-1]
    assert row.verdict == "undecided"


@pytest.fixture
def photographs(record):
    """Imagenette's runs by its own arms: one view's errors, and ten views' at the end.

    The ten views' are not a fixed step from the centre's.
    """
    ends = {
        "source": [(0.10, 0.30, 0.20), (0.12, 0.29, 0.21)],
        "without-overlap": [(0.08, 0.33, 0.25), (0.09, 0.31, 0.27)],
    }
    made = {}
    for arm, all_ in ends.items():
        made[arm] = []
        for seed, (train, centre, ten) in enumerate(all_, start=1):
            one = run(record, arm, seed, [(0.9, 0.9), (train, centre)], "ablations")
            last = one.epochs[-1] | {
                **{"val_error_ten": ten, "val_top5_ten": 0.1, "val_loss_ten": 1.0},
                **{"val_top5": 0.1, "kernel_colour": [0.1, 0.2]},
            }
            epochs = [*one.epochs[:-1], last]
            result = ABLATIONS.metrics(epochs)
            made[arm].append(dataclasses.replace(one, epochs=epochs, result=result))
    return made


def test_the_ledger_has_the_table_s_difference_of_ten_views(photographs, own_results):
    for record in (r for all_ in photographs.values() for r in all_):
        records.write(own_results, record)
    rows = {
        row.claim.name: row for row in report.ledger("smoke", experiment="ablations")
    }
    row = rows["overlapping-pooling-imagenette"]
    assert row.published.value == pytest.approx(-5.5)
    name, *_, difference = published.compared(by_window(photographs))[0]
    assert name == "test error, ten views"
    assert row.published == difference


def test_the_gap_of_augmented_runs_is_of_one_view(photographs):
    rows = {name: rest for name, *rest in published.compared(by_window(photographs))}
    ours, theirs, _ = rows["test less training error, centre view"]
    assert (ours.value, theirs.value) == pytest.approx((18.5, 23.5))
    for axes in published.curves(by_window(photographs)).figure.axes:
        assert axes.get_title().endswith(", centre view")


def test_gap_at_a_training_error_is_interpolated(runs):
    epochs = runs["overlapping"][0].epochs
    # between (20, 26) and (12, 22), at 16: 24 - 16
    assert published.gap_at(epochs, 16.0) == pytest.approx(8.0)
    assert published.gap_at(epochs, 5.0) is None


def test_gaps_at_equal_error_are_paired_at_one_that_all_had(runs):
    level, difference = published.gap_at_equal_error(runs)
    assert level == 12.0
    gaps = {
        arm: [published.gap_at(r.epochs, 12.0) for r in all_[:2]]
        for arm, all_ in runs.items()
    }
    assert difference == estimate.difference(gaps["overlapping"], gaps["apart"])


def test_without_runs_everything_says_so():
    assert published.comparison({}).endswith("| not run yet |  |  |  |")
    assert published.readings({}) == "not run yet"
    assert published.gap_at_equal_error({}) is None
    for draw in (published.curves, published.at_equal_training_error):
        for axes in draw({}).figure.axes:
            assert [text.get_text() for text in axes.texts] == ["not run yet"]


def test_pictures_have_a_line_per_run_and_measure(runs):
    errors, gap = published.curves(runs).figure.axes
    assert len(errors.lines) == 2 * 5
    assert len(gap.lines) == 5
    assert gap.lines[0].get_ydata()[-1] == pytest.approx(10.0)
    picture = published.at_equal_training_error(runs)
    assert picture.figure.axes[0].lines[0].get_xdata()[-1] == pytest.approx(12.0)
    assert not picture.figure.axes[0].texts


def test_words_of_live_curves_stay_while_they_grow(runs):
    # a notebook under test is shown the first state of a picture that is updated
    assert published.curves({}).alt == published.curves(runs).alt


def test_curves_take_epochs_without_a_training_error(record):
    first = dataclasses.replace(record, epochs=[{"epoch": 0, "val_error": 0.9}])
    assert len(published.curves({"apart": [first]}).figure.axes) == 2


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ((-2.0, -0.5), "lower with overlap"),
        ((0.5, 2.0), "higher with overlap"),
        ((-0.5, 0.5), "not told apart"),
        ((None, None), "one pair of runs only: says nothing"),
    ],
)
def test_a_difference_is_read_by_its_interval(bounds, words):
    assert published.reading(estimate.Estimate(0.0, *bounds, 3)) == words


def test_readings_are_of_every_row(runs):
    said = published.readings(runs).splitlines()
    rows = published.compared(runs)
    assert said == [f"{n} at the end: {published.reading(d)}" for n, *_, d in rows]
    one_pair = {arm: all_[:1] for arm, all_ in runs.items()}
    assert published.readings(one_pair).count("says nothing") == 3
