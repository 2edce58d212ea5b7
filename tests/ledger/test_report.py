"""Rows and tables come from records, and README prints what they give."""

import dataclasses
import json

import pytest

from alexnet_lib import cli, settings
from alexnet_lib.ledger import estimate, report, run_tables
from alexnet_lib.ledger.claims import CLAIMS, PAPERS
from alexnet_lib.runs import records

README = (settings.PROJECT / "README.md").read_text(encoding="utf-8")


PUBLISHED = {"name": "cifar10", "fingerprint": "f", "train": 10, "test": 5}


def stored(record, root, arm, results, experiment="figure1", **data):
    """Write a record per seed of `results`, of scale `laptop`, with its metrics."""
    for seed, metrics in results.items():
        made = dataclasses.replace(
            record,
            experiment=experiment,
            arm=arm,
            seed=seed,
            scale="laptop",
            result=record.result | metrics,
            data=PUBLISHED | {"real": True} | data,
        )
        records.write(root, made)


def stored_runs(record, root, arm, epochs_to_25, **data):
    counted = "epochs_to_25", "epochs_to_25_evaluated"
    results = {
        seed: dict.fromkeys(counted, value)
        for seed, value in enumerate(epochs_to_25, start=1)
    }
    stored(record, root, arm, results, **data)


def rows_of(experiment):
    rows = report.ledger("laptop", experiment=experiment)
    return {row.claim.name: row for row in rows}


@pytest.fixture
def figure1_rows(record, own_results):
    """Rows over invented records: ratio 3 in 2012; today two runs never got there."""
    stored_runs(record, own_results, "2012-tanh", [30.0, 36.0, 24.0, 33.0, 27.0])
    stored_runs(record, own_results, "2012-relu", [10.0, 12.0, 8.0, 11.0, 9.0])
    stored_runs(record, own_results, "today-tanh", [9.0, None, 9.0, None, 9.0])
    stored_runs(record, own_results, "today-relu", [8.0, 9.0, 8.0, 9.0, 8.0])
    return rows_of("figure1")


def test_rows_are_computed_from_the_records(figure1_rows):
    of_relu = estimate.mean([10.0, 12.0, 8.0, 11.0, 9.0])
    assert figure1_rows["relu-epochs"].published == of_relu
    speedup = figure1_rows["relu-speedup"]
    assert speedup.published.value == pytest.approx(3.0)
    assert speedup.verdict == "smaller effect"
    assert speedup.yours is None


def test_a_run_that_never_got_there_is_counted(figure1_rows):
    row = figure1_rows["relu-speedup-today"]
    assert row.published == estimate.NotReached(2, 5)
    assert row.verdict == "not reached in 2 of 5"
    assert "not reached in 2 of 5" in report.ledger_table([row])


def test_until_the_planned_seeds_are_there_a_row_is_interim(record, own_results):
    stored_runs(record, own_results, "2012-relu", [6.0, 6.1, 5.9])
    row = rows_of("figure1")["relu-epochs"]
    assert row.published.value == pytest.approx(6.0)
    assert row.verdict == "interim, 3 of 5"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"real": False}, "synthetic images"),
        ({"name": "other"}, "other, 10 + 5 images; published: cifar10, 10 + 5 images"),
        ({"train": 12, "fingerprint": "g"}, "cifar10, 12 + 5 images; published: "),
        ({"fingerprint": "g"}, "cifar10, 10 + 5 images, but not the published ones"),
    ],
)
def test_yours_stands_beside_the_published_only_on_the_same_data(
    record, own_results, data, words
):
    stored_runs(record, own_results, "2012-relu", [6.0, 6.1, 5.9, 6.0, 6.0])
    stored_runs(record, settings.runs_root() / "laptop", "2012-relu", [2.0], **data)
    row = rows_of("figure1")["relu-epochs"]
    assert row.yours is None
    assert f"| other data: {words}" in report.ledger_table([row])
    assert row.verdict == "reproduced"


def test_yours_on_the_published_data_is_set_beside(record, own_results):
    stored_runs(record, own_results, "2012-relu", [6.0, 6.1, 5.9, 6.0, 6.0])
    stored_runs(record, settings.runs_root() / "laptop", "2012-relu", [2.0])
    row = rows_of("figure1")["relu-epochs"]
    text = report.ledger_table([row])
    assert "| 6.0 [5.9, 6.1], n=5 | reproduced | 2.0, n=1 |" in text


