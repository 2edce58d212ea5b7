"""Pairs and arms of the published runs of §3.2 that notebook 05 compares."""

from __future__ import annotations

from alexnet_lib.ledger.measures import Difference
from alexnet_lib.notebook.comparisons import Comparisons

ARMS = ("source", "half", "no-communication")
"""#145, its one-GPU net of half the kernels, and columns that do not communicate."""
PAIRS: Comparisons = {
    what: Difference("source", other, "test_top1_ten", 100)
    for what, other in {
        "two GPUs, and one with half the kernels": "half",
        "with and without communication": "no-communication",
    }.items()
}
