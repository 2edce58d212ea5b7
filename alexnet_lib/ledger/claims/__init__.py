"""Claims as data, paper by paper, in each paper's order, with the authors' lab notes.

A claim names the experiment that tests it and says how its number comes out of that
experiment's records; one that cannot be tested here says what a test would take.
`methods` has what the text says of how things were done, beside the authors' code.
"""

from itertools import chain

from alexnet_lib.ledger.claim import Claim
from alexnet_lib.ledger.claims import (
    architecture,
    counts,
    learning,
    others,
    overfitting,
    results,
    untested,
    vgg,
)

_ALEXNET = (counts, architecture, overfitting, learning, results, others, untested)
PARTS = (*_ALEXNET, vgg)
PAPERS: dict[str, tuple[Claim, ...]] = {
    "AlexNet (Krizhevsky, Sutskever, Hinton, 2012)": tuple(
        sorted(
            chain.from_iterable(part.CLAIMS for part in _ALEXNET),
            key=lambda claim: claim.section,
        )
    ),
    "VGG (Simonyan, Zisserman, 2014)": vgg.CLAIMS,
}
"""The claims of each paper, by its heading in the ledger.

AlexNet's section by section; in each, what is tested stands before what is not.
"""
CLAIMS: tuple[Claim, ...] = tuple(chain.from_iterable(PAPERS.values()))
