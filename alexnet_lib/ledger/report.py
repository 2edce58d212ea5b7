"""The claims ledger: each claim with its runs' number and what that says of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alexnet_lib.experiments import by_name
from alexnet_lib.ledger import same_data
from alexnet_lib.ledger.claim import Claim, within
from alexnet_lib.ledger.claims import CLAIMS, PAPERS
from alexnet_lib.ledger.estimate import Estimate, Outcome, holm
from alexnet_lib.ledger.verdict import verdict
from alexnet_lib.runs import records
from alexnet_lib.runs.planned import plan_of
from alexnet_lib.runs.records import Record, Runs
from alexnet_lib.settings import Scale
from alexnet_lib.tables import Table, table

IMAGENET = ("imagenet", "imagenet2010")


@dataclass(frozen=True)
class Row:
    """One claim of the ledger with our published runs and the reader's own.

    `p`: the p-value of no effect, corrected by Holm for all rows of its section. The
    verdict is that of the published runs. `yours` stands only beside published
    runs on the same data; `other_data` says how the data differ else. `runs`: those
    published of the arms that the claim compares.
    """

    claim: Claim
    published: Outcome | None
    p: float | None
    verdict: str
    yours: Outcome | None
    other_data: str
    runs: Runs


@dataclass(frozen=True)
class _Tested:
    """A claim's runs, those that count for it, and the number that they give."""

    claim: Claim
    runs: Runs
    outcome: Outcome | None

    @property
    def read(self) -> Runs:
        """The runs of the arms that the claim compares."""
        arms = self.claim.measure.arms if self.claim.measure else ()
        return {arm: self.runs.get(arm, ()) for arm in arms}

    @property
    def p(self) -> float | None:
        """The p-value of no effect, not corrected."""
        if self.claim.null is None or not isinstance(self.outcome, Estimate):
            return None
        return self.outcome.p(self.claim.null)


def ledger(
    scale: Scale, *, experiment: str | None = None, section: str | None = None
) -> list[Row]:
    """A row per claim, of one experiment or section if asked; `scale`: the reader's.

    A section has all that lies in it. Raises `ValueError` if there is none such.
    """
    if section is not None and not any(within(c.section, section) for c in CLAIMS):
        numbers = (claim.section.partition(",")[0] for claim in CLAIMS)
        known = ", ".join(dict.fromkeys(numbers))
        raise ValueError(f"no section {section!r} in the ledger; there are: {known}")
    claims = [
        claim
        for claim in CLAIMS
        if experiment in (None, claim.experiment)
        and (section is None or within(claim.section, section))
    ]
    sections = {claim.section for claim in claims}
    family = [claim for claim in CLAIMS if claim.section in sections]
    read = (name for claim in family for name in (claim.experiment, claim.beside))
    names = {name for name in read if name}
    published = {name: records.published(name) for name in names}
    own = {name: records.own(name, scale) for name in names}
    tested = [_tested(claim, published) for claim in family]
    corrected = _corrected(tested)
    return [
        _row(ours, corrected.get(ours.claim.name), _tested(ours.claim, own))
        for ours in tested
        if ours.claim in claims
    ]


def _tested(claim: Claim, runs_of: Mapping[str, Runs]) -> _Tested:
    all_ = runs_of.get(claim.experiment or "", {})
    if claim.measure is None:
        return _Tested(claim, _counting_for(claim, all_), None)
    others = runs_of.get(claim.beside or "", {})
    beside = {arm: others[arm] for arm in claim.measure.arms if arm in others}
    runs = _counting_for(claim, {**all_, **beside})
    plan = plan_of(runs)
    error = plan.error_term if plan else "pairs"
    return _Tested(claim, runs, claim.measure(runs, error))


def _row(ours: _Tested, p: float | None, yours: _Tested) -> Row:
    claim, plan = ours.claim, plan_of(ours.runs)
    words = verdict(
        claim,
        ours.outcome,
        planned=plan.seeds_for(ours.read) if plan else None,
        done=_seeds(ours.read),
        epochs=_epochs(ours.read),
        p=p,
        needs=_needs(claim),
    )
    other = same_data.difference(ours.read, yours.read)
    outcome = None if other or not claim.experiment else yours.outcome
    return Row(claim, ours.outcome, p, words, outcome, other, ours.read)


