"""Tables 1 and 2: the paper's and the log's numbers, and no run that was not run."""

import dataclasses
import json

import pytest

from alexnet_lib import cli
from alexnet_lib.ledger.claim import within
from alexnet_lib.ledger.claims import CLAIMS
from alexnet_lib.ledger.lab_notes import LOG
from alexnet_lib.ledger.results_tables import reached, reported, results_table
from alexnet_lib.runs import records
from alexnet_lib.tables import NOT_RUN_YET


def rows(**wanted):
    return [
        row
        for row in reported()
        if all(getattr(row, field) == value for field, value in wanted.items())
    ]


def test_every_claim_of_the_two_tables_is_in_them():
    claimed = [
        claim
        for claim in CLAIMS
        if claim.of_imagenet
        and any(within(claim.section, part) for part in ("Table 1", "Table 2"))
    ]
    shown = [(row.top1, row.top5) for row in rows(whose="paper")]
    assert len(claimed) > 15
    for claim in claimed:
        k = 0 if claim.name.endswith("-top-1") else 1
        assert claim.paper in {pair[k] for pair in shown}, claim.name
    numbers = sum(bool(error) for pair in shown for error in pair)
    assert numbers == len(claimed) + 2  # and §4.1's two from one view


NOTES = {
    ("Table 1", "CNN"): "#145-2010",
    ("§4.1", "CNN"): "#145-2010, centre",
    ("Table 2", "1 CNN"): "#145",
    ("Table 2", "1 CNN*, pre-trained"): "#146",
}


@pytest.mark.parametrize(("printed", "note"), NOTES.items())
def test_the_paper_s_numbers_are_the_log_s_rounded(printed, note):
    source, net = printed
    (paper,) = rows(source=source, net=net, whose="paper")
    (logged,) = (row for row in reported() if row.net.startswith(f"{note}:"))
    assert (paper.data, paper.views) == (logged.data, logged.views)
    assert (float(logged.top1), float(logged.top5)) == (LOG[note].top1, LOG[note].top5)
    for error, whole in ((paper.top1, logged.top1), (paper.top5, logged.top5)):
        assert f"{float(whole):.1f}" == error


def test_the_log_is_shown_to_its_six_digits():
    shown = {row.top1 for row in rows(whose="2012 log")}
    assert f"{LOG['#145-2010'].top1:.4f}" in shown
    assert all(len(error.partition(".")[2]) == 4 for error in shown)


def test_others_errors_and_accuracies_make_a_hundred():
    """As Caffe's readers know them: 42.9 and 19.8, 42.6 and 19.6 per cent."""
    caffe = {(row.top1, row.top5) for row in rows(whose="others") if "affe" in row.net}
    assert caffe == {("42.9", "19.8"), ("42.6", "19.6")}
    assert all(row.source and row.views != "not said" for row in rows(whose="others"))


def test_a_run_that_was_not_run_does_not_look_run(own_results):
    """Without a record every row of ours says so, and no other row is ours."""
    ours = rows(whose="ours")
    assert len(ours) == 6
    for row in ours:
        assert (row.top1, row.top5) == (NOT_RUN_YET, NOT_RUN_YET)
        assert row.source.startswith("alexnet run ")
        assert " --scale " in row.source
    assert {row.part for row in ours} == {""}


@pytest.mark.parametrize(("seeds", "state"), [(2, " (interim, 2 of 5)"), (5, "")])
def test_ours_are_the_records_means_labelled_by_data(record, own_results, seeds, state):
    for seed in range(1, seeds + 1):
        result = {f"test_top{k}{v}": 0.3 + seed / 100 for k in (1, 5) for v in VIEWS}
        made = dataclasses.replace(
            record,
            experiment="first-711-updates",
            arm="source",
            scale="laptop",
            seed=seed,
            result=result,
        )
        records.write(own_results, made)
    centre, ten = (row for row in rows(whose="ours") if "results/" in row.source)
    assert (centre.views, ten.views) == ("centre", "ten")
    mean = 30 + (1 + seeds) / 2
    assert centre.top1.startswith(f"{mean:.1f} [")
    assert centre.top1.endswith(f"n={seeds}{state}")
    assert centre.data == "imagenette-subset128, 10 classes, crops of 96 pixels"
    assert centre.net == "#145, 7 epochs"


VIEWS = ("", "_ten")


def test_runs_of_another_scale_are_not_ours_at_this_one(record, own_results):
    smoke = dataclasses.replace(record, experiment="photographs", arm="baseline")
    records.write(own_results, smoke)
    assert {row.top1 for row in rows(whose="ours")} == {NOT_RUN_YET}


def test_the_report_ends_in_the_tables_where_its_section_has_them(capsys, own_results):
    for section, there in (("6", True), ("Table 2", True), ("4", False)):
        assert cli.main(["report", "--section", section]) == 0
        assert (str(results_table()) in capsys.readouterr().out) == there


def test_what_such_nets_reach_is_said_in_per_cent_right():
    """The realistic target: 57 to 58 from the centre, 59.3 from ten."""
    words = reached()
    assert words.startswith("57 to 58 % right from the centre view")
    assert "59.3 % from ten" in words


def test_the_report_in_json_has_what_its_section_has(capsys, own_results):
    for section, keys in (
        ("6", ["ledger", "tables", "text and code"]),
        ("4", ["ledger", "text and code"]),
        ("7", ["ledger"]),
    ):
        assert cli.main(["report", "--section", section, "--json"]) == 0
        whole = json.loads(capsys.readouterr().out)
        assert list(whole) == keys
        assert all(within(row["section"], section) for row in whole["ledger"])
