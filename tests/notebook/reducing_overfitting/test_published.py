"""Tables of §4's runs: what is there, what is not, which rate was chosen."""

import dataclasses

import pytest

from alexnet_lib.experiments import EXPERIMENTS, by_name
from alexnet_lib.experiments.dropout import NETS, RATES
from alexnet_lib.notebook.reducing_overfitting import published
from alexnet_lib.runs import records


def test_every_planned_experiment_of_section_4_is_in_the_table():
    of_section = {
        name
        for name, experiment in EXPERIMENTS.items()
        if experiment.section.startswith("§4") and experiment.plan
    }
    assert set(published.NEEDED) == of_section | {"photographs"}


def store(record, root, experiment, arm, rate=None, **result):
    config = record.config.with_training(learning_rate=rate or 0.01)
    arms = EXPERIMENTS[experiment].arms("laptop")
    assert arm in arms
    made = dataclasses.replace(
        record,
        experiment=experiment,
        arm=arm,
        config=config,
        scale="laptop",
        result=record.result | result,
    )
    records.write(root, made)


def test_runs_are_counted_against_the_plan(record, own_results):
    assert "| 0 of 5 |" in published.progress_table(["dropout-fit"])
    store(record, own_results, "dropout-fit", "none")
    assert "| 1 of 5 |" in published.progress_table(["dropout-fit"])
    plan = by_name("cifar-colour").plan["laptop"]
    runs = len(by_name("cifar-colour").arms("laptop")) * plan.seeds
    assert f"| 0 of {runs} |" in published.progress_table(["cifar-colour"])


@pytest.mark.parametrize(
    ("selection", "endpoint"),
    [
        ("dropout-fit-rates", "validation_top1"),
        ("dropout-time-rates", "epochs_to_20"),
    ],
)
def test_the_rate_between_worse_ones_is_marked(
    record, own_results, selection, endpoint
):
    assert "| not run yet |" in published.rate_table(selection)
    for net, found in zip(
        NETS,
        ({0.005: 0.3, 0.01: 0.2, 0.02: None}, {0.005: 0.1, 0.01: 0.2}),
        strict=True,
    ):
        for rate, value in found.items():
            arm = f"{net}-{rate:g}"
            store(record, own_results, selection, arm, rate, **{endpoint: value})
    shown = str(published.rate_table(selection))
    assert "| dropout | 0.01 | 0.2 | chosen |" in shown
    assert "| dropout | 0.02 | not reached |  |" in shown
    assert shown.count("chosen") == 1  # the other's best has no neighbour below
    assert set(RATES) >= {0.005, 0.01, 0.02}


def test_dropout_and_none_are_put_together_from_two_experiments(record, own_results):
    assert published.with_dropout_or_none() == {"baseline": [], "none": []}
    store(record, own_results, "photographs", "baseline")
    store(record, own_results, "photographs", "half")
    store(record, own_results, "dropout-fit", "none")
    runs = published.with_dropout_or_none()
    assert {arm: len(of_arm) for arm, of_arm in runs.items()} == {
        "baseline": 1,
        "none": 1,
    }


def test_ten_views_are_better_in_the_mean_of_the_published_nets():
    """The notebook's words: the direction, and that the paper's figure is within."""
    early = records.published("first-711-updates")
    whole = published.TEN_VIEWS["all of them"](early)
    assert whole.high < 0
    assert whole.low < -1.5 < whole.high
    centre, ten = zip(
        *(published.centre_and_ten(r) for a in published.LEARNED for r in early[a]),
        strict=True,
    )
    assert whole.value == pytest.approx((sum(ten) - sum(centre)) / len(ten))
