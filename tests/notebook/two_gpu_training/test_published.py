"""Notebook 05's words on §3.2's runs are those of the ledger."""

import nbformat
import pytest

from alexnet_lib.ledger import report
from alexnet_lib.notebook.two_gpu_training import published as two_gpus
from alexnet_lib.settings import PROJECT


@pytest.fixture(scope="module")
def ledger():
    return {row.claim.name: row for row in report.ledger("laptop", section="§3.2")}


@pytest.fixture(scope="module")
def evidence():
    """The words under "What the evidence carries", spaces for line ends."""
    path = PROJECT / "notebooks" / "05_two_gpu_training.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    told = next(c.source for c in cells if "## What the evidence carries" in c.source)
    return " ".join(told.partition("## What the evidence carries")[2].split())


def test_half_the_kernels_is_told_as_the_ledger_has_it(ledger, evidence):
    row = ledger["two-gpus-imagenette"]
    found = row.published
    assert row.verdict.startswith("not tested at this scale")
    assert "*not tested at this scale*" in evidence
    assert found.n == 5
    words = (
        f"by {-found.value:.1f} points with an interval from {-found.high:.1f} to "
        f"{-found.low:.1f} over five seeds"
    )
    assert words in evidence


def test_communication_is_told_as_the_ledger_has_it(ledger, evidence):
    row = ledger["communication-imagenette"]
    found = row.published
    assert row.verdict == "described, not judged"
    assert "*described, not judged*" in evidence
    assert found.low < 0 < found.high
    assert f"fewer by {-found.value:.1f}, and the interval holds 0" in evidence


def test_what_the_paper_says_was_not_run(ledger):
    for name in ("two-gpus-top-1", "two-gpus-top-5", "two-gpus-time"):
        assert ledger[name].verdict.startswith("not run yet")


def test_the_pairs_are_those_of_the_ledger(ledger):
    for difference, name in zip(
        two_gpus.PAIRS.values(),
        ("two-gpus-imagenette", "communication-imagenette"),
        strict=True,
    ):
        measure = ledger[name].claim.measure
        assert difference.arms == measure.arms
        assert difference.metric == measure.metric
    arms = {arm for difference in two_gpus.PAIRS.values() for arm in difference.arms}
    assert arms == set(two_gpus.ARMS)
