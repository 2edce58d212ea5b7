"""From an experiment's runs to one number: a mean, a ratio, a difference of arms.

Each measure is a value that says which arms and metric it reads, and that gives the
number with its interval when it is called with the runs: None while runs are missing
or have no such value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from alexnet_lib.ledger import estimate
from alexnet_lib.ledger.estimate import Estimate
from alexnet_lib.runs.records import Record, Runs


class Measure(Protocol):
    """A number made of an experiment's runs.

    A measure may read what lies beside the records of its arms, as an ensemble reads
    kept predictions; `metrics` are those that it takes from the records.
    """

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms whose runs are read."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that are read of each of these runs."""

    def __call__(self, runs: Runs) -> Estimate | None:
        """The number, or None if `runs` do not give it."""


@dataclass(frozen=True)
class Mean:
    """The mean over an arm's runs; `factor` brings the metric to the claim's unit."""

    arm: str
    metric: str
    factor: float = 1.0

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms whose runs are read."""
        return (self.arm,)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metric, alone."""
        return (self.metric,)

    def __call__(self, runs: Runs) -> Estimate | None:
        """The mean with its interval, once every run has the metric."""
        values = _values(runs.get(self.arm, ()), self.metric)
        return estimate.mean([self.factor * v for v in values]) if values else None


@dataclass(frozen=True)
class Ratio:
    """The ratio of one arm's runs to another's, not paired."""

    arm: str
    to: str
    metric: str

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms whose runs are read."""
        return self.arm, self.to

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metric, alone."""
        return (self.metric,)

    def __call__(self, runs: Runs) -> Estimate | None:
        """The first arm's geometric mean over the second's."""
        values, others = (_values(runs.get(a, ()), self.metric) for a in self.arms)
        return estimate.ratio(values, others) if values and others else None


@dataclass(frozen=True)
class Difference:
    """One arm less another, in pairs by seed: the seeds that both have."""

    arm: str
    less: str
    metric: str
    factor: float = 1.0

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms whose runs are read."""
        return self.arm, self.less

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metric, alone."""
        return (self.metric,)

    def __call__(self, runs: Runs) -> Estimate | None:
        """The mean of the pairs' differences, once every pair has both."""
        by_seed = [{r.seed: r for r in runs.get(arm, ())} for arm in self.arms]
        seeds = sorted(by_seed[0].keys() & by_seed[1].keys())
        values, others = (
            _values([of[seed] for seed in seeds], self.metric) for of in by_seed
        )
        if not values or not others:
            return None
        return estimate.difference(
            [self.factor * v for v in values], [self.factor * v for v in others]
        )


def _values(runs: Sequence[Record], metric: str) -> list[float] | None:
    """The metric of each run; None if one has none."""
    values = [run.result[metric] for run in runs]
    return None if None in values else values
