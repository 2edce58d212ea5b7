"""Measures of a network in training, as data: each experiment lists its own.

Each is a frozen value that names the keys of `epochs.Epoch` which it writes, so that an
experiment whose metrics read what nobody measures is refused when it is defined, not
after its training. `runs.measured` takes them. Measures change neither weights nor
random state: with others the same run ends with the same weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

When = Literal["every epoch", "at the end"]


def _errors(of: str, views: str = "") -> tuple[str, ...]:
    return tuple(f"{of}_{figure}{views}" for figure in ("top1", "top5", "loss"))


@dataclass(frozen=True)
class TestErrors:
    """Errors on the test images, seen at their centre."""

    __test__: ClassVar = False  # no test case, though its name begins like one
    when: ClassVar[When] = "every epoch"
    keys: ClassVar = _errors("test")


@dataclass(frozen=True)
class ValidationErrors:
    """Errors on the images that were cut from the training set for choosing."""

    when: ClassVar[When] = "every epoch"
    keys: ClassVar = _errors("validation")


@dataclass(frozen=True)
class TrainErrors:
    """Errors on `images` of the training images, every class in proportion.

    Seen as test images are: at their centre, dropout off.
    """

    images: int
    when: ClassVar[When] = "every epoch"
    keys: ClassVar = _errors("train")


@dataclass(frozen=True)
class TenViewErrors:
    """Errors on the test images from ten views, their answers averaged (§4.1)."""

    when: ClassVar[When] = "at the end"
    keys: ClassVar = _errors("test", "_ten")


@dataclass(frozen=True)
class ShiftedErrors:
    """Top-1 error on test images moved along a principal axis of colour (§4.1).

    Of each axis, the largest first: by `deviations` of its own, up and down, the mean
    of the two.
    """

    deviations: float
    when: ClassVar[When] = "at the end"
    keys: ClassVar = tuple(f"test_top1_shifted_{axis}" for axis in (1, 2, 3))


@dataclass(frozen=True)
class Probe:
    """Saturation and gradients on the first `images` training images."""

    images: int
    when: ClassVar[When] = "every epoch"
    keys: ClassVar = ("probe",)


@dataclass(frozen=True)
class KernelColour:
    """Share of each kernel of the first convolution that is colour (§6.1, Figure 3)."""

    when: ClassVar[When] = "at the end"
    keys: ClassVar = ("kernel_colour",)


@dataclass(frozen=True)
class ResponseColour:
    """Share of each map of the first convolution that answers to colour (§6.1).

    Of the variance over `images` of the test images, every class in proportion.
    """

    images: int
    when: ClassVar[When] = "at the end"
    keys: ClassVar = ("response_colour",)


@dataclass(frozen=True)
class GreyErrors:
    """Errors on the test images if half of conv1's kernels, or all, see them in grey.

    The first half are tower 0's. A tower that does not look at colour loses nothing by
    it: what §6.1 says of the kernels, asked of what the network does with them.
    """

    when: ClassVar[When] = "at the end"
    keys: ClassVar = tuple(
        key
        for who in ("_first", "_second", "")
        for key in _errors("test", f"_grey{who}")
    )


Measure = (
    TestErrors
    | ValidationErrors
    | TrainErrors
    | TenViewErrors
    | ShiftedErrors
    | Probe
    | KernelColour
    | ResponseColour
    | GreyErrors
)
Measures = tuple[Measure, ...]


def keys_of(measures: Sequence[Measure]) -> frozenset[str]:
    """The keys that `measures` write into an epoch, the last one's included."""
    return frozenset(key for measure in measures for key in measure.keys)
