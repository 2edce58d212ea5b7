"""Means, differences and ratios over seeds, with 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

LEVEL = 0.95
Side = Literal["below", "above", "around"]


@dataclass(frozen=True)
class Estimate:
    """A value from `n` runs per arm; `low` and `high` bound it, if n allows."""

    value: float
    low: float | None
    high: float | None
    n: int

    def text(self, digits: int = 1) -> str:
        """For example `3.1 [2.8, 3.5], n=5`, or `3.1, n=1` without an interval."""
        value = f"{self.value:.{digits}f}"
        if self.low is None or self.high is None:
            return f"{value}, n={self.n}"
        return f"{value} [{self.low:.{digits}f}, {self.high:.{digits}f}], n={self.n}"

    def side(self) -> Side | None:
        """Where the interval lies, seen from 0; None without an interval."""
        if self.low is None or self.high is None:
            return None
        return "below" if self.high < 0 else "above" if self.low > 0 else "around"


def mean(values: Sequence[float]) -> Estimate:
    """The mean with Student's t interval; `ValueError` for no values."""
    from scipy import stats

    if not values:
        raise ValueError("a mean needs at least one value")
    centre = float(np.mean(values))
    if len(values) < 2:
        return Estimate(centre, None, None, len(values))
    _, quantile = stats.t.interval(LEVEL, len(values) - 1)
    half = float(quantile * stats.sem(values))
    return Estimate(centre, centre - half, centre + half, len(values))


def ratio(numerator: Sequence[float], denominator: Sequence[float]) -> Estimate:
    """Ratio of geometric means, Welch's t interval on the logarithms.

    The two are independent samples of positive values, not paired.
    """
    from scipy import stats

    top, bottom = np.log(numerator), np.log(denominator)
    value = math.exp(top.mean() - bottom.mean())
    n = min(len(top), len(bottom))
    if n < 2:
        return Estimate(value, None, None, n)
    welch = stats.ttest_ind(top, bottom, equal_var=False)
    low, high = welch.confidence_interval(LEVEL)
    return Estimate(value, math.exp(low), math.exp(high), n)


def difference(values: Sequence[float], baseline: Sequence[float]) -> Estimate:
    """Mean of `values` less `baseline`, Student's t interval on the differences.

    The two are paired, as by a common seed: what a pair has in common drops out.
    Raises `ValueError` unless each value has its partner.
    """
    return mean([v - b for v, b in zip(values, baseline, strict=True)])
