"""Runs of §3.3: their pictures and tables, and what the notebook says in words."""

import ast
import builtins

import numpy as np
import pytest

from alexnet_lib.experiments.cifar import CIFAR_NORM
from alexnet_lib.ledger import report
from alexnet_lib.ledger.lab_notes import LOG
from alexnet_lib.ledger.measures import Mean
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.shapes import layers_of
from alexnet_lib.notebook import comparisons, first_updates
from alexnet_lib.notebook.local_response_normalization import published
from alexnet_lib.runs import records
from tests.notebook.cells import NOTEBOOKS, cells_of

LISTED = first_updates.NETWORKS | published.CHANGES


@pytest.fixture(scope="module")
def photographs():
    return records.published("first-711-updates")


def found(runs, arm, less):
    (of,) = (of for of in LISTED.values() if of.arms == (arm, less))
    return comparisons.found_in(runs, of)


def said(table):
    """The cells of each row below the head."""
    rows = str(table).splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_nearly_all_of_the_difference_goes_with_one_init(photographs):
    """The second sitting's heading: a whole, the part of one change, what is left."""
    whole, change, left = (
        comparisons.found_in(photographs, of) for of in first_updates.NETWORKS.values()
    )
    assert change.high < 0 < whole.low
    assert -change.value > 0.9 * whole.value
    assert left.low < 0 < left.high
    assert whole.value + change.value == pytest.approx(left.value)


def test_the_text_s_net_is_behind_in_every_seed_and_epoch(photographs):
    errors = {
        arm: np.array([[e["test_top1"] for e in run.epochs] for run in runs])
        for arm, runs in photographs.items()
        if arm in ("paper", "paper-code-init", "source")
    }
    for arm in ("paper-code-init", "source"):
        assert (errors["paper"][:, 1:] > errors[arm][:, 1:]).all()


def test_the_changed_init_is_all_that_the_two_text_networks_differ_in():
    text, code = (
        {p.name: p.layer for p in layers_of(alexnet(n))} for n in ("paper", "source")
    )
    for name in ("conv3", "conv4", "conv5"):
        assert (text[name].std, code[name].std) == (0.01, 0.03)
    for name in ("conv1", "conv2", "fc6", "fc7", "fc8"):
        assert text[name].std == code[name].std == 0.01


def test_the_table_says_what_the_intervals_and_the_correction_say(photographs):
    rows = said(published.difference_table(photographs))
    assert [row[0] for row in rows] == list(LISTED)
    for (what, nets, points, corrected), of in zip(rows, LISTED.values(), strict=True):
        assert nets == f"{of.arm} minus {of.less}"
        assert points == comparisons.found_in(photographs, of).text(2)
        lines = comparisons.verdict_lines(photographs, LISTED).splitlines()
        assert f"{what}: {corrected}" in lines
    missing = said(published.difference_table({}))
    assert {tuple(row[2:]) for row in missing} == {("not run yet", "not run yet")}


def test_of_the_six_changes_only_batch_normalisation_is_told_apart(photographs):
    corrected = {
        row[0]: row[3] for row in said(published.difference_table(photographs))
    }
    apart = {what for what, words in corrected.items() if "no difference" not in words}
    assert apart & published.CHANGES.keys() == {"batch normalisation instead of LRN"}


def test_alpha_as_printed_is_above_zero_alone_and_not_among_nine(photographs):
    alone = found(photographs, "alpha-as-printed", "source")
    assert alone.side() == "above"
    rows = {row[0]: row[3] for row in said(published.difference_table(photographs))}
    assert rows["alpha as printed against alpha / n"] == "no difference shown"


def test_batch_normalisation_is_ahead_in_every_seed(photographs):
    last = {
        arm: [run.result[published.TEN_VIEWS] for run in photographs[arm]]
        for arm in ("batch-norm", "source")
    }
    assert max(last["batch-norm"]) < min(last["source"])
    assert found(photographs, "batch-norm", "source").high < 0


