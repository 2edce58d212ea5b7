"""A claim, and what a number with its interval says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from alexnet_lib.ledger.estimate import Estimate
from alexnet_lib.ledger.lab_notes import LabNote
from alexnet_lib.ledger.measures import Measure

Verdict = Literal[
    "reproduced",
    "larger effect",
    "smaller effect",
    "not reproduced",
    "undecided",
    "differs",
    "one seed only",
    "not run yet",
]


@dataclass(frozen=True)
class Claim:
    """One number of the paper, or one that its authors logged and did not print.

    `paper` is None for the latter. `null` is the value that would mean no effect (1
    for a ratio, 0 for a difference), or None where there is none, as for an error
    rate. `measure` gives our number from the runs of `experiment` by arm, or None
    while runs are missing or have not got there. Runs on ImageNet count for a claim
    `of_imagenet` alone, and no others do for it.
    """

    name: str
    section: str
    statement: str
    unit: str
    paper: float | None
    null: float | None = None
    log: LabNote | None = None
    experiment: str | None = None
    measure: Measure | None = None
    of_imagenet: bool = False

    @property
    def claimed(self) -> float:
        """The paper's number, or the logged one where the paper has none."""
        if self.paper is not None:
            return self.paper
        assert self.log is not None
        return self.log.value


def verdict(claim: Claim, ours: Estimate | None) -> Verdict:
    """What our number says of the claim.

    `reproduced`: the interval holds the claimed value, and not the null; `undecided`:
    it holds both, so more seeds are needed. If it does not hold the claimed, a figure
    without a null `differs`; an effect is `larger` or `smaller` than claimed if its
    interval lies wholly on the claim's side of none, else `not reproduced`.
    """
    if ours is None:
        return "not run yet"
    if ours.low is None or ours.high is None:
        return "one seed only"
    agrees = ours.low <= claim.claimed <= ours.high
    if agrees and claim.null is not None and ours.low <= claim.null <= ours.high:
        return "undecided"
    if agrees:
        return "reproduced"
    if claim.null is None:
        return "differs"
    side = 1 if claim.claimed > claim.null else -1
    nearest = min(side * (bound - claim.null) for bound in (ours.low, ours.high))
    if nearest <= 0:
        return "not reproduced"
    beyond = nearest > side * (claim.claimed - claim.null)
    return "larger effect" if beyond else "smaller effect"
