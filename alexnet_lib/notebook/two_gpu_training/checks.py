"""Exercises of notebook 05."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from alexnet_lib.nets.shapes import window_count
from alexnet_lib.notebook.answers import Wrong, close, require
from alexnet_lib.notebook.exercise import Attempt, exercise


def drawn(seed: int, *shape: int) -> Tensor:
    """Normal values in float64, the same for a seed."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@exercise
def positions_along_a_side(attempt: Attempt) -> None:
    """`attempt(side, kernel, stride, padding, ceil)`: positions of a window."""
    cases = [(224, 11, 4, 0), (227, 11, 4, 0), (224, 11, 4, 2), (27, 5, 1, 2)]
    for case in [*cases, (55, 3, 2, 0), (32, 3, 2, 0)]:
        side, kernel, stride, padding = case
        for ceil in (False, True):
            right = window_count(*case, "ceil" if ceil else "floor")
            got = attempt(*case, ceil, wanted=right)
            if got == right:
                continue
            asked = (
                f"{side} pixels, kernel {kernel}, stride {stride}, padding {padding}, "
                f"{'ceil' if ceil else 'floor'}: {right} positions, not {got}."
            )
            if ceil and got == window_count(*case, "floor"):
                raise Wrong(f"{asked} The last window may hang over.")
            if padding and got == (side + padding - kernel) // stride + 1:
                raise Wrong(f"{asked} Padding is on both sides.")
            if not ceil and got == right - 1:
                raise Wrong(f"{asked} The first window counts too.")
            raise Wrong(asked)


class _WithoutGroups(TorchFunctionMode):
    """Refuses convolutions in groups while it is active."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func is torch.conv2d and (*args[6:7], kwargs.get("groups", 1), 1)[0] != 1:
            raise Wrong("It is to be made of two calls without `groups`.")
        return func(*args, **kwargs)


@exercise
def convolution_in_two_groups(attempt: Attempt) -> None:
    """`attempt(x, weight, bias)`: `conv2d(..., padding=1, groups=2)` from two halves.

    Any call with `groups` is refused.
    """
    x, weight, bias = drawn(1, 2, 6, 5, 5), drawn(2, 8, 3, 3, 3), drawn(3, 8)
    right = functional.conv2d(x, weight, bias, padding=1, groups=2)
    with _WithoutGroups():
        got = attempt(x, weight, bias, wanted=right)
    crossed = x.roll(3, dims=1)
    mistakes = {
        "Each half of the kernels reads the other tower's maps.": functional.conv2d(
            crossed, weight, bias, padding=1, groups=2
        ),
        "The biases are missing.": right - bias[:, None, None],
        "Right maps, but the towers take turns: tower 0's come first.": (
            right.unflatten(1, (2, 4)).transpose(1, 2).flatten(1, 2)
        ),
        "Tower 1's maps come first; tower 0's are wanted first.": right.roll(4, dims=1),
    }
    otherwise = ""
    if close(got[:, :4], right[:, :4]):
        otherwise = "Tower 0's maps are right, tower 1's are not."
    require(got, right, mistakes, otherwise)


@exercise
def conv3_while_waiting(attempt: Attempt) -> None:
    """`attempt(own, other, weight, bias, tower)`: a tower's conv3, in two parts.

    `weight` (maps, all input maps, 3, 3), tower 0's inputs first; padding 1.
    """
    maps, bias = drawn(4, 2, 6, 5, 5), drawn(6, 4)
    weight = drawn(5, 4, 6, 3, 3)
    right = functional.conv2d(maps, weight, bias, padding=1)
    halves = maps.chunk(2, dim=1)
    mistakes = {
        "The bias is added once, not with each part.": right + bias[:, None, None],
        "The bias is missing.": right - bias[:, None, None],
    }
    for tower in (0, 1):
        pair = halves[tower], halves[1 - tower]
        got = attempt(*pair, weight, bias, tower, wanted=right)
        otherwise = f"Tower 0 is off by up to {(got - right).abs().max():.2f}."
        if tower:
            otherwise = (
                "Right in tower 0, wrong in tower 1: there the tower's own maps are "
                "the second half of the kernels' inputs."
            )
        require(got, right, mistakes, otherwise)


@exercise
def bytes_before_a_layer(attempt: Attempt) -> None:
    """`attempt(shape, batch, towers, size)`: bytes a tower sends, forward.

    `shape` is that of all towers' maps together; `size` is bytes per value.
    """
    for maps, side, batch, towers, size in (
        (256, 13, 128, 2, 4),
        (256, 6, 128, 2, 2),
        (96, 27, 64, 4, 4),
    ):
        whole = maps * side * side * batch * size
        right = whole // towers * (towers - 1)
        got = attempt((maps, side, side), batch, towers, size, wanted=right)
        if got == right:
            continue
        asked = f"{maps} x {side} x {side}, batch {batch}, {towers} towers"
        if got == whole:
            raise Wrong(f"{asked}: a tower sends its own part, not all maps.")
        if got == whole // towers:
            raise Wrong(f"{asked}: every other tower gets a copy, not only one.")
        if got * batch == right:
            raise Wrong(f"{asked}: that is for one image.")
        raise Wrong(f"{asked}: {right:,} bytes, not {got:,}.")


@exercise
def two_layers_one_sum(attempt: Attempt) -> None:
    """`attempt(x, first, second, bias)`: `relu(x @ W1.T) @ W2.T + bias` from halves.

    `first` are the halves of W1 along its outputs, `second` those of W2 along its
    inputs, `bias` that of the second layer.
    """
    x, w1, w2, bias = drawn(7, 3, 10), drawn(8, 8, 10), drawn(9, 6, 8), drawn(10, 6)
    right = torch.relu(x @ w1.T) @ w2.T + bias
    first, second = w1.chunk(2, dim=0), w2.chunk(2, dim=1)
    mistakes = {
        "Both towers add the bias: it counts twice in the sum.": right + bias,
        "The bias is missing.": right - bias,
        "The rectifier between the layers is missing.": x @ w1.T @ w2.T + bias,
        "A second rectifier, after the sum, is one too many.": right.relu(),
    }
    require(attempt(x, first, second, bias, wanted=right), right, mistakes)
