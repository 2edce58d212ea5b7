"""One number made of an experiment's runs: a mean, a ratio, a difference of arms.

Each measure is a value that says which arms and metrics it reads, and that gives the
number with its interval when it is called with the runs: `NotReached` where a run has
no such number, None while runs are missing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol

from alexnet_lib.experiments.plan import ErrorTerm
from alexnet_lib.ledger import answers, estimate
from alexnet_lib.ledger.answers import Scored
from alexnet_lib.ledger.estimate import Estimate, NotReached, Outcome
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

    def __call__(self, runs: Runs, error: ErrorTerm = "pairs") -> Outcome | None:
        """The number, or None while `runs` are missing; `error`: a difference's."""


@dataclass(frozen=True)
class Mean:
    """The mean over an arm's runs; `factor` brings the metric to the claim's unit."""

    arm: str
    metric: str
    factor: float = 1.0

    @property
    def arms(self) -> tuple[str, ...]:
        """The arm, alone."""
        return (self.arm,)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metric, alone."""
        return (self.metric,)

    def __call__(self, runs: Runs, error: ErrorTerm = "pairs") -> Outcome | None:
        """The mean with its interval."""
        if not runs.get(self.arm):
            return None
        columns = _columns([runs[self.arm]], self.metric, self.factor)
        if isinstance(columns, NotReached):
            return columns
        return estimate.mean(columns[0])


@dataclass(frozen=True)
class Ratio:
    """The ratio of one arm's runs to another's, not paired.

    With `without`, a metric and a share, of the runs at or below that share alone.
    """

    arm: str
    to: str
    metric: str
    without: tuple[str, float] | None = None

    @property
    def arms(self) -> tuple[str, ...]:
        """The numerator and the denominator."""
        return self.arm, self.to

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metric, and that by which runs are left out."""
        return (self.metric, *(self.without or ())[:1])

    def __call__(self, runs: Runs, error: ErrorTerm = "pairs") -> Outcome | None:
        """The ratio of geometric means with its interval."""
        counted = [list(filter(self._counts, runs.get(arm, ()))) for arm in self.arms]
        if not all(counted):
            return None
        columns = _columns(counted, self.metric)
        if isinstance(columns, NotReached):
            return columns
        return estimate.ratio(*columns)

    def _counts(self, run: Record) -> bool:
        return self.without is None or run.result[self.without[0]] <= self.without[1]


@dataclass(frozen=True)
class Share:
    """The share of an arm's runs whose `metric` is above `above`, in per cent.

    With the exact interval of Clopper and Pearson for a share.
    """

    arm: str
    metric: str
    above: float

    @property
    def arms(self) -> tuple[str, ...]:
        """The arm, alone."""
        return (self.arm,)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metric, alone."""
        return (self.metric,)

    def __call__(self, runs: Runs, error: ErrorTerm = "pairs") -> Outcome | None:
        """The share with its interval."""
        of_arm = runs.get(self.arm)
        if not of_arm:
            return None
        found = sum(run.result[self.metric] > self.above for run in of_arm)
        return estimate.share(found, len(of_arm))


@dataclass(frozen=True)
class FurtherApart:
    """The share of an arm's runs in which two metrics are apart as in none of another.

    In per cent, with the exact interval of Clopper and Pearson: `arm`'s runs whose
    metrics lie further apart, either way, than in any run of `than`.
    """

    arm: str
    than: str
    metrics: tuple[str, str]

    @property
    def arms(self) -> tuple[str, ...]:
        """The arm, and the one that shows how far apart chance sets them."""
        return self.arm, self.than

    def __call__(self, runs: Runs, error: ErrorTerm = "pairs") -> Outcome | None:
        """The share with its interval."""
        ours, theirs = (list(map(self._of, runs.get(arm, ()))) for arm in self.arms)
        if not ours or not theirs:
            return None
        found = sum(apart > max(theirs) for apart in ours)
        return estimate.share(found, len(ours))

    def _of(self, run: Record) -> float:
        one, other = (run.result[metric] for metric in self.metrics)
        return abs(one - other)


@dataclass(frozen=True)
class Difference:
    """One arm less another, in pairs by seed: the seeds that both have.

    `of_images`: it is said of images in general, so they count in its interval.
    """

    arm: str
    less: str
    metric: str
    factor: float = 1.0
    of_images: bool = False

    @property
    def arms(self) -> tuple[str, ...]:
        """The arm and its baseline."""
        return self.arm, self.less

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metric, alone."""
        return (self.metric,)

    def __call__(self, runs: Runs, error: ErrorTerm = "pairs") -> Outcome | None:
        """The mean of the pairs' differences with its interval.

        Its error is the pairs' own, or `pooled` over all arms that have these seeds.
        """
        seeds = _common_seeds(runs, self.arms)
        if not seeds:
            return None
        others = [
            arm
            for arm in runs
            if arm not in self.arms and seeds <= _common_seeds(runs, [arm])
        ]
        arms = [*self.arms, *(others if error == "pooled" else ())]
        by_seed = [{run.seed: run for run in runs[arm]} for arm in arms]
        paired = [[of_arm[seed] for seed in sorted(seeds)] for of_arm in by_seed]
        columns = _columns(paired, self.metric, self.factor)
        if isinstance(columns, NotReached):
            return columns
        if error == "pooled":
            found = estimate.pooled_difference(columns)
        else:
            found = estimate.difference(*columns)
        if not self.of_images:
            return found
        pairs = zip(*paired[:2], strict=True)
        scored = [[(Scored(a, self.metric), Scored(b, self.metric))] for a, b in pairs]
        return _over_images(found, scored, self.factor)


