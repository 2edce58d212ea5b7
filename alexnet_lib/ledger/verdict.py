"""What a number with its interval says of a claim."""

from __future__ import annotations

from typing import Literal

from alexnet_lib.ledger.claim import Claim
from alexnet_lib.ledger.estimate import Estimate

Verdict = Literal[
    "reproduced",
    "larger effect",
    "smaller effect",
    "not reproduced",
    "undecided",
    "differs",
    "one seed only",
    "not run yet",
]


def verdict(claim: Claim, ours: Estimate | None) -> Verdict:
    """What our number says of the claim.

    `reproduced`: the interval holds the claimed value, and not the null; `undecided`:
    it holds both, so more seeds are needed. If it does not hold the claimed, a figure
    without a null `differs`; an effect is `larger` or `smaller` than claimed if its
    interval lies wholly on the claim's side of none, else `not reproduced`.
    """
    if ours is None:
        return "not run yet"
    if ours.low is None or ours.high is None:
        return "one seed only"
    agrees = ours.low <= claim.claimed <= ours.high
    if agrees and claim.null is not None and ours.low <= claim.null <= ours.high:
        return "undecided"
    if agrees:
        return "reproduced"
    if claim.null is None:
        return "differs"
    side = 1 if claim.claimed > claim.null else -1
    nearest = min(side * (bound - claim.null) for bound in (ours.low, ours.high))
    if nearest <= 0:
        return "not reproduced"
    beyond = nearest > side * (claim.claimed - claim.null)
    return "larger effect" if beyond else "smaller effect"
