"""Spot the bug, notebook 02: mistakes in comparing two kinds of unit."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from alexnet_lib.notebook.answers import Wrong, require
from alexnet_lib.notebook.exercise import Attempt, exercise, raising_is_told


@exercise
def independent_rates(attempt: Attempt) -> None:
    """`attempt(grid)`: each unit's rate; `grid[unit][rate]` is epochs or None."""
    grids: list[dict[str, dict[float, float | None]]] = [
        {"relu": {0.001: 6.0, 0.01: None}, "tanh": {0.001: 40.0, 0.01: 20.0}},
        {"relu": {0.001: 9.0, 0.01: 8.0}, "tanh": {0.001: 12.0, 0.01: None}},
    ]
    for grid in grids:
        rates = attempt(grid, wanted={"relu": 0.001})
        if missing := grid.keys() - rates.keys():
            raise Wrong(f"There is no rate for {' and '.join(sorted(missing))}.")
        for unit, epochs in grid.items():
            reached = {r: e for r, e in epochs.items() if e is not None}
            right, got = min(reached, key=reached.__getitem__), rates[unit]
            if got != right:
                raise Wrong(
                    f"{unit} is fastest at {right:g}, the race would run it at {got:g}."
                )


@exercise
def loss_from_logits(attempt: Attempt) -> None:
    """`attempt(logits, labels)`: mean negative log-probability of the labels."""
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(6, 10, generator=generator, dtype=torch.float64) * 3
    logits.requires_grad_()
    labels = torch.arange(6)

    def slope(loss: Tensor) -> Tensor:
        return torch.autograd.grad(loss, logits, retain_graph=True)[0]

    right = functional.cross_entropy(logits, labels)
    got = attempt(logits, labels, wanted=right)
    if not got.requires_grad:
        raise Wrong(
            "The loss has no gradient: .item(), detach() or NumPy cut it off from the "
            "logits."
        )
    mistakes = {words: slope(loss(logits, labels)) for words, loss in _LOSSES.items()}
    otherwise = "Its gradient is not probability minus truth, over the batch."
    with raising_is_told():
        found = slope(got)
    require(found, slope(right), mistakes, otherwise)
    require(got, right, otherwise="The gradient is right, but a constant is added.")


_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "The gradient is not probability minus truth. How often is the softmax taken?": (
        lambda z, y: functional.cross_entropy(z.softmax(1), y)
    ),
    "It is the sum over the batch; the mean is wanted.": (
        lambda z, y: functional.cross_entropy(z, y, reduction="sum")
    ),
    "It has the wrong sign: learning would make the labels less probable.": (
        lambda z, y: -functional.cross_entropy(z, y)
    ),
    "The logarithm is missing: it is minus the labels' mean probability.": (
        lambda z, y: functional.nll_loss(z.softmax(1), y)
    ),
    "The softmax is missing: it takes the logits for log-probabilities.": (
        lambda z, y: functional.nll_loss(z, y)
    ),
    "The softmax runs over the batch, not over the classes.": (
        lambda z, y: functional.nll_loss(z.log_softmax(0), y)
    ),
}


@exercise
def centring(attempt: Attempt) -> None:
    """`attempt(train, test)`: both minus the mean image; uint8 (N, C, H, W) in."""
    generator = torch.Generator().manual_seed(4)
    train = torch.randint(0, 200, (8, 3, 4, 4), generator=generator).byte()
    test = torch.randint(50, 250, (4, 3, 4, 4), generator=generator).byte()
    x, y = train.float(), test.float()
    mean, joint = x.mean(0), torch.cat([x, y]).mean(0)
    channels = x.mean((0, 2, 3), keepdim=True)[0]
    # What is taken away from the training images, and from the test images.
    taken = {
        "Brighter test images would come out the same: whose mean is taken?": (
            (mean, y.mean(0))
        ),
        "The training images change when the test images do: it is the mean of both.": (
            (joint, joint)
        ),
        "The mean that is taken is that of the test images.": (y.mean(0), y.mean(0)),
        "The test images are not centred.": (mean, 0 * mean),
        "One mean for all pixels is taken; the mean is an image.": (x.mean(), x.mean()),
        "One mean for each channel is taken; the mean is an image.": (
            (channels, channels)
        ),
        "The mean is added, not taken away.": (-mean, -mean),
    }
    mistakes = {words: torch.cat([x - a, y - b]) for words, (a, b) in taken.items()}
    got = attempt(train, test, wanted=(x, y))
    otherwise = "They are not the images minus the training images' mean image."
    require(torch.cat(got), torch.cat([x - mean, y - mean]), mistakes, otherwise)
