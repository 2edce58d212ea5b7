"""Claims as data, paper by paper, in each paper's order, with the authors' lab notes.

A claim names the experiment that tests it and says how its number comes out of that
experiment's records; one that cannot be tested here says what a test would take.
"""

from itertools import chain

from alexnet_lib.ledger.claim import Claim
from alexnet_lib.ledger.claims import architecture, learning, overfitting, results, vgg

PAPERS: dict[str, tuple[Claim, ...]] = {
    "AlexNet (Krizhevsky, Sutskever, Hinton, 2012)": (
        *architecture.CLAIMS,
        *overfitting.CLAIMS,
        *learning.CLAIMS,
        *results.CLAIMS,
    ),
    "VGG (Simonyan, Zisserman, 2014)": vgg.CLAIMS,
}
"""The claims of each paper, by its heading in the ledger."""
CLAIMS: tuple[Claim, ...] = tuple(chain.from_iterable(PAPERS.values()))
