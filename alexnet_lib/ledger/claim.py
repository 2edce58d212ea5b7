"""A claim: one number of the paper, and how ours comes out of an experiment's runs."""

from __future__ import annotations

from dataclasses import dataclass

from alexnet_lib.ledger.lab_notes import LabNote
from alexnet_lib.ledger.measures import Measure


@dataclass(frozen=True, kw_only=True)
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