def test_a_row_has_the_same_words_whatever_else_is_asked_for():
    """Holm's family is the section, not the rows that happen to be shown."""
    whole = {row.claim.name: row for row in report.ledger("laptop")}
    for asked in ({"experiment": "cifar-norm"}, {"section": "§3.3"}):
        for row in report.ledger("laptop", **asked):
            assert row == whole[row.claim.name]


def cifar_norm_rows(record, root, errors):
    """Rows over invented records: `errors[arm][seed]`, fractions, of ten views."""
    for arm, by_seed in errors.items():
        results = {s: {"test_top1_ten": e} for s, e in by_seed.items()}
        stored(record, root, arm, results, "cifar-norm")
    return rows_of("cifar-norm")


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
    words = (
        "not run yet: needs 3 seeds, at most 16 epochs each (alexnet run cifar-norm)"
    )
    assert rows["cifar-norm-alone"].verdict == words


@pytest.mark.parametrize("other", [{}, {2: 0.1}])
def test_a_difference_without_pairs_is_no_number(record, own_results, other):
    errors = {"13pct": {1: 0.20}, "11pct": other}
    row = cifar_norm_rows(record, own_results, errors)["cifar-norm-as-published"]
    assert row.published is None


def test_a_net_that_is_left_out_leaves_no_row_interim(record, own_results):
    """Fifteen planned, fifteen there; one lost its units, and one ratio is without."""
    for arm, epochs in (("today-tanh", 9.0), ("today-relu", 6.0)):
        results = {
            seed: {
                "epochs_to_25": epochs + (seed == 3),
                "stuck_2_after_1": 0.5 if (arm, seed) == ("today-relu", 3) else 0.1,
            }
            for seed in range(1, 16)
        }
        stored(record, own_results, arm, results, "figure1-today")
    rows = rows_of("figure1-today")
    assert {row.verdict for row in rows.values()} == {"described, not judged"}
    assert rows["relu-speedup-today-15"].published.n == 15
    assert rows["relu-speedup-today-whole"].published.n == 14
    assert rows["relu-lost-units-today"].published.value == pytest.approx(100 / 15)
    (own_results / "figure1-today" / "today-relu.s15.json").unlink()
    words = {row.verdict for row in rows_of("figure1-today").values()}
    assert words == {"interim, 14 of 15"}


def test_the_whole_ledger_has_a_row_per_claim():
    assert [row.claim for row in report.ledger("smoke")] == list(CLAIMS)


