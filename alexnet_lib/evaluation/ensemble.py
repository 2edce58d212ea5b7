"""Ensembles: several nets' probabilities, averaged with equal weights or others (§6).

Arrays of numpy, for the probabilities that runs keep: (nets, N, classes), any float.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

STEPS = np.linspace(0.0, 1.0, 21)
"""The weights that the authors' search tries (`avg-valid.py:49-71`)."""
_PASSES = 5
_SMALLEST = float(np.finfo(np.float16).smallest_subnormal)


def averaged(
    probabilities: NDArray, weights: Sequence[float] | NDArray | None = None
) -> NDArray:
    """The mean over the nets, (nets, N, classes) to (N, classes), as §6 has it.

    With `weights`, one for each net, a weighted one, as the authors' code can.
    """
    return np.average(probabilities.astype(float), axis=0, weights=weights)


def wrong(probabilities: NDArray, labels: NDArray, k: int = 1) -> NDArray:
    """Whether each label is missing among the `k` likeliest: (..., N), 0 or 1.

    Of (..., N, classes); a label that ties with others for the last places is wrong
    with the share of them that does not fit in, as in `evaluation.errors.right`.
    """
    at = np.broadcast_to(labels[:, None], (*probabilities.shape[:-1], 1))
    own = np.take_along_axis(probabilities, at, -1)
    better = (probabilities > own).sum(-1)
    tied = (probabilities == own).sum(-1)
    return 1 - np.clip((k - better) / tied, 0, 1)


def losses(probabilities: NDArray, labels: NDArray) -> NDArray:
    """Cross-entropy of each image in nats, (..., N, classes) to (..., N).

    A probability that half precision has rounded to 0 counts as its smallest number.
    """
    at = np.broadcast_to(labels[:, None], (*probabilities.shape[:-1], 1))
    own = np.take_along_axis(probabilities, at, -1)[..., 0].astype(float)
    return -np.log(np.maximum(own, _SMALLEST))


def searched_weights(probabilities: NDArray, labels: NDArray, k: int = 5) -> NDArray:
    """Weights by the authors' search for the least top-`k` error, (nets,).

    One net's weight after the other is tried at 0, .05, to 1 while the others stay, and
    the best kept, five times round at most (`avg-valid.py:49-71`). All begin at 1; of
    equally good weights the one that is there stays, or the smallest is taken. What is
    found is to be tested on other images than these.
    """
    each = probabilities.astype(float)
    weights = np.ones(len(each))
    for _ in range(_PASSES):
        before = weights.copy()
        for net in range(len(each)):
            others = np.tensordot(weights, each, 1) - weights[net] * each[net]
            tried = np.array([weights[net], *STEPS])
            sums = others + tried[:, None, None] * each[net]  # (tried, N, classes)
            weights[net] = tried[wrong(sums, labels, k).mean(-1).argmin()]
        if (weights == before).all():
            break
    return weights
