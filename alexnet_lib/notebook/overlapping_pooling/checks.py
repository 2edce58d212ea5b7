"""Exercises of notebook 04."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from alexnet_lib.nets.ablations import with_disjoint_pools, without_overlap
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.layers import Conv, Pool
from alexnet_lib.nets.network import NetworkConfig, changed
from alexnet_lib.nets.shapes import layers_of
from alexnet_lib.notebook.exercise import Wrong, exercise
from alexnet_lib.notebook.overlapping_pooling.windows import (
    coverage,
    floored,
    pooled,
    windows,
)

OVERLAPPING = Pool("max", 3, 2)


@exercise
def pooled_side(attempt: Callable[[int, int, int], int]) -> None:
    """`attempt(side, size, stride)`: outputs along a side, the last window may hang."""
    for side, size, stride in (
        (55, 3, 2),
        (32, 3, 2),
        (13, 2, 2),
        (2, 5, 2),
        (9, 5, 3),
    ):
        right, got = len(windows(side, size, stride)), attempt(side, size, stride)
        if got == right:
            continue
        asked = f"{size}/{stride} over {side} pixels gives {right} windows, not {got}."
        if side < size:
            raise Wrong(f"{asked} One window is always there, however it hangs over.")
        if got == floored(side, size, stride):
            last = (got - 1) * stride + size
            raise Wrong(f"{asked} Pixels from {last} on are seen by none of yours.")
        if got == right - 1:
            raise Wrong(f"{asked} The first window counts too.")
        raise Wrong(asked)


@exercise
def windows_per_pixel(attempt: Callable[[int, int, int], Sequence[int]]) -> None:
    """`attempt(side, size, stride)`: how many windows see each pixel along a side."""
    for side, size, stride in ((8, 2, 2), (7, 3, 2), (8, 3, 2), (13, 5, 3), (11, 4, 1)):
        right = coverage(side, size, stride).tolist()
        got = [int(n) for n in attempt(side, size, stride)]
        if got == right:
            continue
        asked = f"For {size}/{stride} over {side} pixels"
        if len(got) != side:
            raise Wrong(f"{asked} there are {side} counts, yours are {len(got)}.")
        if 0 in got:
            raise Wrong(
                f"{asked} pixel {got.index(0)} is seen by none: is a window lost?"
            )
        wrong = next(i for i in range(side) if got[i] != right[i])
        raise Wrong(
            f"{asked} pixel {wrong} is seen by {right[wrong]}, not {got[wrong]}."
        )


Paddings = dict[str, int]


@exercise
def same_size_with_2_2(attempt: Callable[[], tuple[Paddings, Paddings]]) -> None:
    """`attempt()`: two answers, #147's and one that changes a single layer.

    Each is the paddings of conv2 to conv5 by name; 2/2 pooling then ends with 6x6
    maps. Those not named keep theirs.
    """
    answers = attempt()
    if not isinstance(answers, tuple | list) or len(answers) != 2:
        raise Wrong("Return two dictionaries: that of #147, and another.")
    for which, paddings in zip(("first", "second"), answers, strict=True):
        _assert_ends_with_6(paddings, f"The {which} answer")
    apart = with_disjoint_pools(alexnet())
    if _with_paddings(apart, answers[0]) != without_overlap(alexnet()):
        raise Wrong("The first ends with 6x6 maps too, but #147 changes other layers.")
    convs = {p.name: p.layer for p in layers_of(apart) if isinstance(p.layer, Conv)}
    other = [name for name, value in answers[1].items() if value != convs[name].padding]
    if len(other) != 1:
        raise Wrong(f"The second changes {' and '.join(other)}: one layer is enough.")


def _assert_ends_with_6(paddings: Paddings, which: str) -> None:
    names = [f"conv{i}" for i in range(2, 6)]
    if unknown := set(paddings) - set(names):
        raise Wrong(
            f"{which}: not among {', '.join(names)}: {', '.join(sorted(unknown))}."
        )
    network = _with_paddings(with_disjoint_pools(alexnet()), paddings)
    try:
        placed = layers_of(network)
    except ValueError as error:
        raise Wrong(f"{which}: the maps run out, {error}.") from None
    maps = [p.output_shape[1] for p in placed if isinstance(p.layer, Conv | Pool)]
    if maps[-1] != 6:
        route = ", ".join(map(str, maps))
        raise Wrong(f"{which}: sides go {route}: the last should be 6.")


def _with_paddings(network: NetworkConfig, paddings: Paddings) -> NetworkConfig:
    for name, padding in paddings.items():
        number = int(name.removeprefix("conv"))
        network = changed(network, Conv, numbers=(number,), padding=padding)
    return network


@exercise
def gradient_to_all(attempt: Callable[[Tensor, Tensor, int, int], Tensor]) -> None:
    """`attempt(x, g, size, stride)`: max pooling backwards as in 2012, ties all paid.

    `x` (H, W), `g` the gradient of the outputs; returns (H, W).
    """
    generator = torch.Generator().manual_seed(10)
    cases = [(torch.randn(9, 8, generator=generator), 3), (torch.zeros(5, 5), 3)]
    cases += [
        (torch.randint(0, 3, (8, 8), generator=generator).float(), n) for n in (3, 2)
    ]
    for x, size in cases:
        right_shape = pooled(x[None, None], Pool("max", size, 2))[0, 0].shape
        g = torch.rand(right_shape, generator=generator) + 0.5
        right, got = _paid_to_all(x, g, size, 2), attempt(x, g, size, 2)
        if got.shape != x.shape:
            raise Wrong(
                f"The gradient is one of x, {tuple(x.shape)}: {tuple(got.shape)}."
            )
        if torch.allclose(got, right, atol=1e-6):
            continue
        ties = "Without ties" if x.unique().numel() == x.numel() else "With ties"
        if ties == "With ties" and torch.allclose(got.sum(), g.sum(), rtol=1e-5):
            raise Wrong(
                "Each window hands on its gradient once: to one of the tied or in "
                "shares. In 2012 each of the tied received all of it."
            )
        y, z = divmod(int((got - right).abs().argmax()), x.shape[1])
        raise Wrong(
            f"{ties}, at ({y}, {z}), it is {got[y, z]:.2f}, not {right[y, z]:.2f}. "
            "Does a pixel add up the gradients of all its windows?"
        )


def _paid_to_all(x: Tensor, g: Tensor, size: int, stride: int) -> Tensor:
    gradient = torch.zeros_like(x)
    rows, columns = (windows(n, size, stride) for n in x.shape)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            at = slice(row.start, row.stop), slice(column.start, column.stop)
            gradient[at] += g[i, j] * (x[at] == x[at].max())
    return gradient


@exercise
def cifar_pooling(attempt: Callable[[Tensor], Tensor]) -> None:
    """`attempt(x)`: max pooling 3/2 of (N, C, H, W) that sees every pixel."""
    generator = torch.Generator().manual_seed(11)
    x = torch.randn(1, 2, 32, 32, generator=generator)
    right, got = pooled(x, OVERLAPPING), attempt(x)
    if got.shape != right.shape:
        edge = x.clone()
        edge[..., -1] += 100
        blind = " The last column of pixels may be anything: you never look at it."
        raise Wrong(
            f"32 pixels give {right.shape[-1]} outputs, yours are {got.shape[-1]}."
            + (blind if torch.equal(attempt(edge), got) else "")
        )
    if not torch.equal(got, right):
        raise Wrong("The size is right, the maxima are not.")


@exercise
def alexnet_pooling(attempt: Callable[[Tensor], Tensor]) -> None:
    """`attempt(x)`: max pooling 3/2 of (N, C, H, W), the first window at pixel 0."""
    generator = torch.Generator().manual_seed(12)
    for side in (32, 55):
        x = torch.randn(1, 2, side, side, generator=generator)
        right, got = pooled(x, OVERLAPPING), attempt(x)
        if got.shape == right.shape and torch.equal(got, right):
            continue
        if torch.equal(got, functional.max_pool2d(x, 3, 2, padding=1)):
            sizes = f"{right.shape[-1]} outputs, yours {got.shape[-1]}"
            raise Wrong(
                f"{side} pixels give {sizes}. Your first window begins at pixel -1, so "
                "that it sees two pixels of a side, and all the others lie one off."
            )
        raise Wrong(f"At {side} pixels it is not the maximum of the windows.")


@exercise
def average_pooling(attempt: Callable[[Tensor], Tensor]) -> None:
    """`attempt(x)`: average pooling 3/2 of (N, C, H, W), over the pixels there are."""
    flat = torch.ones(1, 1, 8, 8)
    got = attempt(flat)
    if got.shape != (1, 1, 4, 4):
        raise Wrong(f"8 pixels give 4 outputs, yours are {got.shape[-1]}.")
    if not torch.allclose(got, torch.ones(1, 1, 4, 4)):
        raise Wrong(
            f"The average of a picture of ones is {got[0, 0, 0, -1]:.2f} at the right "
            f"edge and {got[0, 0, -1, -1]:.2f} in the corner. By what do you divide?"
        )
    x = torch.randn(2, 3, 9, 8, generator=torch.Generator().manual_seed(13))
    if not torch.allclose(attempt(x), pooled(x, Pool("average", 3, 2)), atol=1e-6):
        raise Wrong("Ones stay ones, but of other pictures it is not the average.")


@exercise
def equal_dimensions(attempt: Callable[[NetworkConfig], NetworkConfig]) -> None:
    """`attempt(network)`: AlexNet with 2/2 pooling, a fair partner to `network`."""
    network = alexnet()
    got = attempt(network)
    if any(isinstance(x, Pool) and (x.size, x.stride) != (2, 2) for x in got.layers):
        raise Wrong("Not every pooling is 2/2.")
    ours, theirs = (total(count(n)).parameters for n in (network, got))
    if ours != theirs:
        pools = [p for p in layers_of(got) if isinstance(p.layer, Pool)]
        side = pools[-1].output_shape[1]
        raise Wrong(
            f"fc6 now reads {side}x{side} maps, and the net has {theirs:,} parameters "
            f"against {ours:,}. The paper compared nets of equal dimensions."
        )
    kinds = [type(layer) for layer in without_overlap(network).layers]
    if [type(layer) for layer in got.layers] != kinds:
        raise Wrong("The parameters agree, but it no longer has the same layers.")