def test_report_command_prints_json_and_markdown(capsys, own_results):
    assert cli.main(["report", "--scale", "smoke", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["ledger"]
    assert [row["claim"] for row in rows] == [claim.name for claim in CLAIMS]
    assert cli.main(["report", "--scale", "smoke"]) == 0
    lines = capsys.readouterr().out.splitlines()
    ours = [i for i, line in enumerate(lines) if line.startswith("| table | whose")]
    rows = [line for line in lines[: ours[0]] if "|" in line]
    assert len(rows) == 2 * len(PAPERS) + len(CLAIMS)
    assert len({line.count("|") for line in rows}) == 1


def test_each_paper_has_a_heading_and_a_table_of_its_own():
    page = report.ledger_page(report.ledger("smoke"))
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert headings == [f"## {paper}" for paper in PAPERS]
    alexnets, vggs = page.split("## ")[1:]
    assert "| VGG " not in alexnets
    assert all("| VGG " in line for line in vggs.splitlines()[4:] if line)


def test_result_table_shows_every_metric(record):
    text = run_tables.result_table([record])
    assert "| 2012-relu | 1 | never |" in text
    assert f"{record.result['test_top1']:.3f}" in text


def test_a_metric_s_table_names_what_was_never_reached(record):
    reached = dataclasses.replace(record, result={"m": 2.0})
    never = dataclasses.replace(record, result={"m": None})
    runs = {"a": [reached, reached], "b": [reached, never]}
    *_, first, second = run_tables.metric_table(runs, "m").splitlines()
    assert first == "| a | 2.00, 2.00 | 2.00 [2.00, 2.00], n=2 |"
    assert second == "| b | 2.00, never | never |"


def of_figure1(row):
    return (row.claim.experiment or "").startswith("figure1")


@pytest.mark.parametrize("figure1", [True, False])
def test_readme_prints_the_ledger_as_the_records_give_it(figure1):
    """One table of Figure 1, one of all else of AlexNet that has published runs."""
    alexnets, _ = PAPERS.values()
    rows = [
        row
        for row in report.ledger("laptop")
        if row.published and row.claim in alexnets and of_figure1(row) == figure1
    ]
    assert report.ledger_table(rows, yours=False) in README


def test_runs_on_imagenet_count_for_its_claims_and_no_others_do(record, own_results):
    """Three published pairs of AlexNets, on ImageNet and, short and long, elsewhere."""
    for experiment, base, name, seed, error, of_half in (
        ("photographs", "baseline", "imagenet", 1, 0.40, 0.42),
        ("photographs", "baseline", "imagenette128", 2, 0.20, 0.23),
        ("first-711-updates", "source", "imagenette-subset128", 2, 0.40, 0.45),
    ):
        for arm, top1 in ((base, error), ("half", of_half)):
            metrics = {"test_top1_ten": top1, "test_top5_ten": top1 / 2}
            stored(record, own_results, arm, {seed: metrics}, experiment, name=name)
    rows = {row.claim.name: row for row in report.ledger("laptop", section="§3.2")}
    for row, value in (
        ("two-gpus-top-1", -2.0),
        ("two-gpus-top-5", -1.0),
        ("two-gpus-photographs", -3.0),
        ("two-gpus-imagenette", -5.0),
    ):
        assert rows[row].published.value == pytest.approx(value)
    assert rows["communication-top-1"].published is None


def test_an_arm_is_compared_with_one_of_another_experiment(record, own_results):
    """Five seeds of the net without dropout; of the baseline's eight the same five."""
    training = dataclasses.replace(record.config.training, epochs=30)
    record = dataclasses.replace(
        record, config=dataclasses.replace(record.config, training=training)
    )
    photographs = {"name": "imagenette128"}
    base = {s: {"gap": 0.05, "test_top1": 0.25} for s in range(1, 9)}
    stored(record, own_results, "baseline", base, "photographs", **photographs)
    rows = rows_of("dropout-fit")
    assert rows["dropout-overfitting"].published is None
    assert rows["dropout-overfitting"].verdict.startswith("not run yet: needs 5 seeds")
    none = {s: {"gap": 0.15 + s / 1000, "test_top1": 0.25} for s in range(1, 6)}
    stored(record, own_results, "none", none, "dropout-fit", **photographs)
    rows = rows_of("dropout-fit")
    gap = rows["dropout-overfitting"]
    assert (gap.published.value, gap.published.n) == (pytest.approx(10.3), 5)
    assert gap.verdict == "same direction, by 5 or more"
    assert rows["dropout-overfitting-test-error"].verdict == "undecided"
    (own_results / "dropout-fit" / "none.s5.json").unlink()
    assert rows_of("dropout-fit")["dropout-overfitting"].verdict == "interim, 4 of 5"


def test_a_claim_in_words_shows_its_unit_apart():
    rows = {row.claim.name: row for row in report.ledger("laptop", section="§3.4")}
    text = report.ledger_table([rows["overlapping-pooling-gap"]])
    assert "| slightly harder to overfit (points) |" in text


def photographs_rows(record, root, apart):
    """Rows over invented records: `apart[arm]`, the halves' colours, by seed."""
    for arm, by_seed in apart.items():
        results = {
            seed: {"response_first_half": 0.3, "response_second_half": 0.3 - difference}
            for seed, difference in enumerate(by_seed, start=1)
        }
        stored(record, root, arm, results, "photographs", name="imagenette128")
    return rows_of("photographs")


@pytest.mark.parametrize(("last", "words"), [(-0.2, "seen"), (0.0, "not seen")])
def test_colour_by_tower_is_seen_in_seven_of_eight_runs(
    record, own_results, last, words
):
    """Either way round counts; one run of the eight is like the control's."""
    training = dataclasses.replace(record.config.training, epochs=30)
    record = dataclasses.replace(
        record, config=dataclasses.replace(record.config, training=training)
    )
    apart = {
        "baseline": [0.2, -0.2, 0.2, 0.2, -0.2, 0.2, 0.05, last],
        "dense-conv2": [0.1, 0.0, -0.1, 0.05, 0.0, 0.0, 0.1, 0.0],
    }
    row = photographs_rows(record, own_results, apart)["colour-by-tower"]
    assert row.verdict == words
    (own_results / "photographs" / "dense-conv2.s8.json").unlink()
    row = rows_of("photographs")["colour-by-tower"]
    assert row.verdict == "interim, 7 of 8"
