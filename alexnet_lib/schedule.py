"""When the learning rate is divided by ten (§5), as data.

A schedule looks at the epochs that are finished and says what the first rate is
divided by in the next. It keeps nothing of its own, so a run that goes on from a
checkpoint has the rates that it would have had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

History = Sequence[Mapping[str, Any]]
"""Epochs, the untrained network's first."""


@dataclass(frozen=True)
class FixedDrops:
    """Division by `divide_by` after each number of `epochs`; none: a constant rate."""

    epochs: tuple[int, ...] = ()
    divide_by: float = 10.0

    def divisor(self, history: History) -> float:
        """The number by which the first rate is divided after `history`."""
        done = history[-1]["epoch"] if history else 0
        return self.divide_by ** sum(done >= at for at in self.epochs)

    def finished(self, history: History) -> bool:
        """Say no: the number of epochs alone ends the run."""
        return False


@dataclass(frozen=True)
class Plateau:
    """Division by `divide_by` "when the validation error stopped improving" (§5).

    That is: when `patience` epochs in a row have brought no new minimum of `key`
    lower by at least `by`. After `drops` divisions the next plateau ends the run.
    """

    key: str = "validation_top1"
    patience: int = 4
    by: float = 0.005
    drops: int = 3
    divide_by: float = 10.0

    def divisor(self, history: History) -> float:
        """The number by which the first rate is divided after `history`."""
        return self.divide_by ** min(self.plateaus(history), self.drops)

    def finished(self, history: History) -> bool:
        """Whether a plateau has come after the last division."""
        return self.plateaus(history) > self.drops

    def plateaus(self, history: History) -> int:
        """Count the plateaus of `history`; after each the wait begins anew."""
        best, waited, found = float("inf"), 0, 0
        for epoch in history:
            if epoch["epoch"] == 0:
                continue
            if epoch[self.key] <= best - self.by:
                best, waited = epoch[self.key], 0
            else:
                waited += 1
            if waited == self.patience:
                found, waited = found + 1, 0
        return found


Schedule = FixedDrops | Plateau
CONSTANT_RATE = FixedDrops()
