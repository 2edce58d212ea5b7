"""Exercises of notebook 00."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from alexnet_lib.nets.shapes import window_count
from alexnet_lib.notebook.answers import Wrong, require
from alexnet_lib.notebook.building_blocks.measures import gradient_of_one_output
from alexnet_lib.notebook.exercise import Attempt, exercise


@exercise
def slide(attempt: Attempt) -> None:
    """`attempt(image, kernel)`: the kernel over every window that lies inside."""
    generator = torch.Generator().manual_seed(0)
    for height, width, size in ((7, 7, 3), (6, 9, 2), (5, 8, 5)):
        image = torch.randn(height, width, generator=generator)
        kernel = torch.randn(size, size, generator=generator)
        right = _slid(image, kernel)
        mistakes = {
            "The kernel is turned upside down: lay it on the window as it is.": (
                _slid(image, kernel.flip(0, 1))
            ),
            "Rows and columns of the kernel have changed places.": (
                _slid(image, kernel.T)
            ),
            "It takes the mean of the products; their sum is wanted.": right / size**2,
            "It sums the window alone: multiply it by the kernel, number by number.": (
                _slid(image, torch.ones_like(kernel))
            ),
            "Only one output is filled: does `return` stand inside the loop?": (
                torch.zeros_like(right).index_put(_FIRST, right[_FIRST])
            ),
        }
        got = attempt(image, kernel, wanted=right)
        y, x = divmod(int((got - right).abs().argmax()), right.shape[1])
        otherwise = (
            f"At row {y}, column {x} it is {got[y, x]:.2f}, not {right[y, x]:.2f}."
        )
        require(got, right, mistakes, otherwise)


_FIRST = (torch.tensor(0), torch.tensor(0))


def _slid(image: Tensor, kernel: Tensor) -> Tensor:
    return functional.conv2d(image[None, None], kernel[None, None])[0, 0]


@exercise
def output_side(attempt: Attempt) -> None:
    """`attempt(side, size, stride, padding)`: how many outputs along a side."""
    cases = ((32, 5, 1, 0), (7, 3, 2, 0), (227, 11, 4, 0), (32, 5, 1, 2))
    for side, size, stride, padding in (*cases, (224, 11, 4, 2), (10, 3, 2, 1)):
        right = window_count(side, size, stride, padding)
        asked = f"{side} pixels, kernel {size}, stride {stride}, padding {padding}: "
        steps = (side + 2 * padding - size) / stride
        got = attempt(side, size, stride, padding, wanted=0.0)
        if got == right:
            continue
        hangs_over = "a window that hangs over does not count: round down."
        words = {
            steps + 1: hangs_over,
            math.ceil(steps) + 1.0: hangs_over,
            right - 1.0: "the first window counts too.",
            float(window_count(side, size, stride, 0)): "the padding is forgotten.",
            (side + padding - size) // stride + 1.0: "there are zeros at both ends.",
        }.get(got, "how often can the kernel step before it leaves the row?")
        raise Wrong(f"{asked}{right} outputs, not {got:g}: {words}")


@exercise
def parameters(attempt: Attempt) -> None:
    """`attempt(channels, side, maps, size)`: of a convolution, of a full layer.

    Both take (channels, side, side) and give (maps, side, side), with biases.
    """
    for case in ((3, 32, 8, 5), (1, 6, 4, 3), (8, 16, 2, 1)):
        channels, side, maps, size = case
        outputs = maps * side**2
        right = maps * (channels * size**2 + 1), outputs * (channels * side**2 + 1)
        got = attempt(*case, wanted=right)
        asked = f"{channels} channels of {side}x{side}, {maps} maps, {size}x{size}: "
        if got == right[::-1]:
            raise Wrong(
                f"{asked}the two have changed places, the convolution is first."
            )
        for name, mine, due, words in (
            ("convolution", got[0], right[0], _miscounted_convolution(*case)),
            ("fully connected", got[1], right[1], _miscounted_full(*case)),
        ):
            if mine != due:
                said = words.get(mine, "a number for each product, and the biases.")
                raise Wrong(f"{asked}{name} {due}, not {mine}: {said}")


def _miscounted_convolution(
    channels: int, side: int, maps: int, size: int
) -> dict[int, str]:
    """Name the mistake behind a wrong count, by the count."""
    window = channels * size**2
    return {
        maps * window: "the biases are forgotten, one a map.",
        maps * window + 1: "each map has a bias of its own.",
        maps * (size**2 + 1): "a kernel is as deep as its input has channels.",
        window + 1: "each map has a kernel of its own.",
        maps * (window + side**2): "the bias is shared by all places of a map.",
        maps * side**2 * (window + 1): "the weights are shared by all places.",
    }


def _miscounted_full(channels: int, side: int, maps: int, size: int) -> dict[int, str]:
    """Name the mistake behind a wrong count, by the count."""
    inputs, outputs = channels * side**2, maps * side**2
    return {
        outputs * inputs: "the biases are forgotten, one an output.",
        maps * (inputs + 1): "every place of every map is an output.",
        outputs * (side**2 + 1): "every channel has its inputs.",
        outputs * (channels * size**2 + 1): "an output looks at every input.",
    }


@exercise
def receptive_field(attempt: Attempt) -> None:
    """`attempt(layers)`: pixels along a side that one output sees.

    `layers` are (kernel size, stride) from the first to the last.
    """
    stacks = [[(3, 1)], [(3, 1), (3, 1)], [(5, 1), (3, 1), (3, 1)]]
    for stack in [*stacks, [(3, 2), (3, 1)], [(5, 2), (3, 2), (3, 1)]]:
        seen = gradient_of_one_output(stack, side=60)
        right = int((seen.sum(0) != 0).sum())
        got = attempt(stack, wanted=right)
        if got == right:
            continue
        words = {
            sum(size for size, _ in stack): (
                "neighbouring windows overlap: a layer adds less than its size."
            ),
            1 + sum(size - 1 for size, _ in stack): (
                "after a stride of 2 one step is two pixels of the input."
            ),
            1 + sum((size - 1) * stride for size, stride in stack): (
                "a layer's own stride comes after its window: it widens later layers."
            ),
            stack[-1][0]: "that is the last kernel, on maps; count pixels.",
        }.get(got, "start from one output and go back, layer by layer.")
        raise Wrong(f"{stack} sees {right} pixels, not {got}: {words}")


@exercise
def cross_entropy(attempt: Attempt) -> None:
    """`attempt(scores, labels)`: mean of minus the log of the label's softmax."""
    generator = torch.Generator().manual_seed(1)
    scores = 3 * torch.randn(6, 4, generator=generator, dtype=torch.float64)
    labels = torch.tensor([0, 3, 1, 1, 2, 0])
    logs = scores.log_softmax(1)
    right = functional.nll_loss(logs, labels)
    mistakes = {
        "It is the sum over the images; the mean is wanted.": 6 * right,
        "It has the wrong sign: a logarithm of a probability is negative.": -right,
        "The logarithm is missing: it is minus the mean probability.": (
            -logs.exp()[range(6), labels].mean()
        ),
        "The softmax is missing: scores are no probabilities.": (
            functional.nll_loss(scores, labels)
        ),
        "The softmax runs over the images, not over the classes.": (
            functional.nll_loss(scores.log_softmax(0), labels)
        ),
        "It counts all classes; only the label's probability matters.": -logs.mean(),
        "The softmax is taken twice.": functional.cross_entropy(logs.exp(), labels),
    }
    got = attempt(scores, labels, wanted=right)
    require(got, right, mistakes, f"It is {got:.3f}, not {right:.3f}.")
