"""The claims ledger: each claim with its runs' number and what that says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alexnet_lib.ledger.claim import Claim
from alexnet_lib.ledger.claims import CLAIMS
from alexnet_lib.ledger.estimate import Estimate
from alexnet_lib.ledger.verdict import Verdict, verdict
from alexnet_lib.runs import records
from alexnet_lib.runs.records import Record, Runs
from alexnet_lib.settings import Scale
from alexnet_lib.tables import Table, table

IMAGENET = ("imagenet", "imagenet2010")


@dataclass(frozen=True)
class Row:
    """One claim of the ledger with our published runs and the reader's own.

    `drawn` says that the reader's runs used drawn images; the verdict is always
    that of the published runs.
    """

    claim: Claim
    published: Estimate | None
    yours: Estimate | None
    drawn: bool
    verdict: Verdict


def ledger(
    scale: Scale, *, experiment: str | None = None, section: str | None = None
) -> list[Row]:
    """A row per claim, of one experiment or section if asked; `scale`: the reader's."""
    claims = [
        claim
        for claim in CLAIMS
        if experiment in (None, claim.experiment) and section in (None, claim.section)
    ]
    names = {claim.experiment for claim in claims if claim.experiment is not None}
    published = {name: records.published(name) for name in names}
    own = {name: records.own(name, scale) for name in names}
    return [_row(claim, published, own) for claim in claims]


def _row(claim: Claim, published: Mapping[str, Runs], own: Mapping[str, Runs]) -> Row:
    if claim.experiment is None or claim.measure is None:
        return Row(claim, None, None, False, "not run yet")
    ours = claim.measure(_counting_for(claim, published[claim.experiment]))
    own_runs = _counting_for(claim, own[claim.experiment])
    drawn = any(not r.data["real"] for runs in own_runs.values() for r in runs)
    return Row(claim, ours, claim.measure(own_runs), drawn, verdict(claim, ours))


def _counting_for(claim: Claim, runs: Runs) -> Runs:
    """The runs on ImageNet for a claim of ImageNet, else all others."""

    def counts(run: Record) -> bool:
        return (run.data["name"] in IMAGENET) == claim.of_imagenet

    return {arm: [run for run in all_ if counts(run)] for arm, all_ in runs.items()}


def ledger_table(rows: Sequence[Row], *, yours: bool = True) -> Table:
    """The ledger in markdown; without `yours` only what is published."""
    head = ["claim", "§", "paper", "2012 log", "published run", "verdict"]
    if yours:
        head.insert(5, "yours")
    return table(head, (_cells(row, yours) for row in rows))


def _cells(row: Row, yours: bool) -> list[str]:
    claim = row.claim
    log = f"{claim.log.value:.4g}" if claim.log else "none"
    cells = [
        claim.statement,
        claim.section,
        "none" if claim.paper is None else f"{claim.paper:g} {claim.unit}",
        log,
        row.published.text() if row.published else "none",
        row.verdict,
    ]
    if yours:
        note = " (drawn images)" if row.drawn else ""
        cells.insert(5, row.yours.text() + note if row.yours else "none")
    return cells


def ledger_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The ledger as JSON types."""
    return [
        {
            "claim": row.claim.name,
            "section": row.claim.section,
            "statement": row.claim.statement,
            "unit": row.claim.unit,
            "paper": row.claim.paper,
            "log": vars(row.claim.log) if row.claim.log else None,
            "published": vars(row.published) if row.published else None,
            "yours": vars(row.yours) if row.yours else None,
            "yours_drawn": row.drawn,
            "verdict": row.verdict,
        }
        for row in rows
    ]
