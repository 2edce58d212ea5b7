"""Plans: what an experiment settles before its first published run, and keeps to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from alexnet_lib.settings import Scale

if TYPE_CHECKING:
    from alexnet_lib.experiments.experiment import Experiment

ErrorTerm = Literal["pairs", "pooled"]


class PlanError(ValueError):
    """A run that its experiment's plan does not have."""


@dataclass(frozen=True)
class Plan:
    """How an experiment is run and judged at one scale.

    - `seeds`: runs of an arm. Until all are there a row of the ledger says `interim`;
      more of them are not published.
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


Plans = Mapping[Scale, Plan]


def refuse_beyond_plan(
    experiment: Experiment, arm: str, seed: int, scale: Scale
) -> None:
    """Raise `PlanError` unless the plan of `experiment` has this seed at `scale`."""
    what = f"{experiment.name} {arm}, seed {seed}"
    plan = experiment.plan.get(scale)
    if plan is None:
        raise PlanError(
            f"{what}: no plan at scale {scale}; commit one before its first "
            "published run"
        )
    seeds = experiment.seed_list(scale, plan.seeds)
    if seed not in seeds:
        raise PlanError(
            f"{what}: the plan has seeds {seeds[0]} to {seeds[-1]}; more seeds are "
            "another experiment, with a name of its own"
        )
