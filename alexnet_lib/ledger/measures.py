"""From an experiment's runs to one number: a mean, a ratio, a difference of arms.

Each of `mean`, `ratio` and `difference` says which, and gives a function that takes
the runs, by arm, and returns the number with its interval, or None while runs are
missing or have no such value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from alexnet_lib.ledger import estimate
from alexnet_lib.ledger.estimate import Estimate
from alexnet_lib.runs.records import Record

Runs = Mapping[str, Sequence[Record]]
Measure = Callable[[Runs], Estimate | None]


def _values(runs: Runs, arm: str, metric: str) -> list[float] | None:
    """The metric of each run of an arm; None if there is no run or one has none."""
    values = [record.result[metric] for record in runs.get(arm, ())]
    return values if values and None not in values else None


def mean(arm: str, metric: str, factor: float = 1.0) -> Measure:
    """Of an arm's runs; `factor` brings the metric to the claim's unit."""

    def measure(runs: Runs) -> Estimate | None:
        values = _values(runs, arm, metric)
        return estimate.mean([factor * v for v in values]) if values else None

    return measure


def ratio(top: str, bottom: str, metric: str) -> Measure:
    """Of one arm's runs to another's, not paired."""

    def measure(runs: Runs) -> Estimate | None:
        values, others = (_values(runs, arm, metric) for arm in (top, bottom))
        return estimate.ratio(values, others) if values and others else None

    return measure


def paired_difference(
    runs: Runs, arm: str, against: str, metric: str, factor: float = 1.0
) -> Estimate | None:
    """`arm` less `against` over the seeds that both have; None if a value lacks."""
    ours, theirs = (
        {r.seed: r.result[metric] for r in runs.get(name, ())}
        for name in (arm, against)
    )
    seeds = sorted(ours.keys() & theirs.keys())
    values, others = [ours[s] for s in seeds], [theirs[s] for s in seeds]
    if not seeds or None in values + others:
        return None
    return estimate.difference(
        [factor * v for v in values], [factor * v for v in others]
    )


def difference(arm: str, against: str, metric: str, factor: float = 1.0) -> Measure:
    """Between two arms, paired by seed; see `paired_difference`."""

    def measure(runs: Runs) -> Estimate | None:
        return paired_difference(runs, arm, against, metric, factor)

    return measure
