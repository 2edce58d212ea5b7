"""Means, differences and ratios over seeds: 95 % intervals, p-values, Holm's."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

LEVEL = 0.95
Side = Literal["below", "above", "around"]
Over = Literal["seeds", "seeds and images"]


@dataclass(frozen=True)
class Estimate:
    """A value from `n` runs per arm; `low` and `high` bound it, if n allows.

    `df` are the degrees of freedom of Student's t behind the interval, which is one
    on the logarithms for a `ratio`. A count is exact: its bounds are its value.
    What is said of images in general is `over` seeds and `images`, or over seeds only.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    df: float | None = None
    ratio: bool = False
    over: Over | None = None
    images: int | None = None

    def text(self, digits: int = 1) -> str:
        """For example `3.1 [2.8, 3.5], n=5`, or `3.1, n=1` without an interval.

        A pooled error term's degrees of freedom, more than the pairs', are stated, and
        of a number about images in general over how many.
        """
        value = f"{self.value:.{digits}f}"
        if self.low is None or self.high is None:
            return f"{value}, n={self.n}"
        if self.low == self.value == self.high and self.df is None:
            exact = self.value == round(self.value)
            return f"{self.value:,.0f}, counted" if exact else f"{value}, counted"
        text = f"{value} [{self.low:.{digits}f}, {self.high:.{digits}f}], n={self.n}"
        if self.images is not None:
            return f"{text}, over {self.images:,} images too"
        pooled = not self.ratio and self.df is not None and self.df > self.n - 1
        text = f"{text}, df={self.df:g}" if pooled else text
        return f"{text}, over seeds only" if self.over == "seeds" else text

    def side(self) -> Side | None:
        """The interval's place, seen from 0; None without an interval."""
        if self.low is None or self.high is None:
            return None
        return "below" if self.high < 0 else "above" if self.low > 0 else "around"

    def p(self, null: float) -> float | None:
        """The two-sided p-value of `null`; None without an interval from runs."""
        if self.low is None or self.high is None or self.df is None:
            return None
        shape = math.log if self.ratio else float
        error = (shape(self.high) - shape(self.low)) / 2 / quantile(self.df)
        apart = abs(shape(self.value) - shape(null))
        if error == 0:
            return float(apart == 0)
        return float(2 * special.stdtr(self.df, -apart / error))


@dataclass(frozen=True)
class NotReached:
    """`missed` of `n` runs never got to what was to be measured."""

    missed: int
    n: int

    def text(self, digits: int = 1) -> str:
        """For example `not reached in 2 of 5`; `digits` as an `Estimate` has them."""
        return f"not reached in {self.missed} of {self.n}"


Outcome = Estimate | NotReached


def counted(value: float) -> Estimate:
    """A number that is counted, not measured."""
    return Estimate(value, value, value, 1)


def mean(values: Sequence[float]) -> Estimate:
    """The mean with Student's t interval; `ValueError` for no values."""
    if not values:
        raise ValueError("a mean needs at least one value")
    centre, n = float(np.mean(values)), len(values)
    if n < 2:
        return Estimate(centre, None, None, n)
    return _student(centre, float(np.std(values, ddof=1) / np.sqrt(n)), n, n - 1)


def share(found: int, n: int) -> Estimate:
    """`found` of `n` in per cent, with the exact interval of Clopper and Pearson."""
    tail = (1 - LEVEL) / 2
    low = special.betaincinv(found, n - found + 1, tail) if found else 0.0
    high = special.betaincinv(found + 1, n - found, 1 - tail) if found < n else 1.0
    return Estimate(100 * found / n, 100 * float(low), 100 * float(high), n)


def ratio(numerator: Sequence[float], denominator: Sequence[float]) -> Estimate:
    """Ratio of geometric means, Welch's t interval on the logarithms.

    The two are independent samples of positive values, not paired.
    """
    top, bottom = np.log(numerator), np.log(denominator)
    centre = float(top.mean() - bottom.mean())
    n = min(len(top), len(bottom))
    if n < 2:
        return Estimate(math.exp(centre), None, None, n)
    error, df = _welch(top, bottom)
    half = quantile(df) * error
    bounds = math.exp(centre - half), math.exp(centre + half)
    return Estimate(math.exp(centre), *bounds, n, df, ratio=True)


