"""Means, differences and ratios over seeds, with 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

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
    if not values:
        raise ValueError("a mean needs at least one value")
    centre = float(np.mean(values))
    if len(values) < 2:
        return Estimate(centre, None, None, len(values))
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    half = float(_quantile(len(values) - 1) * error)
    return Estimate(centre, centre - half, centre + half, len(values))


def ratio(numerator: Sequence[float], denominator: Sequence[float]) -> Estimate:
    """Ratio of geometric means, Welch's t interval on the logarithms.

    The two are independent samples of positive values, not paired.
    """
    top, bottom = np.log(numerator), np.log(denominator)
    value = math.exp(top.mean() - bottom.mean())
    n = min(len(top), len(bottom))
    if n < 2:
        return Estimate(value, None, None, n)
    half = _welch(top, bottom)
    centre = top.mean() - bottom.mean()
    return Estimate(value, math.exp(centre - half), math.exp(centre + half), n)


def _welch(top: np.ndarray, bottom: np.ndarray) -> float:
    """Half of Welch's interval of a difference of means: no common variance assumed."""
    samples = (top, bottom)
    variances = [float(np.var(sample, ddof=1)) / len(sample) for sample in samples]
    variance = sum(variances)
    if variance == 0:
        return 0.0
    parts = (v**2 / (len(s) - 1) for v, s in zip(variances, samples, strict=True))
    return _quantile(variance**2 / sum(parts)) * math.sqrt(variance)


def _quantile(freedom: float) -> float:
    """How many standard errors Student's interval reaches to either side.

    Not by `scipy.stats`, whose import is most of the time that `alexnet report` takes.
    """
    return float(special.stdtrit(freedom, 1 - (1 - LEVEL) / 2))


def difference(values: Sequence[float], baseline: Sequence[float]) -> Estimate:
    """Mean of `values` less `baseline`, Student's t interval on the differences.

    The two are paired, as by a common seed: what a pair has in common drops out.
    Raises `ValueError` unless each value has its partner.
    """
    return mean([v - b for v, b in zip(values, baseline, strict=True)])
