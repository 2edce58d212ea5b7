"""Exercises of notebook 04."""

from __future__ import annotations

import torch

from alexnet_lib.nets.ablations import with_disjoint_pools, without_overlap
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.layers import Conv, Pool
from alexnet_lib.nets.network import NetworkConfig, changed
from alexnet_lib.nets.shapes import layers_of, window_count
from alexnet_lib.notebook.answers import Wrong, close
from alexnet_lib.notebook.exercise import Attempt, exercise
from alexnet_lib.notebook.overlapping_pooling.windows import (
    coverage,
    gradient_of_2012,
    pooled,
    windows,
)


@exercise
def pooled_side(attempt: Attempt) -> None:
    """`attempt(side, size, stride)`: outputs along a side, the last window may hang."""
    for side, size, stride in (
        (55, 3, 2),
        (32, 3, 2),
        (13, 2, 2),
        (9, 5, 3),
    ):
        right = len(windows(side, size, stride))
        got = attempt(side, size, stride, wanted=right)
        if got == right:
            continue
        asked = f"{size}/{stride} over {side} pixels gives {right} windows, not {got}."
        if got == window_count(side, size, stride):
            last = (got - 1) * stride + size
            raise Wrong(f"{asked} Pixels from {last} on are seen by none of yours.")
        if got == right - 1:
            raise Wrong(f"{asked} The first window counts too.")
        raise Wrong(asked)


@exercise
def windows_per_pixel(attempt: Attempt) -> None:
    """`attempt(side, size, stride)`: how many windows see each pixel along a side."""
    for side, size, stride in ((8, 2, 2), (7, 3, 2), (8, 3, 2), (13, 5, 3), (11, 4, 1)):
        right = coverage(side, size, stride).tolist()
        got = attempt(side, size, stride, wanted=right)
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


@exercise
def gradient_to_all(attempt: Attempt) -> None:
    """`attempt(x, g, size, stride)`: the gradient of max pooling as in 2012.

    `x` (H, W), `g` the gradient of the outputs; returns (H, W). Every tied maximum
    gets all of its window's gradient.
    """
    generator = torch.Generator().manual_seed(10)
    cases = [(torch.randn(9, 8, generator=generator), 3), (torch.zeros(5, 5), 3)]
    cases += [
        (torch.randint(0, 3, (8, 8), generator=generator).float(), n) for n in (3, 2)
    ]
    for x, size in cases:
        right_shape = pooled(x[None, None], Pool("max", size, 2))[0, 0].shape
        g = torch.rand(right_shape, generator=generator) + 0.5
        right = gradient_of_2012(x, g, size, 2)
        got = attempt(x, g, size, 2, wanted=x)
        if close(got, right):
            continue
        ties = "Without ties" if x.unique().numel() == x.numel() else "With ties"
        if ties == "With ties" and close(got.sum(), g.sum()):
            raise Wrong(
                "Each window hands on its gradient once: to one of the tied or in "
                "shares. In 2012 each of the tied received all of it."
            )
        y, z = divmod(int((got - right).abs().argmax()), x.shape[1])
        raise Wrong(
            f"{ties}, at ({y}, {z}), it is {got[y, z]:.2f}, not {right[y, z]:.2f}. "
            "Does a pixel add up the gradients of all its windows?"
        )


Paddings = dict[str, int]


@exercise
def same_size_with_2_2(attempt: Attempt) -> None:
    """`attempt()`: two answers, #147's and one that changes a single layer.

    Each is the paddings of conv2 to conv5 by name; 2/2 pooling then ends with 6x6
    maps. Those not named keep theirs.
    """
    answers = attempt(wanted=({"conv2": 2}, {"conv2": 2}))
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
        listed = ", ".join(sorted(map(str, unknown)))
        raise Wrong(f"{which}: not among {', '.join(names)}: {listed}.")
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
