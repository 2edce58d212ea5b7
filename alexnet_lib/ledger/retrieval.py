"""Retrieval by published nets: of the nearest training images, how many fit (§6.1).

From what lies beside the records, see `experiments.kept.Retrieval`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alexnet_lib.experiments.kept import NEIGHBOURS, PixelRetrieval, Retrieval
from alexnet_lib.experiments.plan import ErrorTerm
from alexnet_lib.ledger import estimate
from alexnet_lib.ledger.estimate import Outcome
from alexnet_lib.runs import artifacts
from alexnet_lib.runs.artifacts import Arrays
from alexnet_lib.runs.records import Record, Runs

_PIXELS = "pixels"


@dataclass(frozen=True)
class Way:
    """One way of finding the nearest: `counts` of the kept arrays, after `epoch`.

    `hits_fc7` and its like are how many of six are of the class, `found_...` how many
    of the exact six a shortcut has. Without `epoch` at the end of the run, 0 before it.
    """

    counts: str = "hits_fc7"
    epoch: int | None = None

    def of(self, run: Record, runs: Sequence[Record]) -> NDArray | None:
        """By test image the share of six, (N,); None if it was not kept.

        What the pixels alone give is the same for all runs, and kept of one of `runs`.
        """
        kept: Arrays | None = None
        if not self.counts.startswith(f"hits_{_PIXELS}"):
            kept = kept_of(run, Retrieval.name, self.epoch)
        else:
            found = (kept_of(other, PixelRetrieval.name) for other in runs)
            kept = next((arrays for arrays in found if arrays is not None), None)
        if kept is None or self.counts not in kept:
            return None
        return kept[self.counts].astype(float) / NEIGHBOURS


def kept_of(run: Record, name: str, epoch: int | None = None) -> Arrays | None:
    """The arrays called `name` that were kept of a run, if they were."""
    if run.path is None:
        return None
    path = artifacts.path_of(run.path, name, epoch)
    return artifacts.read(path) if path.exists() else None


@dataclass(frozen=True)
class Precision:
    """The share of the six nearest that `way` gets right, minus that of `less`.

    In per cent, or in points; over the runs of `arm`, and over images.
    """

    arm: str
    way: Way
    less: Way | None = None
    metrics: tuple[str, ...] = ()

    @property
    def arms(self) -> tuple[str, ...]:
        """The arm, alone."""
        return (self.arm,)

    def __call__(self, runs: Runs, error: ErrorTerm = "pairs") -> Outcome | None:
        """The share with its interval; None while a run has not kept it."""
        of_arm = runs.get(self.arm, ())
        rows = [self._of(run, of_arm) for run in of_arm]
        known = [row for row in rows if row is not None]
        if not known or len(known) < len(rows):
            return None
        table = 100 * np.stack(known)  # (seeds, images)
        found = estimate.mean([float(row.mean()) for row in table])
        return estimate.over_images(found, table)

    def _of(self, run: Record, runs: Sequence[Record]) -> NDArray | None:
        ours = self.way.of(run, runs)
        if ours is None or self.less is None:
            return ours
        theirs = self.less.of(run, runs)
        return None if theirs is None else ours - theirs