def _needs(claim: Claim) -> str:
    """Say what a test would take: in the claim's words, or by the experiment's plan."""
    if claim.needs or claim.experiment is None or claim.measure is None:
        return claim.needs
    plan = by_name(claim.experiment).plan.get("laptop")
    if plan is None:
        return ""
    seeds = plan.seeds_for(claim.measure.arms)
    run = f"alexnet run {claim.experiment}"
    many = "a seed" if seeds == 1 else f"{seeds} seeds"
    return f"{many}, at most {plan.epochs} epochs each ({run})"


def _seeds(runs: Runs) -> int | None:
    """Number of seeds that all of these arms have; None if there are no arms."""
    by_arm = [{run.seed for run in of_arm} for of_arm in runs.values()]
    return len(set.intersection(*by_arm)) if by_arm else None


def _epochs(runs: Runs) -> int | None:
    """Epochs that the shortest of the runs was meant to take."""
    lengths = [run.config.training.epochs for of_arm in runs.values() for run in of_arm]
    return min(lengths, default=None)


def _corrected(tested: Sequence[_Tested]) -> dict[str, float]:
    """Holm's p-values by claim, the rows of a section together."""
    by_name: dict[str, float] = {}
    for section in {t.claim.section for t in tested}:
        rows = {
            t.claim.name: t.p
            for t in tested
            if t.claim.section == section and t.p is not None
        }
        by_name |= zip(rows, holm(list(rows.values())), strict=True)
    return by_name


def _counting_for(claim: Claim, runs: Runs) -> Runs:
    """The runs on ImageNet for a claim of ImageNet, else all others."""

    def counts(run: Record) -> bool:
        return (run.data["name"] in IMAGENET) == claim.of_imagenet

    return {arm: [run for run in all_ if counts(run)] for arm, all_ in runs.items()}


def ledger_page(rows: Sequence[Row]) -> str:
    """The ledger in markdown, a heading and a table for each paper that has rows."""
    parts = []
    for paper, claims in PAPERS.items():
        of_paper = [row for row in rows if row.claim in claims]
        if of_paper:
            parts.append(f"## {paper}\n\n{ledger_table(of_paper)}")
    return "\n\n".join(parts)


def ledger_table(rows: Sequence[Row], *, yours: bool = True) -> Table:
    """The ledger in markdown; without `yours` only what is published."""
    head = ["claim", "§", "paper", "2012 log", "published run", "verdict"]
    if yours:
        head.append("yours")
    return table(head, (_cells(row, yours) for row in rows))


def _cells(row: Row, yours: bool) -> list[str]:
    claim = row.claim
    cells = [
        claim.statement,
        claim.section,
        of_paper(claim),
        f"{claim.log.value:.4g}" if claim.log else "none",
        row.published.text() if row.published else "none",
        row.verdict,
    ]
    if yours:
        own = row.yours.text() if row.yours else "none"
        cells.append(f"other data: {row.other_data}" if row.other_data else own)
    return cells


def of_paper(claim: Claim) -> str:
    """The paper's number with its unit, or its words, their unit apart."""
    unit = claim.unit if claim.printed or not claim.unit else f"({claim.unit})"
    return f"{claim.paper} {unit}".strip() if claim.paper else "none"


def ledger_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The ledger as JSON types."""
    return [
        {
            "claim": row.claim.name,
            "section": row.claim.section,
            "statement": row.claim.statement,
            "unit": row.claim.unit,
            "kind": row.claim.kind,
            "paper": row.claim.paper,
            "log": vars(row.claim.log) if row.claim.log else None,
            "published": _json(row.published),
            "p": row.p,
            "verdict": row.verdict,
            "yours": _json(row.yours),
            "other_data": row.other_data,
        }
        for row in rows
    ]


def _json(outcome: Outcome | None) -> dict[str, Any] | None:
    return dataclasses.asdict(outcome) if outcome else None
