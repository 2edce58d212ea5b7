"""The numbers that a run ends with, as data: each computed from its epochs alone.

So anyone can compute them again, and an experiment can say before it is run which
figures they need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

from alexnet_lib import epochs
from alexnet_lib.epochs import Epoch


@dataclass(frozen=True)
class Last:
    """A figure of the last epoch; None where the untrained network's is the last."""

    key: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The figures that it reads."""
        return (self.key,)

    def __call__(self, run: Sequence[Epoch]) -> float | None:
        """Read it off the last of a run's epochs."""
        last: dict[str, Any] = {**run[-1]}
        return last.get(self.key)


@dataclass(frozen=True)
class Gap:
    """One figure of the last epoch minus another: test error minus training error."""

    key: str
    minus: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The figures that it reads."""
        return (self.key, self.minus)

    def __call__(self, run: Sequence[Epoch]) -> float:
        """Compute the difference in the last of a run's epochs."""
        last: dict[str, Any] = {**run[-1]}
        return last[self.key] - last[self.minus]


@dataclass(frozen=True)
class EpochsTo:
    """Epochs until a figure first falls to `target`, interpolated; None if never."""

    key: str
    target: float

    @property
    def keys(self) -> tuple[str, ...]:
        """The figures that it reads."""
        return (self.key,)

    def __call__(self, run: Sequence[Epoch]) -> float | None:
        """Count the epochs that a run needed."""
        return epochs.epochs_to(run, self.key, self.target)


@dataclass(frozen=True)
class StepsTo:
    """Steps until the mean loss of `every` batches is first at or below `target`.

    The loop takes such means; the last of an epoch may be of fewer batches, and so
    noisier: neither it nor they count. None if the loss never gets there, or, where it
    is `restricted`, all steps that count: such a run would have needed more of them.
    """

    target: float
    restricted: bool = False
    every: int = 50
    keys: tuple[str, ...] = ("train_running_losses",)

    def __call__(self, run: Sequence[Epoch]) -> float | None:
        """Count the steps, in whole multiples of `every`; None of less than one."""
        losses = [
            x for epoch in run for x in epoch.get("train_running_losses", [])[:-1]
        ]
        for i, loss in enumerate(losses, start=1):
            if loss <= self.target:
                return float(i * self.every)
        return float(len(losses) * self.every) if self.restricted and losses else None


@dataclass(frozen=True)
class HalfColour:
    """Mean colour share of the first or the second `half` (0, 1) of the kernels.

    `of` their weights, or of their responses.
    """

    half: int
    of: Literal["kernel_colour", "response_colour"] = "kernel_colour"

    @property
    def keys(self) -> tuple[str, ...]:
        """The figures that it reads."""
        return (self.of,)

    def __call__(self, run: Sequence[Epoch]) -> float:
        """Compute the mean share at the end of a run."""
        return fmean(by_tower(run[-1][self.of])[self.half])


@dataclass(frozen=True)
class GreyCost:
    """Top-1 error that it costs if one half of conv1's kernels sees pictures in grey.

    Of the two halves that whose responses have less colour in them, or the `other`:
    which tower is the colour one is chance.
    """

    other: bool = False
    keys: tuple[str, ...] = (
        *("response_colour", "test_top1"),
        *("test_top1_grey_first", "test_top1_grey_second"),
    )

    def __call__(self, run: Sequence[Epoch]) -> float:
        """Compute the error so, minus the error in full colour, at the end of a run."""
        last = run[-1]
        first, second = map(fmean, by_tower(last["response_colour"]))
        in_grey = last["test_top1_grey_first"], last["test_top1_grey_second"]
        return in_grey[(second < first) != self.other] - last["test_top1"]


@dataclass(frozen=True)
class Stuck:
    """The share of a unit layer that is flat on every image, `after` so many epochs."""

    layer: str
    after: int
    keys: tuple[str, ...] = ("probe",)

    def __call__(self, run: Sequence[Epoch]) -> float:
        """The share at that epoch of a run."""
        return run[self.after]["probe"][self.layer]["stuck"]


Metric = Last | Gap | EpochsTo | StepsTo | HalfColour | GreyCost | Stuck


def by_tower(shares: list[float]) -> tuple[list[float], list[float]]:
    """`shares` of the first half of the kernels, tower 0's, and of the second.

    In a net without towers the halves are two arbitrary ones, to compare with.
    """
    middle = len(shares) // 2
    return shares[:middle], shares[middle:]
