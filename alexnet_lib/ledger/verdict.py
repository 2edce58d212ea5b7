"""The words for what a number says of a claim: one rule per case."""

from __future__ import annotations

from typing import NamedTuple

from alexnet_lib.ledger.claim import (
    AtMost,
    Claim,
    Direction,
    Equivalence,
    InRuns,
    Printed,
    Roughly,
)
from alexnet_lib.ledger.estimate import LEVEL, NotReached, Outcome
from alexnet_lib.tables import NOT_RUN_YET

SAME = "same direction"
PLAIN_WIDTH = 0.1
"""The share of a plain number that either side of its interval may be wide."""


class Interval(NamedTuple):
    """Our number between its bounds."""

    low: float
    value: float
    high: float

    @property
    def half_width(self) -> float:
        """The wider side: a ratio's are not alike."""
        return max(self.high - self.value, self.value - self.low)


def verdict(
    claim: Claim,
    outcome: Outcome | None,
    *,
    planned: int | None,
    done: int | None = None,
    epochs: int | None = None,
    p: float | None = None,
    needs: str = "",
) -> str:
    """Judge the claim by our number.

    `planned`: how many runs of an arm the experiment's plan has; before they are there,
    or without a plan, nothing is judged. `done`: how many there are; without it, as
    many as the number was made of, which may leave runs out. `epochs`: how long the
    runs were. `p`: the p-value of no effect, corrected for the other rows of its
    section; without it, the number's own. `needs`: what the runs take that are missing.
    """
    if outcome is None:
        return f"{NOT_RUN_YET}: needs {needs}" if needs else NOT_RUN_YET
    if claim.experiment is not None and planned is None:
        return "no plan, not judged"
    done = outcome.n if done is None else done
    if planned is not None and done < planned:
        return f"interim, {done} of {planned}"
    if isinstance(outcome, NotReached):
        return outcome.text()
    if claim.rule is None and (claim.kind == "extension" or claim.printed is None):
        return "described, not judged"
    if claim.epochs is not None and epochs is not None and epochs < claim.epochs:
        return f"not tested at this scale: {epochs} of {claim.epochs} epochs"
    if outcome.low is None or outcome.high is None:
        return "one seed only"
    ours = Interval(outcome.low, outcome.value, outcome.high)
    if p is None and claim.null is not None:
        p = outcome.p(claim.null)
    return _judged(claim, ours, p)


def _judged(claim: Claim, ours: Interval, p: float | None) -> str:
    """Judge a number that can be judged: by the claim's rule, else by the printed."""
    told = p is not None and p < 1 - LEVEL
    match claim.rule:
        case Equivalence(within):
            return _equivalence(within, ours)
        case AtMost(most):
            return "within the bound" if ours.value <= most else "above the bound"
        case InRuns(least):
            return "seen" if ours.value >= least else "not seen"
        case Direction(sign, least):
            return _direction(sign, least, ours, told)
    assert claim.printed is not None  # what has neither is described
    if isinstance(claim.rule, Roughly) and claim.null is not None:
        return _roughly(claim.rule, claim.printed, claim.null, ours, told)
    if claim.null is None:
        return _plain(claim.printed, ours)
    judge = _effect if claim.kind == "own data" else _elsewhere
    return judge(claim.printed, claim.null, ours, told)


def _equivalence(within: float, ours: Interval) -> str:
    """Two ways that should do alike: alike if the whole interval is near 0."""
    alike = -within <= ours.low and ours.high <= within
    return f"{'equivalent' if alike else 'not shown equivalent'} within ±{within:g}"


def _direction(sign: int, least: float, ours: Interval, told: bool) -> str:
    """A difference whose direction is claimed in words, and a plan's least size."""
    if not told:
        return "undecided"
    if sign * ours.value < 0:
        return "opposite direction"
    if not least:
        return SAME
    by = f"{least:g} or more" if sign * ours.value >= least else f"less than {least:g}"
    return f"{SAME}, by {by}"


def _roughly(
    rule: Roughly, claimed: Printed, null: float, ours: Interval, told: bool
) -> str:
    """An effect that is printed roughly, as a doubling is, tested elsewhere."""
    words = _elsewhere(claimed, null, ours, told)
    near = rule.low <= ours.low <= claimed.value <= ours.high <= rule.high
    return f"{words}, roughly as printed" if words == SAME and near else words


def _plain(claimed: Printed, ours: Interval) -> str:
    """A number that is no effect, as an error rate: the printed one, or on a side."""
    if ours.low > claimed.high:
        return "larger"
    if ours.high < claimed.low:
        return "smaller"
    narrow = ours.half_width <= PLAIN_WIDTH * abs(claimed.value)
    return "reproduced" if narrow and _rounds(claimed, ours) else "undecided"


def _effect(claimed: Printed, null: float, ours: Interval, told: bool) -> str:
    """An effect on the paper's own data.

    `reproduced` if ours rounds to what is printed, and its interval excludes no effect
    and is either side no wider than half the claim: then no further run with the same
    centre takes the word back. An interval that holds the claim around another centre
    is `undecided`.
    """
    if not told:
        return "no effect" if _within_half(claimed, null, ours) else "undecided"
    sign = 1 if claimed.value > null else -1
    if sign * (ours.value - null) < 0:
        return "opposite"
    least, most = sorted(sign * (bound - null) for bound in (ours.low, ours.high))
    small, large = sorted(sign * (bound - null) for bound in claimed[1:])
    if least > large:
        return "larger effect"
    if most < small:
        return "smaller effect"
    narrow = ours.half_width <= abs(claimed.value - null) / 2
    return "reproduced" if narrow and _rounds(claimed, ours) else "undecided"


def _elsewhere(claimed: Printed, null: float, ours: Interval, told: bool) -> str:
    """An effect that is claimed of other data: its direction alone."""
    if told:
        same = (ours.value - null) * (claimed.value - null) > 0
        return SAME if same else "opposite direction"
    within = _within_half(claimed, null, ours)
    return "no effect of half the claim" if within else "undecided"


def _rounds(claimed: Printed, ours: Interval) -> bool:
    return claimed.low <= ours.value <= claimed.high


def _within_half(claimed: Printed, null: float, ours: Interval) -> bool:
    """Whether the interval excludes even half of the claimed effect, either way."""
    half = abs(claimed.value - null) / 2
    return null - half <= ours.low and ours.high <= null + half