def _welch(top: np.ndarray, bottom: np.ndarray) -> tuple[float, float]:
    """Welch's error of a difference of means, and its degrees of freedom.

    No common variance is assumed; values that do not vary have the most freedom.
    """
    samples = (top, bottom)
    variances = [float(np.var(sample, ddof=1)) / len(sample) for sample in samples]
    variance = sum(variances)
    if variance == 0:
        return 0.0, float(len(top) + len(bottom) - 2)
    parts = (v**2 / (len(s) - 1) for v, s in zip(variances, samples, strict=True))
    return math.sqrt(variance), variance**2 / sum(parts)


def quantile(freedom: float) -> float:
    """Number of standard errors that Student's interval reaches to either side.

    Not by `scipy.stats`, whose import is most of the time that `alexnet report` takes.
    """
    return float(special.stdtrit(freedom, 1 - (1 - LEVEL) / 2))


def difference(values: Sequence[float], baseline: Sequence[float]) -> Estimate:
    """Mean of `values` less `baseline`, Student's t interval on the differences.

    The two are paired, as by a common seed: what a pair has in common drops out.
    Raises `ValueError` unless each value has its partner.
    """
    return mean([v - b for v, b in zip(values, baseline, strict=True)])


def pooled_difference(table: Sequence[Sequence[float]]) -> Estimate:
    """The first row of `table` less the second, with the error of the whole table.

    A row per arm, a column per seed. Arms and seeds are taken to add up; what they
    leave, (arms - 1) (seeds - 1) degrees of freedom, is the error of every arm alike.
    With two arms this is `difference`.
    """
    values = np.asarray(table, float)  # (arms, seeds)
    arms, seeds = values.shape
    centre = float(values[0].mean() - values[1].mean())
    if seeds < 2:
        return Estimate(centre, None, None, seeds)
    left = values - values.mean(0) - values.mean(1, keepdims=True) + values.mean()
    df = (arms - 1) * (seeds - 1)
    variance = float((left**2).sum()) / df
    return _student(centre, math.sqrt(2 * variance / seeds), seeds, df)


def over_images(seeds: Estimate, table: np.ndarray) -> Estimate:
    """`seeds`, with what other images would change added to its interval.

    `table` (seeds, images) has the difference that `seeds` is the mean of, image by
    image. An image's mean over seeds varies because images do, and because of what
    seeds make of each; the latter is in the error over seeds already, so it is taken
    off. The half-widths of the two intervals add up as squares, so the whole is never
    narrower than over seeds.
    """
    if seeds.low is None or seeds.high is None or seeds.df is None:
        return dataclasses.replace(seeds, over="seeds")
    n, images = table.shape
    means = table.mean(0)  # (images,)
    left = table - means - table.mean(1, keepdims=True) + table.mean()
    of_each = float((left**2).sum()) / ((n - 1) * (images - 1))
    of_images = max(0.0, (float(means.var(ddof=1)) - of_each / n) / images)
    widths = (seeds.high - seeds.low) / 2, quantile(images - 1) * math.sqrt(of_images)
    half = math.hypot(*widths)
    return dataclasses.replace(
        seeds,
        low=seeds.value - half,
        high=seeds.value + half,
        over="seeds and images",
        images=images,
    )


def _student(centre: float, error: float, n: int, df: int) -> Estimate:
    half = quantile(df) * error
    return Estimate(centre, centre - half, centre + half, n, df)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's corrected p-values: none below 5 % is by chance, but in 5 % of families.

    The smallest is multiplied by how many there are, the next by one less, and so
    on, and none may be less than one before it.
    """
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = largest
    return corrected


def told_apart(estimates: Sequence[Estimate]) -> list[Side | None]:
    """The side of 0 on which each of several differences lies, corrected by Holm."""
    p_values = [estimate.p(0.0) for estimate in estimates]
    known = iter(holm([p for p in p_values if p is not None]))
    return [
        None if p is None else e.side() if next(known) < 1 - LEVEL else "around"
        for p, e in zip(p_values, estimates, strict=True)
    ]
