"""Plans: what an experiment settles before its first published run, and keeps to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from alexnet_lib.settings import Scale

ErrorTerm = Literal["pairs", "pooled"]


@dataclass(frozen=True)
class Plan:
    """Settles how an experiment is run and judged at one scale.

    - `seeds`: runs of an arm, `seeds_of` those of arms that have others. Until all are
      there a row of the ledger says `interim`; more of them are not published.
    - `epochs`: of a run, at most.
    - `endpoint`: the metric that is judged; `rule`: what it has to show.
    - `error_term`: of a difference of two arms, from its own `pairs` of seeds, or
      `pooled` over the table of seeds and arms, where their residuals are alike.
    - `selection_seeds`, `selection`: which seeds and which images rates were chosen
      on; they are no others' seeds, and the test set is not among the images.

    A plan that has to change is another experiment, with a name of its own.
    """

    seeds: int
    epochs: int
    endpoint: str
    rule: str
    error_term: ErrorTerm = "pairs"
    selection_seeds: tuple[int, ...] = ()
    selection: str = ""
    seeds_of: Mapping[str, int] = field(default_factory=dict)

    def seeds_for(self, arms: Iterable[str]) -> int:
        """Number of seeds that all of `arms` have, as a comparison of them needs."""
        return min((self.seeds_of.get(arm, self.seeds) for arm in arms), default=0)


Plans = Mapping[Scale, Plan]
