"""Ensembles of published nets: what averaging their probabilities gains (§6, Table 2).

From the ten-view probabilities that lie beside their records. Nets count by the
jackknife, which leaves one out at a time, images by the bootstrap, which for a mean
over images needs no draws: its error is their deviation over the root of their number.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from alexnet_lib.evaluation.ensemble import averaged, losses, searched_weights, wrong
from alexnet_lib.experiments.kept import Probabilities
from alexnet_lib.experiments.plan import ErrorTerm
from alexnet_lib.ledger.estimate import Estimate, Outcome, quantile
from alexnet_lib.runs import artifacts
from alexnet_lib.runs.records import Record, Runs

Figure = Literal["top1", "loss"]
ByImage = Callable[[NDArray], NDArray]


def probabilities_of(runs: Sequence[Record]) -> tuple[NDArray, NDArray] | None:
    """Read what these runs answered: (nets, N, classes) float16, and labels (N,).

    None unless all of them kept it, of the same images.
    """
    if len({run.data["fingerprint"] for run in runs}) != 1:
        return None
    paths = [
        artifacts.path_of(run.path, Probabilities.name) for run in runs if run.path
    ]
    if len(paths) < len(runs) or not all(path.exists() for path in paths):
        return None
    kept = [artifacts.read(path) for path in paths]
    return np.stack([of["probabilities"] for of in kept]), kept[0]["labels"]


def scored(probabilities: NDArray, labels: NDArray, figure: Figure) -> NDArray:
    """By image, (..., N): wrong or not, or the cross-entropy in nats."""
    if figure == "top1":
        return wrong(probabilities, labels)
    return losses(probabilities, labels)


def of_all_sizes(probabilities: NDArray, labels: NDArray, figure: Figure) -> NDArray:
    """By the number of nets averaged, from 1 on, the mean over all choices: (nets,)."""
    nets = len(probabilities)
    return np.array(
        [_of_size(probabilities, labels, figure, n).mean() for n in range(1, nets + 1)]
    )


def _of_size(
    probabilities: NDArray, labels: NDArray, figure: Figure, size: int
) -> NDArray:
    """By image, the mean over all ensembles of `size` of these nets: (N,)."""
    chosen = itertools.combinations(range(len(probabilities)), size)
    each = [
        scored(averaged(probabilities[list(nets)]), labels, figure) for nets in chosen
    ]
    return np.mean(each, axis=0)


def estimated(probabilities: NDArray, number: ByImage, least: int) -> Estimate:
    """The mean over images of `number`, with an interval over nets and images.

    `number` makes (N,) of any of the nets' probabilities, if there are `least` of them.
    The half-widths of the two, each by Student's t, add up as squares.
    """
    by_image, nets = number(probabilities), len(probabilities)
    value, images = float(by_image.mean()), len(by_image)
    if nets <= least:
        return Estimate(value, None, None, nets)
    without = [
        number(np.delete(probabilities, net, axis=0)).mean() for net in range(nets)
    ]
    of_nets = math.sqrt((nets - 1) * np.var(without))
    of_images = float(by_image.std(ddof=1)) / math.sqrt(images)
    half = math.hypot(quantile(nets - 1) * of_nets, quantile(images - 1) * of_images)
    return Estimate(
        value,
        value - half,
        value + half,
        nets,
        nets - 1,
        over="seeds and images",
        images=images,
    )


@dataclass(frozen=True)
class EnsembleGain:
    """Gain of the mean of `nets` nets' probabilities over one net, on average.

    Of the error over ten views, or its loss: the mean over all ensembles of so many of
    `arm`'s runs, minus the mean of the runs. `factor` brings it to the claim's unit.
    """

    arm: str
    nets: int = 5
    figure: Figure = "top1"
    factor: float = 1.0

    @property
    def arms(self) -> tuple[str, ...]:
        """The arm, alone."""
        return (self.arm,)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The figure of one net."""
        return (f"test_{self.figure}_ten",)

    def __call__(self, runs: Runs, error: ErrorTerm = "pairs") -> Outcome | None:
        """The gain with its interval; None without as many runs that kept answers."""
        of_arm = runs.get(self.arm, ())
        kept = probabilities_of(of_arm) if len(of_arm) >= self.nets else None
        if kept is None:
            return None
        answers, labels = kept

        def gain(probabilities: NDArray) -> NDArray:
            of = (
                _of_size(probabilities, labels, self.figure, n) for n in (self.nets, 1)
            )
            ensemble, alone = of
            return ensemble - alone

        return _times(estimated(answers, gain, self.nets), self.factor)


@dataclass(frozen=True)
class SearchedGain:
    """Gain of weights found by the authors' search over equal ones, of all runs.

    Of the top-1 error over ten views. Searched for on every other image and tested on
    the rest, and the other way round, so that no image is tested that was searched on.
    """

    arm: str
    factor: float = 1.0
    metrics: tuple[str, ...] = ("test_top1_ten",)

    @property
    def arms(self) -> tuple[str, ...]:
        """The arm, alone."""
        return (self.arm,)

    def __call__(self, runs: Runs, error: ErrorTerm = "pairs") -> Outcome | None:
        """The gain with its interval; None without two runs that kept answers."""
        of_arm = runs.get(self.arm, ())
        kept = probabilities_of(of_arm) if len(of_arm) > 1 else None
        if kept is None:
            return None
        answers, labels = kept

        def gain(probabilities: NDArray) -> NDArray:
            searched = crossed(probabilities, labels)
            return searched - wrong(averaged(probabilities), labels)

        return _times(estimated(answers, gain, 2), self.factor)


def crossed(probabilities: NDArray, labels: NDArray, k: int = 1) -> NDArray:
    """Whether each image is wrong by weights searched for on the other half: (N,)."""
    found = np.empty(len(labels))
    even = np.arange(len(labels)) % 2 == 0
    for half in (even, ~even):
        weights = searched_weights(probabilities[:, ~half], labels[~half], k)
        weights = weights if weights.any() else np.ones(len(weights))
        found[half] = wrong(averaged(probabilities[:, half], weights), labels[half])
    return found


def _times(found: Estimate, factor: float) -> Estimate:
    """`found` in other units."""
    value, low, high = (
        None if number is None else factor * number
        for number in (found.value, found.low, found.high)
    )
    assert value is not None
    return dataclasses.replace(found, value=value, low=low, high=high)
