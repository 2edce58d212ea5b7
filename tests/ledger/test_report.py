"""Rows and tables come from records, and README prints what they give."""

import dataclasses
import json

import pytest

from alexnet_lib import cli, settings
from alexnet_lib.ledger import estimate, report, run_tables
from alexnet_lib.ledger.claims import CLAIMS
from alexnet_lib.runs import records

README = (settings.PROJECT / "README.md").read_text(encoding="utf-8")


def stored_runs(record, root, arm, epochs_to_25):
    values = dict(enumerate(epochs_to_25, start=1))
    stored(record, root, arm, {s: {"epochs_to_25": v} for s, v in values.items()})


def stored(record, root, arm, results, experiment="figure1"):
    """Write a record per seed of `results`, each with that seed's metrics."""
    for seed, metrics in results.items():
        result = record.result | metrics
        made = dataclasses.replace(
            record, experiment=experiment, arm=arm, seed=seed, result=result
        )
        records.write(root, made)


@pytest.fixture
def figure1_rows(record, own_results):
    """Rows over invented records: ratio 3 in 2012; today one run never got there."""
    stored_runs(record, own_results, "2012-tanh", [30.0, 36.0, 24.0])
    stored_runs(record, own_results, "2012-relu", [10.0, 12.0, 8.0])
    stored_runs(record, own_results, "today-tanh", [9.0, None])
    stored_runs(record, own_results, "today-relu", [8.0, 9.0])
    return {row.claim.name: row for row in report.ledger("smoke", experiment="figure1")}


def test_rows_are_computed_from_the_records(figure1_rows):
    assert figure1_rows["relu-epochs"].published == estimate.mean([10.0, 12.0, 8.0])
    speedup = figure1_rows["relu-speedup"]
    assert speedup.published.value == pytest.approx(3.0)
    assert speedup.verdict == "smaller effect"
    assert speedup.yours is None


def test_a_run_that_never_got_there_gives_no_number(figure1_rows):
    assert figure1_rows["relu-speedup-today"].published is None
    assert figure1_rows["relu-speedup-today"].verdict == "not run yet"


def test_a_readers_drawn_runs_are_marked(record, own_results):
    stored_runs(record, settings.runs_root() / "smoke", "2012-relu", [2.0])
    rows = {row.claim.name: row for row in report.ledger("smoke", experiment="figure1")}
    assert rows["relu-epochs"].drawn
    text = report.ledger_table([rows["relu-epochs"]])
    assert "2.0, n=1 (drawn images)" in text
    assert rows["relu-epochs"].verdict == "not run yet"


def cifar_norm_rows(record, root, errors):
    """Rows over invented records: `errors[arm][seed]`, fractions, of ten views."""
    for arm, by_seed in errors.items():
        results = {s: {"test_error_ten_views": e} for s, e in by_seed.items()}
        stored(record, root, arm, results, "cifar-norm")
    return {
        row.claim.name: row for row in report.ledger("smoke", experiment="cifar-norm")
    }


def test_a_difference_pairs_the_seeds_that_both_arms_have(record, own_results):
    errors = {
        "13pct": {1: 0.20, 2: 0.30, 3: 0.40},
        "11pct": {3: 0.37, 2: 0.28, 4: 0.90},
    }
    rows = cifar_norm_rows(record, own_results, errors)
    both = rows["cifar-norm-as-published"].published
    assert (both.value, both.n) == (pytest.approx(-2.5), 2)
    assert rows["cifar-without-norm"].published.value == pytest.approx(30.0)
    assert rows["cifar-norm-alone"].published is None
    assert rows["cifar-norm-alone"].verdict == "not run yet"


@pytest.mark.parametrize("other", [{}, {2: 0.1}, {1: None}])
def test_a_difference_without_pairs_is_no_number(record, own_results, other):
    errors = {"13pct": {1: 0.20}, "11pct": other}
    row = cifar_norm_rows(record, own_results, errors)["cifar-norm-as-published"]
    assert row.published is None


def test_the_whole_ledger_has_a_row_per_claim():
    assert [row.claim for row in report.ledger("smoke")] == list(CLAIMS)


def test_report_command_prints_json_and_markdown(capsys, own_results):
    assert cli.main(["report", "--scale", "smoke", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["claim"] for row in rows] == [claim.name for claim in CLAIMS]
    assert cli.main(["report", "--scale", "smoke"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(CLAIMS)
    assert len({line.count("|") for line in lines}) == 1


def test_result_table_shows_every_metric(record):
    text = run_tables.result_table([record])
    assert "| 2012-relu | 1 | never |" in text
    assert f"{record.result['final_val_error']:.3f}" in text


def test_a_metric_s_table_names_what_was_never_reached(record):
    reached = dataclasses.replace(record, result={"m": 2.0})
    never = dataclasses.replace(record, result={"m": None})
    runs = {"a": [reached, reached], "b": [reached, never]}
    *_, first, second = run_tables.metric_table(runs, "m").splitlines()
    assert first == "| a | 2.00, 2.00 | 2.00 [2.00, 2.00], n=2 |"
    assert second == "| b | 2.00, never | never |"


def of_figure1(row):
    return row.claim.experiment == "figure1"


@pytest.mark.parametrize("figure1", [True, False])
def test_readme_prints_the_ledger_as_the_records_give_it(figure1):
    """One table of Figure 1, one of all else that has published runs."""
    rows = [
        row
        for row in report.ledger("laptop")
        if row.published and of_figure1(row) == figure1
    ]
    assert report.ledger_table(rows, yours=False) in README


def test_runs_on_imagenet_count_for_its_claims_and_no_others_do(record, own_results):
    """Two published pairs of the ablations, one on ImageNet, one on ten classes."""
    for arm, on_imagenet, elsewhere in (("source", 0.40, 0.20), ("half", 0.42, 0.25)):
        for seed, name, error in (
            (1, "imagenet", on_imagenet),
            (2, "imagenette128", elsewhere),
        ):
            result = {"top1_ten_views": error, "top5_ten_views": error / 2}
            made = dataclasses.replace(
                record,
                experiment="ablations",
                arm=arm,
                seed=seed,
                data=record.data | {"name": name},
                result=result,
            )
            records.write(own_results, made)
    rows = {
        row.claim.name: row for row in report.ledger("smoke", experiment="ablations")
    }
    assert rows["two-gpus-top-1"].published.value == pytest.approx(-2.0)
    assert rows["two-gpus-top-5"].published.value == pytest.approx(-1.0)
    assert rows["two-gpus-imagenette"].published.value == pytest.approx(-5.0)
    assert rows["communication-top-1"].published is None
