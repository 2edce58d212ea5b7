"""Records to rows: the claims ledger and every table of the notebooks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alexnet_lib import settings
from alexnet_lib.ledger.claims import CLAIMS
from alexnet_lib.ledger.estimate import Estimate
from alexnet_lib.ledger.measures import Runs
from alexnet_lib.ledger.verdict import Claim, Verdict, verdict
from alexnet_lib.runs import records
from alexnet_lib.runs.records import Record
from alexnet_lib.settings import Scale

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


def runs_of(root: Path, experiment: str) -> Runs:
    """The records of an experiment under `root`, by arm, by seed."""
    by_arm: dict[str, list[Record]] = defaultdict(list)
    for record in records.read_all(root, experiment):
        by_arm[record.arm].append(record)
    return {arm: sorted(all_, key=lambda r: r.seed) for arm, all_ in by_arm.items()}


def published(experiment: str) -> Runs:
    """The published runs of an experiment, by arm."""
    return runs_of(settings.results_root(), experiment)


def own(experiment: str, scale: Scale) -> Runs:
    """The reader's own runs of an experiment at a scale, by arm."""
    return runs_of(settings.runs_root() / scale, experiment)


def ledger(scale: Scale, experiment: str | None = None) -> list[Row]:
    """A row per claim, or per claim of one experiment; `scale` is the reader's."""
    return [
        _row(claim, scale) for claim in CLAIMS if experiment in (None, claim.experiment)
    ]


def _row(claim: Claim, scale: Scale) -> Row:
    if claim.experiment is None or claim.measure is None:
        return Row(claim, None, None, False, "not run yet")
    ours = claim.measure(_counting_for(claim, published(claim.experiment)))
    own_runs = _counting_for(claim, own(claim.experiment, scale))
    drawn = any(not r.data["real"] for runs in own_runs.values() for r in runs)
    return Row(claim, ours, claim.measure(own_runs), drawn, verdict(claim, ours))


def _counting_for(claim: Claim, runs: Runs) -> Runs:
    """The runs on ImageNet for a claim of ImageNet, else all others."""

    def counts(run: Record) -> bool:
        return (run.data["name"] in IMAGENET) == claim.of_imagenet

    return {arm: [run for run in all_ if counts(run)] for arm, all_ in runs.items()}


def ledger_table(rows: Sequence[Row], *, yours: bool = True) -> str:
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


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def result_table(runs: Iterable[Record]) -> str:
    """Every run's metrics, a row per run."""
    listed = list(runs)
    metrics = list(listed[0].result)
    return table(
        ["arm", "seed", *metrics],
        ([r.arm, str(r.seed), *(_shown(r.result[m]) for m in metrics)] for r in listed),
    )


def _shown(value: float | None, digits: int = 3) -> str:
    return "never" if value is None else f"{value:.{digits}f}"


def metric_rows(runs: Runs, metric: str, digits: int = 2) -> list[list[str]]:
    """Per arm: every seed's value of a metric, then mean and interval."""
    from alexnet_lib.ledger.estimate import mean

    rows = []
    for arm, all_ in runs.items():
        values = [r.result[metric] for r in all_]
        reached = [v for v in values if v is not None]
        shown = ", ".join(_shown(v, digits) for v in values)
        whole = mean(reached).text(digits) if len(reached) == len(values) else "never"
        rows.append([arm, shown, whole])
    return rows
