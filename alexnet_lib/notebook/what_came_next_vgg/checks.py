"""Exercises of notebook 09."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from alexnet_lib.nets.vgg import vgg
from alexnet_lib.notebook.answers import Wrong, close, require
from alexnet_lib.notebook.exercise import Attempt, exercise
from alexnet_lib.notebook.what_came_next_vgg.costs import places
from alexnet_lib.notebook.what_came_next_vgg.stacks import weights


def _noise(*shape: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@exercise
def stack_weights(attempt: Attempt) -> None:
    """`attempt(kernels, maps)`: weights of a stack, each layer from maps to maps."""
    for kernels, maps in (([7], 3), ([3, 3, 3], 64), ([5], 10), ([3, 1], 16)):
        right = weights(kernels, maps)
        got = attempt(kernels, maps, wanted=right)
        if got == right:
            continue
        asked = f"Kernels {kernels} on {maps} maps have {right:,} weights, not {got:,}."
        if got == right // maps:
            raise Wrong(f"{asked} A kernel is as deep as its input has maps.")
        if got == right // maps**2:
            raise Wrong(f"{asked} How many kernels are there, and how deep is each?")
        if got == right + len(kernels) * maps:
            raise Wrong(f"{asked} Biases are not to be counted here.")
        if got == sum(kernels) * maps**2:
            raise Wrong(f"{asked} A kernel of 3 has 3 x 3 places.")
        raise Wrong(asked)


@exercise
def places_along_a_side(attempt: Attempt) -> None:
    """`attempt(side)`: places along a side of VGG's score map, `side` % 32 == 0."""
    for side in (224, 256, 384, 512):
        right, got = places(vgg("A"), side), attempt(side, wanted=1)
        if got == right:
            continue
        asked = f"An image of {side} pixels has {right} places a side, not {got}."
        if got == side // 32:
            raise Wrong(f"{asked} Those are pool5's; then comes a kernel of 7.")
        if got == right - 1:
            raise Wrong(f"{asked} The first place counts too.")
        if got == side - 224 + 1:
            raise Wrong(f"{asked} Two neighbouring places are not one pixel apart.")
        raise Wrong(asked)


@exercise
def connected_on_maps(attempt: Attempt) -> None:
    """`attempt(maps, weight, bias)`: a fully connected layer at each place of maps.

    `maps` (B, C, H, W), `weight` (units, C * 4 * 4), `bias` (units,); (B, units, H - 3,
    W - 3) comes back.
    """
    weight, bias = _noise(5, 3 * 4 * 4), _noise(5, seed=2)
    kernel = weight.view(5, 3, 4, 4)
    for height, width in ((4, 4), (7, 6)):
        maps = _noise(2, 3, height, width, seed=3)
        right = functional.conv2d(maps, kernel, bias)
        got = attempt(maps, weight, bias, wanted=right)
        channels_last = weight.view(5, 4, 4, 3).permute(0, 3, 1, 2)
        mistakes = {
            "It is right without its bias.": functional.conv2d(maps, kernel),
            "The weights of a unit lie map by map, C first: `view(units, C, 4, 4)`.": (
                functional.conv2d(maps, channels_last, bias)
            ),
            "The kernel stands on its head: conv2d does not turn it, nor must you.": (
                functional.conv2d(maps, kernel.flip(2, 3), bias)
            ),
        }
        words = f"On maps of {height} x {width} it is another number at some place."
        require(got, right, mistakes, words)


@exercise
def dense_answer(attempt: Attempt) -> None:
    """`attempt(scores)`: (B, classes, H, W) to the probabilities (B, classes)."""
    scores = 3 * _noise(4, 6, 2, 5)
    right = scores.mean((2, 3)).softmax(1)
    got = attempt(scores, wanted=right)
    mistakes = {
        "These are means of probabilities. The paper averages the scores and takes the "
        "softmax of the means.": scores.softmax(1).mean((2, 3)),
        "These are scores: the softmax is missing.": scores.mean((2, 3)),
        "These are sums over the places. With them the answer is the surer, the larger "
        "the image is.": scores.sum((2, 3)).softmax(1),
        "The softmax is over the images, not over the classes.": (
            scores.mean((2, 3)).softmax(0)
        ),
        "This is the best place for each class, not the mean of all.": (
            scores.amax((2, 3)).softmax(1)
        ),
    }
    require(got, right, mistakes)


@exercise
def composed(attempt: Attempt) -> None:
    """`attempt(first, second)`: the 5x5 kernel that two 3x3 are, without a unit.

    `first` (2, 3, 3, 3) runs before `second` (4, 2, 3, 3): (4, 3, 5, 5).
    """
    first, second = _noise(2, 3, 3, 3).float(), _noise(4, 2, 3, 3, seed=2).float()
    x = _noise(1, 3, 9, 9, seed=3).float()
    got = attempt(first, second, wanted=torch.zeros(4, 3, 5, 5)).float()
    right = functional.conv2d(functional.conv2d(x, first), second)
    if close(functional.conv2d(x, got), right):
        return
    if close(functional.conv2d(x, got.flip(2, 3)), right):
        raise Wrong("Your kernel is the right one, turned by half a turn.")
    padded = functional.pad(second, (1, 1, 1, 1))
    if close(got, torch.einsum("oikl,ic->ockl", padded, first.sum((2, 3)))):
        raise Wrong("Each place of `first` counts at a place of its own: shift it.")
    raise Wrong(
        "It is not what the two give one after the other. Where does the product of "
        "first[.., a, b] and second[.., c, d] look?"
    )
