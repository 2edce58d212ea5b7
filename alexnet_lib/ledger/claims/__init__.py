"""The paper's claims as data, in its order, with the authors' own lab notes.

A claim names the experiment that tests it and says how its number comes out of that
experiment's records; one that cannot be tested here says what a test would take.
"""

from alexnet_lib.ledger.claim import Claim
from alexnet_lib.ledger.claims import architecture, learning, overfitting, results

CLAIMS: tuple[Claim, ...] = (
    *architecture.CLAIMS,
    *overfitting.CLAIMS,
    *learning.CLAIMS,
    *results.CLAIMS,
)
