"""Spot the bug, notebook 07: mistakes in learning that raise no error."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from alexnet_lib.notebook.answers import Wrong, require
from alexnet_lib.notebook.exercise import Attempt, exercise

_MOMENTUM = 0.9


@exercise
def velocity_kept(attempt: Attempt) -> None:
    """`attempt(weight, gradients, rates)`: the weight after all steps of the paper.

    `weight` (n,), `gradients` (steps, n), a rate for each step; no decay.
    """
    generator = torch.Generator().manual_seed(5)
    weight, *gradients = torch.randn(13, 3, generator=generator, dtype=torch.float64)
    rates = [0.1] * 8 + [0.01] * 4
    right = _moved(weight, gradients, rates)
    mistakes = {
        "At the drop the velocity is lost: a new optimizer remembers nothing.": (
            _moved(weight, gradients, rates, forgets=True)
        ),
        "The rate stands outside the velocity: this is torch's rule.": (
            _moved(weight, gradients, rates, outside=True)
        ),
        "The rate never drops.": _moved(weight, gradients, [0.1] * 12),
        "There is no momentum.": _moved(weight, gradients, rates, momentum=0.0),
        "It climbs.": 2 * weight - right,
    }
    got = attempt(weight, torch.stack(gradients), rates, wanted=right)
    require(got, right, mistakes, "It is not where the paper's rule goes.")


def _moved(
    weight: Tensor,
    gradients: Sequence[Tensor],
    rates: Sequence[float],
    *,
    momentum: float = _MOMENTUM,
    forgets: bool = False,
    outside: bool = False,
) -> Tensor:
    """The weight after the steps; `forgets` at a drop, or with the rate `outside`."""
    velocity, last = torch.zeros_like(weight), rates[0]
    for gradient, rate in zip(gradients, rates, strict=True):
        if forgets and rate != last:
            velocity = torch.zeros_like(weight)
        velocity = momentum * velocity - gradient * (1 if outside else rate)
        weight = weight + velocity * (rate if outside else 1)
        last = rate
    return weight


@exercise
def decay_of_weights(attempt: Attempt) -> None:
    """`attempt(net, rate, decay)`: a `torch.optim.SGD` that decays no bias."""
    net, rate, decay = _small_net(), 0.01, 0.0005
    right = torch.optim.SGD(net.parameters(), lr=rate)
    optimizer = attempt(net, rate, decay, wanted=right)
    for name, parameter in net.named_parameters():
        groups = [
            group
            for group in optimizer.param_groups
            if any(p is parameter for p in group["params"])
        ]
        if not groups:
            raise Wrong(f"{name} is in no group: it would stay as it is.")
        (group,) = groups
        if group["lr"] != rate:
            raise Wrong(f"{name} learns at {group['lr']:g}, not at {rate:g}.")
        due = 0.0 if name.endswith(".bias") else decay
        if group["weight_decay"] != due:
            raise Wrong(
                f"{name} has a decay of {group['weight_decay']:g}, not of {due:g}."
            )


def _small_net() -> nn.Module:
    layers = {
        "conv1": nn.Conv2d(3, 4, 3),
        "debiased": nn.Linear(4, 4),
        "fc3": nn.Linear(4, 2),
    }
    return nn.ModuleDict(layers)


@exercise
def rates_by_epoch(attempt: Attempt) -> None:
    """`attempt(rate, epochs, batches, every)`: the rate of each epoch, (epochs,).

    A tenth of it after each `every` epochs, whatever the number of batches.
    """
    rate, epochs, every = 0.01, 6, 2
    for batches in (3, 7):
        right = _stepped(rate, range(epochs), every)
        mistakes = {
            "The schedule steps with every batch: it counts in epochs.": (
                _stepped(rate, range(0, epochs * batches, batches), every)
            ),
            "The rate drops an epoch early.": (
                _stepped(rate, range(1, epochs + 1), every)
            ),
            "The rate drops an epoch late.": (
                _stepped(rate, [max(0, e - 1) for e in range(epochs)], every)
            ),
            "The rate never drops.": _stepped(rate, [0] * epochs, every),
        }
        got = attempt(rate, epochs, batches, every, wanted=right)
        shown = ", ".join(f"{value:g}" for value in got.tolist())
        require(got, right, mistakes, f"The rates are {shown}.")


def _stepped(rate: float, steps: Sequence[int], every: int) -> Tensor:
    values = [rate / 10 ** (step // every) for step in steps]
    return torch.tensor(values)


@exercise
def gradient_in_parts(attempt: Attempt) -> None:
    """`attempt(w, x, y, size)`: gradient of the whole batch's mean loss, (n,).

    The batch, x (N, n) and y (N,), is looked at in parts of `size` images; the last
    may be smaller. The loss is the squared miss of `x @ w`.
    """
    generator = torch.Generator().manual_seed(6)
    x = torch.randn(10, 3, generator=generator, dtype=torch.float64)
    w, y = x[0].clone(), x @ x[1] + 1
    for size in (5, 4):
        miss = x @ w - y
        right = 2 * (miss[:, None] * x).mean(0)
        by_part = torch.stack(
            [
                2 * (m[:, None] * part).mean(0)
                for m, part in zip(miss.split(size), x.split(size), strict=True)
            ]
        )
        mistakes = {
            "The parts' mean losses are added up: it is too long by the number of "
            "parts.": by_part.sum(0),
            "Every part counts alike; the last is smaller, so its images count more.": (
                by_part.mean(0)
            ),
            "The losses of all images are added up; their mean is wanted.": (
                len(x) * right
            ),
            "Only the last part is in it.": by_part[-1],
        }
        got = attempt(w, x, y, size, wanted=right)
        require(got, right, mistakes, "It is not the gradient of the mean loss.")


@exercise
def chosen_and_reported(attempt: Attempt) -> None:
    """`attempt(validation, test)`: the epoch to keep, and the error to report.

    Both (epochs,), errors after epoch 1, 2, ...
    """
    validation = torch.tensor([0.50, 0.30, 0.24, 0.26, 0.25], dtype=torch.float64)
    test = torch.tensor([0.52, 0.33, 0.29, 0.27, 0.28], dtype=torch.float64)
    epoch, error = attempt(validation, test, wanted=(1, 0.5))
    if (epoch, error) == (3, validation[2].item()):
        raise Wrong(
            "The reported error is that by which the epoch was chosen: the lowest of "
            "five is low by luck too."
        )
    if epoch == int(test.argmin()) + 1:
        raise Wrong(
            "The epoch is chosen by the test images: nothing is left to test on."
        )
    if epoch == int(validation.argmin()):
        raise Wrong(f"Epoch {epoch} is its place counted from 0.")
    if epoch != int(validation.argmin()) + 1:
        raise Wrong(f"Epoch {epoch} has not the lowest validation error.")
    if abs(error - test.min().item()) < 1e-6:
        raise Wrong(
            "The lowest test error is of another epoch than the one that is kept."
        )
    if abs(error - test[2].item()) > 1e-6:
        raise Wrong(
            f"The test error of epoch {epoch} is {test[2]:.2f}, not {error:.2f}."
        )