def test_signs_are_those_of_the_ledger(photographs):
    """One convention: the net with a thing minus the net without."""
    rows = {row.claim.name: row.published for row in report.ledger("smoke")}
    for claim, arms in (
        ("response-normalisation-imagenette", ("source", "no-norm")),
        ("response-normalisation-2-imagenette", ("source", "no-norm-2")),
        ("response-normalisation-order-imagenette", ("source", "norm-2-before-relu")),
    ):
        assert rows[claim].value == pytest.approx(found(photographs, *arms).value)


def test_neither_short_runs_nor_imagenet_judge_what_was_claimed():
    """What the notebook's end says: the long photographs' row is left to the ledger."""
    rows = {
        row.claim.name: row.verdict.partition(":")[0] for row in report.ledger("smoke")
    }
    for name in ("without-norm", "with-norm", "norm-as-published", "norm-alone"):
        assert rows[f"cifar-{name}"] == "not tested at this scale"
    assert rows["response-normalisation-imagenette"] == "not tested at this scale"
    for k in (1, 5):
        assert rows[f"response-normalisation-top-{k}"] == "not run yet"
    for name in ("2", "order"):
        words = rows[f"response-normalisation-{name}-imagenette"]
        assert words == "described, not judged"


def test_the_notes_give_what_is_printed_and_both_norms_of_layer_2_nothing():
    top1, top5 = LOG["#145"].less(LOG["#148"])
    assert (round(top1.value, 1), round(top5.value, 1)) == (-1.4, -1.2)
    assert LOG["#167"].top1 < LOG["#145"].top1 < LOG["#166"].top1


def test_on_cifar_the_whole_gains_and_normalisation_alone_does_not():
    runs = records.published("cifar-norm")
    whole, alone, wide, rest, _ = (
        comparisons.found_in(runs, of) for of in published.CIFAR.values()
    )
    assert whole.high < 0
    assert alone.low < 0 < alone.value < alone.high
    assert wide.high < 0
    assert rest.high < 0
    for arm in ("13pct", "11pct"):
        assert Mean(arm, published.TEN_VIEWS, 100)(runs).low > 20


def test_the_nets_are_listed_in_a_table():
    lines = published.nets(CIFAR_NORM.arms("laptop")).splitlines()[2:]
    assert lines == [
        "| 13pct | 0 | none | none | none | none | 32 | 0.004 | 1,116,490 |",
        "| 13pct-lrn | 2 | 9 | 0.001 / 9 | 0.75 | 1 | 32 | 0.004 | 1,116,490 |",
        "| 13pct-wide | 0 | none | none | none | none | 64 | 0.004 | 2,112,970 |",
        "| 11pct | 2 | 9 | 0.001 / 9 | 0.75 | 1 | 64 | 0.01 | 2,112,970 |",
    ]


def test_the_table_of_notes_has_a_row_per_net():
    rows = published.notes().splitlines()[2:]
    assert len(rows) == len(published.NOTED)
    assert rows[0].startswith("| #145 | the paper's net | 40.664 | 18.210 |")


def test_the_second_sitting_needs_the_first_cell_and_nothing_else():
    """No name in it comes from the first sitting."""
    (path,) = (path for path in NOTEBOOKS if path.stem.startswith("03_"))
    cells = cells_of(path)
    (begin,) = (i for i, cell in enumerate(cells) if "## Second sitting" in cell.source)
    known = {"scale"}
    for cell in cells[begin:]:
        if cell.cell_type == "code":
            nodes = list(ast.walk(ast.parse(cell.source)))
            known |= {n.id for n in nodes if isinstance(n, ast.Name) and _bound(n)}
            known |= {n.arg for n in nodes if isinstance(n, ast.arg)}
            known |= {n.name for n in nodes if isinstance(n, ast.FunctionDef)}
            known |= {n.asname or n.name for n in nodes if isinstance(n, ast.alias)}
            read = {n.id for n in nodes if isinstance(n, ast.Name)}
            assert not {n for n in read - known if not hasattr(builtins, n)}


def _bound(name):
    return isinstance(name.ctx, ast.Store)
