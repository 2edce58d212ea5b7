"""The figures of a run after each of its epochs.

One vocabulary for errors, as keys: of which images, which figure, from which views.
`train_running_*`: the epoch's batches as they were trained on, crops, dropout and all;
`train_*`: training images seen as test images are; `test_*`: the test images;
`validation_*`: images cut from the training set, where the data have them. `top1` and
`top5` are fractions wrong, `loss` mean cross-entropy in nats; from the centre, or with
`_ten` from ten views; `_shifted_1` to `_3`: colours moved along a principal axis; with
`_grey` of pictures without colour, which only one half of the first layer's kernels
sees so where `_first` or `_second` follows.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict


class Epoch(TypedDict, total=False):
    """The figures after one epoch; number 0 is the untrained network.

    The loop writes the first group, measures (`runs.measured`) the others.
    """

    epoch: int
    learning_rate: float
    train_running_loss: float
    train_running_top1: float
    train_running_losses: list[float]
    """Mean loss of every 50 batches, the last of what is left over."""
    seconds: float
    images_per_second: float
    measure_seconds: float

    test_top1: float
    test_top5: float
    test_loss: float
    test_top1_ten: float
    test_top5_ten: float
    test_loss_ten: float
    test_top1_shifted_1: float
    test_top1_shifted_2: float
    test_top1_shifted_3: float
    validation_top1: float
    validation_top5: float
    validation_loss: float
    train_top1: float
    train_top5: float
    train_loss: float

    probe: dict[str, dict[str, float]]
    """By layer, see `evaluation.probe.probe`."""
    kernel_colour: list[float]
    """By kernel of the first layer, see `evaluation.colour.colour_shares`."""
    response_colour: list[float]
    """By map of the first layer, see `evaluation.colour.response_shares`."""
    test_top1_grey_first: float
    test_top5_grey_first: float
    test_loss_grey_first: float
    test_top1_grey_second: float
    test_top5_grey_second: float
    test_loss_grey_second: float
    test_top1_grey: float
    test_top5_grey: float
    test_loss_grey: float


Epochs = list[Epoch]

LOOP_KEYS = frozenset(
    {
        *("epoch", "learning_rate", "seconds", "images_per_second", "measure_seconds"),
        *("train_running_loss", "train_running_top1", "train_running_losses"),
    }
)
"""What every epoch holds, whatever is measured; number 0 has no running figures."""


def points(epochs: Sequence[Mapping[str, Any]], key: str) -> list[tuple[int, float]]:
    """(epoch, value) of every epoch that has `key`, in order."""
    return [(e["epoch"], e[key]) for e in epochs if key in e]


def epochs_to(
    epochs: Sequence[Mapping[str, Any]], key: str, target: float
) -> float | None:
    """Epochs until `key` first falls to `target`, interpolated; None if never.

    Linear between the two epochs around the crossing. An epoch without the key
    (the untrained network has no error over trained batches) is left out.
    """
    curve = points(epochs, key)
    for (e0, y0), (e1, y1) in itertools.pairwise(curve):
        if y1 <= target < y0:
            return e0 + (y0 - target) / (y0 - y1) * (e1 - e0)
    if curve and curve[0][1] <= target:
        return float(curve[0][0])
    return None
