"""Spot the bug, notebook 04: mistakes in copies of the pooling."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from alexnet_lib.nets.ablations import without_overlap
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.layers import Pool
from alexnet_lib.nets.shapes import layers_of
from alexnet_lib.notebook.answers import Wrong, close, require
from alexnet_lib.notebook.exercise import Attempt, exercise
from alexnet_lib.notebook.overlapping_pooling.windows import OVERLAPPING, pooled

_AVERAGE = Pool("average", 3, 2)
_ONE_OFF = (
    "Your first window begins at pixel -1, so that it sees two pixels of a side, and "
    "all the others lie one off."
)


def _noise(seed: int, height: int, width: int) -> Tensor:
    """Make a picture of independent noise, (1, 2, height, width)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, 2, height, width, generator=generator)


@exercise
def cifar_pooling(attempt: Attempt) -> None:
    """`attempt(x)`: max pooling 3/2 of (N, C, H, W) that sees every pixel."""
    x = _noise(11, 32, 32)
    right = pooled(x, OVERLAPPING)
    got = attempt(x, wanted=right, sides=False)
    if got.shape != right.shape:
        edge = x.clone()
        edge[..., -1] += 100
        unseen = close(attempt(edge, wanted=right, sides=False), got)
        blind = " The last column of pixels may be anything: you never look at it."
        raise Wrong(
            f"32 pixels give {right.shape[-1]} outputs, yours are {got.shape[-1]}."
            + (blind if unseen else "")
        )
    mistakes = {_ONE_OFF: functional.max_pool2d(x, 3, 2, padding=1)}
    require(got, right, mistakes, "The size is right, the maxima are not.")


@exercise
def alexnet_pooling(attempt: Attempt) -> None:
    """`attempt(x)`: max pooling 3/2 of (N, C, H, W), the first window at pixel 0."""
    for side in (32, 55):
        x = _noise(12, side, side)
        right = pooled(x, OVERLAPPING)
        got = attempt(x, wanted=right, sides=False)
        outputs = f"{right.shape[-1]} outputs, yours {got.shape[-1]}."
        if close(got, functional.max_pool2d(x, 3, 2, padding=1)):
            raise Wrong(f"{side} pixels give {outputs} {_ONE_OFF}")
        if got.shape != right.shape:
            raise Wrong(f"{side} pixels give {outputs}")
        words = f"At {side} pixels it is not the maximum of the windows."
        require(got, right, otherwise=words)


@exercise
def average_pooling(attempt: Attempt) -> None:
    """`attempt(x)`: average pooling 3/2 of (N, C, H, W), over the pixels there are."""
    flat = torch.ones(1, 2, 8, 8)
    got = attempt(flat, wanted=flat, sides=False)
    if got.shape[2:] != (4, 4):
        raise Wrong(f"8 pixels give 4 outputs, yours are {got.shape[-1]}.")
    if close(got, functional.avg_pool2d(flat, 3, 2, padding=1)):
        raise Wrong(_ONE_OFF)
    if not close(got, torch.ones(1, 2, 4, 4)):
        raise Wrong(
            f"The average of a picture of ones is {got[0, 0, 0, -1]:.2f} at the right "
            f"edge and {got[0, 0, -1, -1]:.2f} in the corner. By what do you divide?"
        )
    for height, width in ((8, 8), (9, 8)):
        x = _noise(13, height, width)
        right = pooled(x, _AVERAGE)
        got = attempt(x, wanted=x, sides=False)
        moved = functional.avg_pool2d(x, 3, 2, padding=1, count_include_pad=False)
        if close(got, moved):
            raise Wrong(_ONE_OFF)
        if got.shape != right.shape:
            asked = (
                f"{height} x {width} pixels give {right.shape[2]} x {right.shape[3]}"
            )
            raise Wrong(f"{asked} outputs, yours {got.shape[2]} x {got.shape[3]}.")
        words = "Ones stay ones, but of other pictures it is not the average."
        require(got, right, otherwise=words)


@exercise
def equal_dimensions(attempt: Attempt) -> None:
    """`attempt(network)`: AlexNet with 2/2 pooling, a fair partner to `network`."""
    network = alexnet()
    got = attempt(network, wanted=network)
    if any(isinstance(x, Pool) and (x.size, x.stride) != (2, 2) for x in got.layers):
        raise Wrong("Not every pooling is 2/2.")
    try:
        placed = layers_of(got)
    except ValueError as error:
        raise Wrong(f"Such a net cannot be built: {error}.") from None
    ours, theirs = (total(count(n)).parameters for n in (network, got))
    if ours != theirs:
        side = [p.output_shape[1] for p in placed if isinstance(p.layer, Pool)]
        maps = f"fc6 now reads {side[-1]}x{side[-1]} maps, and the" if side else "The"
        raise Wrong(
            f"{maps} net has {theirs:,} parameters against {ours:,}. The paper "
            "compared nets of equal dimensions."
        )
    kinds = [type(layer) for layer in without_overlap(network).layers]
    if [type(layer) for layer in got.layers] != kinds:
        raise Wrong("The parameters agree, but it no longer has the same layers.")