@dataclass(frozen=True)
class Contrast:
    """The mean over the arms of `plus` less that over the arms of `minus`, by seed.

    As a factorial is read: of one choice, the arms that have it less the others, and
    of the product of two, those that have both or neither less those that have one.
    Its error is that of the seeds' contrasts, also where others are pooled.
    """

    plus: tuple[str, ...]
    minus: tuple[str, ...]
    metric: str
    factor: float = 1.0

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms of both sides."""
        return self.plus + self.minus

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metric, alone."""
        return (self.metric,)

    def __call__(self, runs: Runs, error: ErrorTerm = "pairs") -> Outcome | None:
        """The mean contrast with its interval: of the seeds that all arms have."""
        seeds = sorted(_common_seeds(runs, self.arms))
        if not seeds:
            return None
        by_seed = ({run.seed: run for run in runs[arm]} for arm in self.arms)
        of_seeds = [[of_arm[seed] for seed in seeds] for of_arm in by_seed]
        columns = _columns(of_seeds, self.metric, self.factor)
        if isinstance(columns, NotReached):
            return columns
        first = len(self.plus)
        sides = columns[:first], columns[first:]
        means = ([fmean(seed) for seed in zip(*s, strict=True)] for s in sides)
        return estimate.difference(*means)


@dataclass(frozen=True)
class Within:
    """One metric less another of the same run, averaged over `arms` by seed.

    `of_images`: it is said of images in general, so they count in its interval.
    """

    arms: tuple[str, ...]
    metric: str
    less: str
    factor: float = 1.0
    of_images: bool = False

    @property
    def metrics(self) -> tuple[str, ...]:
        """The two metrics."""
        return self.metric, self.less

    def __call__(self, runs: Runs, error: ErrorTerm = "pairs") -> Outcome | None:
        """The mean over seeds with its interval: of the seeds that all arms have."""
        by_seed = [
            [run for arm in self.arms for run in runs[arm] if run.seed == seed]
            for seed in sorted(_common_seeds(runs, self.arms))
        ]
        if not by_seed:
            return None
        found = estimate.mean([self.factor * fmean(map(self._of, s)) for s in by_seed])
        if not self.of_images:
            return found
        scored = [
            [(Scored(run, self.metric), Scored(run, self.less)) for run in of_seed]
            for of_seed in by_seed
        ]
        return _over_images(found, scored, self.factor)

    def _of(self, run: Record) -> float:
        return run.result[self.metric] - run.result[self.less]


def _common_seeds(runs: Runs, arms: Sequence[str]) -> set[int]:
    return set.intersection(*({run.seed for run in runs.get(a, ())} for a in arms))


def _over_images(
    found: Estimate, scored: Sequence[Sequence[tuple[Scored, Scored]]], factor: float
) -> Estimate:
    """`found` over the images too, where all of its runs kept what they answered."""
    table = answers.paired(scored)
    if table is None:
        return dataclasses.replace(found, over="seeds")
    return estimate.over_images(found, factor * table)


def _columns(
    runs_of_arms: Sequence[Sequence[Record]], metric: str, factor: float = 1.0
) -> list[list[float]] | NotReached:
    """`factor` times the metric of each run, a list per arm.

    Or how many runs never reached it, of the first arm that has such.
    """
    for runs in runs_of_arms:
        missed = sum(run.result[metric] is None for run in runs)
        if missed:
            return NotReached(missed, len(runs))
    return [[factor * run.result[metric] for run in runs] for runs in runs_of_arms]
