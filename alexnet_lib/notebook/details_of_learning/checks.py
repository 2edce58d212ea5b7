"""Exercises of notebook 07."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from alexnet_lib.notebook.answers import Wrong, require
from alexnet_lib.notebook.details_of_learning.schedules import drops
from alexnet_lib.notebook.exercise import Attempt, exercise


@exercise
def coasting(attempt: Attempt) -> None:
    """`attempt(momentum, share)`: steps until a velocity is at most that share.

    Of what it was, with no further gradient.
    """
    for momentum, share in ((0.9, 0.5), (0.9, 0.1), (0.5, 0.3), (0.99, 0.5)):
        exact = math.log(share) / math.log(momentum)
        right = math.ceil(exact)
        got = attempt(momentum, share, wanted=right)
        if got == right:
            continue
        words = {
            right - 1: f"after {right - 1} it is still {momentum ** (right - 1):.2f}.",
            right + 1: f"it is {momentum**right:.2f} after {right} steps already.",
            round(1 / (1 - momentum)): "1 / (1 - m) steps leave about 37 % of it.",
            -right: "the sign: both logarithms are negative.",
        }.get(got, "each step leaves `momentum` times what there was.")
        raise Wrong(
            f"Momentum {momentum:g}, share {share:g}: {right}, not {got}: {words}"
        )


@exercise
def velocity(attempt: Attempt) -> None:
    """`attempt(gradients, rates, momentum)`: the paper's velocity after all steps.

    `gradients` and `rates` are (steps,), the first step's first; no decay.
    """
    generator = torch.Generator().manual_seed(0)
    for steps, momentum in ((12, 0.9), (5, 0.5), (1, 0.9)):
        # float32, as powers of a Python number by a tensor of whole ones come in
        gradients = torch.randn(steps, generator=generator)
        rates = torch.full_like(gradients, 0.01)
        rates[steps // 2 :] /= 10
        right = torch.zeros(())
        for gradient, rate in zip(gradients, rates, strict=True):
            right = momentum * right - rate * gradient
        share = momentum ** torch.arange(steps - 1, -1, -1)
        scaled = rates * gradients
        mistakes = {
            "The last rate stands before the whole sum, as torch has it: in the paper "
            "each gradient keeps the rate of its own step.": (
                -rates[-1] * (share * gradients).sum()
            ),
            "The oldest gradient counts most: turn the powers around.": (
                -(share.flip(0) * scaled).sum()
            ),
            "It has the wrong sign: steps go against the gradient.": -right,
            "The newest gradient is multiplied by momentum already: its power is 0.": (
                momentum * right
            ),
            "It is an average; the velocity is a sum, without (1 - m).": (
                (1 - momentum) * right
            ),
            "Every gradient counts alike: the momentum is missing.": -scaled.sum(),
        }
        got = attempt(gradients, rates, momentum, wanted=right)
        otherwise = f"After {steps} steps it is {got:.5f}, not {right:.5f}."
        require(got, right, mistakes, otherwise)


@exercise
def buffer_after_a_drop(attempt: Attempt) -> None:
    """`attempt(buffer, old, new)`: torch's buffer, so that SGD goes on as the paper.

    When the rate changes from `old` to `new`.
    """
    buffer = torch.tensor([3.0, -1.0, 0.5], dtype=torch.float64)
    for old, new in ((0.01, 0.001), (0.02, 0.01)):
        right = buffer * old / new
        mistakes = {
            "The quotient is upside down: the coast has to go on as far as before, and "
            "the new rate is smaller.": buffer * new / old,
            "It is left as it was: then torch's step shrinks at once.": buffer,
            "It is the velocity itself, but the buffer is multiplied by the rate once "
            "more.": -buffer * old,
            "It forgets the past: the paper's rule coasts on.": 0 * buffer,
            "The sign: torch subtracts its buffer.": -right,
        }
        got = attempt(buffer, old, new, wanted=right)
        otherwise = f"From {old:g} to {new:g}: {_listed(got)}, not {_listed(right)}."
        require(got, right, mistakes, otherwise)


def _listed(values: Tensor) -> str:
    return ", ".join(f"{value:g}" for value in values.tolist())


def _mistaken(got: float, mistakes: Mapping[str, float]) -> str:
    """The words of the mistake whose outcome `got` is, or none."""
    found = (
        w for w, wrong in mistakes.items() if math.isclose(got, wrong, rel_tol=1e-3)
    )
    return next(found, "")


@exercise
def keeping_deviation(attempt: Attempt) -> None:
    """`attempt(fan_in)`: deviation of weights with which ReLU layers keep the size.

    That is, the mean square of what they pass on.
    """
    for fan_in in (2304, 1728, 100):
        right = math.sqrt(2 / fan_in)
        got = attempt(fan_in, wanted=0.0)
        if math.isclose(got, right, rel_tol=1e-3):
            continue
        mistakes = {
            "it forgets that a ReLU drops half of the square.": 1 / math.sqrt(fan_in),
            "that is the variance; its root is wanted.": 2 / fan_in,
            "that is one over the variance.": fan_in / 2,
            "a ReLU halves the mean square, not the deviation.": 2 / math.sqrt(fan_in),
        }
        words = _mistaken(got, mistakes) or "how large is a sum of so many products?"
        raise Wrong(f"{fan_in} inputs: {right:.4f}, not {got:.4g}: {words}")


@exercise
def dose(attempt: Attempt) -> None:
    """`attempt(rates, batches, decay, momentum)`: sum of rate x decay / (1 - m).

    Over all steps; `rates` has the rate of each epoch, of `batches` steps.
    """
    for rates, batches, decay, momentum in (
        ([0.01, 0.01, 0.001], 400, 0.0005, 0.9),
        ([0.003] * 32 + [0.0003] * 8, 391, 0.01, 0.5),
    ):
        right = batches * sum(rates) * decay / (1 - momentum)
        got = attempt(rates, batches, decay, momentum, wanted=0.0)
        if math.isclose(got, right, rel_tol=1e-3):
            continue
        at_first = rates[0] * len(rates)
        mistakes = {
            "momentum carries each step on: divide by 1 - m.": right * (1 - momentum),
            "an epoch has many steps.": right / batches,
            "the rate drops: add up the rates.": right / sum(rates) * at_first,
            "momentum makes it more, not less.": right * (1 - momentum) ** 2,
            "the rate counts too.": right / sum(rates) * len(rates),
        }
        words = _mistaken(got, mistakes) or "rate x decay of each step, over 1 - m."
        raise Wrong(f"It is {right:.4g}, not {got:.4g}: {words}")


@dataclass(frozen=True)
class _Waiting:
    """A way to wait for a plateau; the defaults are the right one."""

    by: float = 0.005
    of_last: bool = False
    resets: bool = True
    late: int = 0

    def __call__(self, errors: Sequence[float], patience: int) -> list[int]:
        """The epochs after which this way divides the rate."""
        best, waited, found = math.inf, 0, []
        for epoch, error in enumerate(errors, start=1):
            better = error <= best - self.by
            waited = 0 if better else waited + 1
            best = error if better or self.of_last else best
            if waited == patience or (not self.resets and waited > patience):
                found.append(epoch + self.late)
                waited = 0 if self.resets else waited
        return found


_WAITS = {
    "it is compared with the epoch before, not with the best so far.": _Waiting(
        of_last=True
    ),
    "after a division the wait begins anew.": _Waiting(resets=False),
    "an improvement smaller than `by` does not count.": _Waiting(by=1e-12),
    "that is an epoch late.": _Waiting(late=1),
    "that is an epoch early, or counted from 0.": _Waiting(late=-1),
}
_CURVES = (
    [0.6, 0.5, 0.503, 0.497, 0.52, 0.46, 0.459, 0.458, 0.457, 0.456, 0.47, 0.463],
    [0.5, 0.52, 0.51, 0.505, 0.515, 0.51, 0.4, 0.41, 0.405, 0.42],
    [0.9, 0.8, 0.7, 0.6, 0.5],
)


@exercise
def plateaus(attempt: Attempt) -> None:
    """`attempt(errors, patience, by)`: epochs after which the rate is divided.

    When `patience` epochs in a row have brought no minimum lower by `by` or more.
    """
    for errors in _CURVES:
        right = drops(errors, patience=3, by=0.005)
        got = attempt(errors, 3, 0.005, wanted=[1])
        if got == right:
            continue
        mistaken = (words for words, way in _WAITS.items() if got == way(errors, 3))
        words = next(mistaken, "count the epochs since the last new minimum.")
        shown = " ".join(f"{error:.3f}" for error in errors)
        raise Wrong(f"{shown}: {_epochs(right)}, not {_epochs(got)}: {words}")


def _epochs(numbers: Sequence[int]) -> str:
    return f"after {', '.join(map(str, numbers))}" if numbers else "never"


@exercise
def mean_of_an_epoch(attempt: Attempt) -> None:
    """`attempt(losses, sizes)`: mean loss of an epoch's images.

    From the mean loss of each batch and its number of images, both (batches,).
    """
    losses = torch.tensor([2.0, 1.5, 1.0, 4.0], dtype=torch.float64)
    for sizes in (torch.tensor([128, 128, 128, 80]), torch.tensor([4, 2, 6, 1])):
        right = (losses * sizes).sum() / sizes.sum()
        mistakes = {
            "Every batch counts alike, but every image should: the last has fewer.": (
                losses.mean()
            ),
            "The last batch is left out.": (
                (losses * sizes)[:-1].sum() / sizes[:-1].sum()
            ),
            "It is the sum over the images; the mean is wanted.": (
                losses * sizes
            ).sum(),
            "It is divided as if every batch were full.": (
                (losses * sizes).sum() / (len(sizes) * sizes.max())
            ),
        }
        got = attempt(losses, sizes, wanted=right)
        require(got, right, mistakes, f"It is {right:.4f}, not {got:.4f}.")
