"""Spot the bug, notebook 00: mistakes that raise no error."""

from __future__ import annotations

import torch
from torch import Tensor

from alexnet_lib.notebook.answers import Wrong, require
from alexnet_lib.notebook.exercise import Attempt, exercise


@exercise
def fitted_line(attempt: Attempt) -> None:
    """`attempt(x, y, rate, steps)`: (slope, intercept) after plain descent from 0."""
    x = torch.linspace(-1, 2, 12, dtype=torch.float64)
    y = 2 * x + 1 + 0.1 * (5 * x).sin()
    right = _descended(x, y, steps=20)
    mistakes = {
        "Each step goes down the sum of all gradients so far: `backward` adds to "
        "`.grad`.": _descended(x, y, steps=20, kept=True),
        "It climbs: a step has to go against the gradient.": (
            _descended(x, y, steps=20, rate=-0.1)
        ),
        "It takes one step less.": _descended(x, y, steps=19),
        "It takes one step more.": _descended(x, y, steps=21),
        "Slope and intercept have changed places.": right.flip(0),
        "It did not move.": 0 * right,
        "It goes down the sum of the squares; their mean is wanted.": (
            _descended(x, y, steps=20, rate=0.1 * len(x))
        ),
    }
    got = attempt(x, y, 0.1, 20, wanted=right)
    otherwise = (
        f"It ends at ({got[0]:.3f}, {got[1]:.3f}), "
        f"not at ({right[0]:.3f}, {right[1]:.3f})."
    )
    require(got, right, mistakes, otherwise)


def _descended(
    x: Tensor, y: Tensor, steps: int, rate: float = 0.1, kept: bool = False
) -> Tensor:
    """The line after `steps`; with `kept` down the sum of the gradients so far."""
    line, total = torch.zeros(2, dtype=x.dtype), torch.zeros(2, dtype=x.dtype)
    for _ in range(steps):
        miss = line[0] * x + line[1] - y
        gradient = 2 * torch.stack([(miss * x).mean(), miss.mean()])
        total = total + gradient if kept else gradient
        line = line - rate * total
    return line


@exercise
def planes(attempt: Attempt) -> None:
    """`attempt(photograph)`: (H, W, 3) as files hold it to torch's (3, H, W)."""
    for height, width in ((4, 4), (3, 5)):
        shape = height, width, 3
        photograph = torch.arange(height * width * 3.0).reshape(shape)
        right = photograph.permute(2, 0, 1)
        mistakes = {
            "Every number is there, but pixels and colours are mixed: `reshape` and "
            "`view` read the numbers in the same order, they move no axis.": (
                photograph.reshape(right.shape)
            ),
            "Red has become blue: the colours stand in reverse.": right.flip(0),
        }
        if height == width:
            mistakes["Rows and columns have changed places."] = right.mT
        got = attempt(photograph, wanted=right)
        require(got, right, mistakes, "It is not the photograph, plane by plane.")


@exercise
def dropout(attempt: Attempt) -> None:
    """`attempt(x, training)`: leave out half in training, nothing when tested.

    On average a unit must say the same in both.
    """
    x = torch.ones(100, 100)
    tested = attempt(x, False, wanted=x)
    if tested.unique().numel() > 1:
        raise Wrong("When tested it still leaves units out: all of them are wanted.")
    runs = [attempt(x, True, wanted=x) for _ in range(2)]
    off = (runs[0] == 0).double().mean().item()
    if not 0.45 < off < 0.55:
        raise Wrong(f"In training {off:.0%} of the units are left out, not half.")
    if torch.equal(*runs):
        raise Wrong("Every call leaves out the same units: draw anew.")
    if runs[0].unique().numel() > 2:
        raise Wrong("A unit that stays is not multiplied by one constant.")
    if any((runs[0] == 0).all(axis).any() for axis in (0, 1)):
        raise Wrong("Whole rows or columns are left out: draw for each unit by itself.")
    trained, whole = (y.double().mean().item() for y in (runs[0], tested))
    if abs(trained - whole) > 0.1 * whole:
        raise Wrong(
            f"On average a unit says {trained:.1f} in training and {whole:.1f} when "
            "tested: the next layer meets sums that it has never seen."
        )
