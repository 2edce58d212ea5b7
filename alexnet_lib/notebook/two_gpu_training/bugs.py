"""Spot the bug, notebook 05: mistakes that are made when a network is shared out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from alexnet_lib.modules.lrn import LocalResponseNorm
from alexnet_lib.notebook.exercise import Wrong, exercise
from alexnet_lib.notebook.two_gpu_training.checks import drawn


@exercise
def gradient_of_own_maps(attempt: Callable[[Sequence[Tensor], int], Tensor]) -> None:
    """`attempt(gradients, tower)`: of a tower's own maps after an exchange.

    `gradients[t]` is what tower t's layer gives back for all maps, (B, C, H, W).
    """
    gradients = [drawn(11, 2, 6, 3, 3), drawn(12, 2, 6, 3, 3)]
    total = gradients[0] + gradients[1]
    for tower in (0, 1):
        got, right = attempt(gradients, tower), total.chunk(2, dim=1)[tower]
        if got.shape == right.shape and torch.allclose(got, right):
            continue
        if got.shape != right.shape:
            raise Wrong(f"Own maps have {right.shape[1]} channels, not {got.shape[1]}.")
        if torch.allclose(got, gradients[tower].chunk(2, dim=1)[tower]):
            raise Wrong(
                f"Tower {tower}'s maps were read by both towers, but only its own "
                "reading counts here. Whoever reads, answers for."
            )
        if torch.allclose(got, right / 2):
            raise Wrong("The sum over the readers is wanted, not their mean.")
        raise Wrong(f"Tower {tower} is off by up to {(got - right).abs().max():.2f}.")


@exercise
def gradient_of_the_logits(attempt: Callable[[Sequence[Tensor], int], Tensor]) -> None:
    """`attempt(gradients, tower)`: of the logits that a tower made, (B, 5).

    Every tower has all logits and the whole loss; `gradients[t]` is tower t's.
    """
    logits = drawn(13, 4, 10).requires_grad_()
    functional.cross_entropy(logits, torch.arange(4)).backward()
    gradient = logits.grad
    assert gradient is not None
    for tower in (0, 1):
        got, right = attempt([gradient, gradient], tower), gradient.chunk(2, 1)[tower]
        if got.shape == right.shape and torch.allclose(got, right):
            continue
        if got.shape == right.shape and torch.allclose(got, 2 * right):
            raise Wrong(
                "Every gradient of the network comes out twice what one device has: "
                "here the towers hold the same loss, not parts of it."
            )
        raise Wrong(f"Tower {tower} has not its own classes' part of the gradient.")


@exercise
def normalisation_in_towers(attempt: Callable[[Tensor], Tensor]) -> None:
    """`attempt(maps)`: layer 1's norm as two GPUs have it; `maps` (B, 96, H, W)."""
    norm = LocalResponseNorm(divide_alpha_by_n=True, groups=2)
    maps = 60 * drawn(14, 2, 96, 3, 3).relu()
    right, got = norm(maps), attempt(maps)
    if got.shape != right.shape:
        raise Wrong(f"The output is {tuple(right.shape)}, yours {tuple(got.shape)}.")
    wrong = (~torch.isclose(got, right)).any(3).any(2).any(0).nonzero().flatten()
    if len(wrong) and set(wrong.tolist()) <= {46, 47, 48, 49}:
        raise Wrong(
            "Only maps " + ", ".join(map(str, wrong.tolist())) + " differ: their "
            "windows reach over the border between the GPUs."
        )
    if len(wrong):
        raise Wrong(f"{len(wrong)} of the 96 maps differ.")


@exercise
def dropout_in_towers(attempt: Callable[[int, int], tuple[Tensor, Tensor]]) -> None:
    """`attempt(units, seed)`: the two towers' masks, `units` / 2 of 0 and 1 each."""
    units = 4096
    one, two = attempt(units, 1)
    for mask in (one, two):
        if mask.shape != (units // 2,):
            raise Wrong(f"A tower has {units // 2} units, not {tuple(mask.shape)}.")
        if not 0.4 < mask.double().mean() < 0.6:
            raise Wrong(f"{mask.double().mean():.2f} of a tower's units are kept.")
    if not all(map(torch.equal, (one, two), attempt(units, 1))):
        raise Wrong("The same seed gives other masks: a run could not be repeated.")
    if torch.equal(one, attempt(units, 2)[0]):
        raise Wrong("Another seed gives the same mask.")
    agree = (one == two).double().mean()
    if not 0.4 < agree < 0.6:
        raise Wrong(
            f"Unit i of one tower and unit i of the other share their fate in "
            f"{agree:.0%} of cases; by chance it would be half."
        )


@exercise
def who_averages(attempt: Callable[[int, int, int], Sequence[int]]) -> None:
    """`attempt(rank, towers, replicas)`: ranks that average their gradients.

    Rank r is tower r % towers of replica r // towers.
    """
    for towers, replicas in ((2, 2), (2, 1), (2, 3), (4, 2)):
        for rank in range(towers * replicas):
            right = list(range(rank % towers, towers * replicas, towers))
            got = sorted(attempt(rank, towers, replicas))
            if got == right:
                continue
            asked = f"{towers} towers, {replicas} replicas, rank {rank}: "
            if any(r % towers != rank % towers for r in got):
                raise Wrong(
                    f"{asked}ranks {got} hold other kernels than its own; averaging "
                    "with them makes all towers one."
                )
            raise Wrong(f"{asked}its replicas are {right}, not {got}.")


@exercise
def first_layer_of_224(attempt: Callable[[Tensor, Tensor], Tensor]) -> None:
    """`attempt(images, weight)`: conv1 on (B, 3, 224, 224) as #145 has it."""
    images, weight = drawn(15, 1, 3, 224, 224), drawn(16, 2, 3, 11, 11)
    padded = functional.pad(images, (0, 3, 0, 3))
    right = functional.conv2d(padded, weight, stride=4)
    got = attempt(images, weight)
    if got.shape != right.shape:
        sides = " x ".join(map(str, got.shape[2:]))
        raise Wrong(f"{sides} places, but the paper has 55 x 55 and pools them to 27.")
    if torch.allclose(got, right):
        return
    if torch.allclose(got[..., :-1, :-1], right[..., :-1, :-1]):
        raise Wrong("All places but the last row and column agree: what hangs over?")
    raise Wrong(
        "55 x 55 places, but shifted: the code's windows begin at pixel 0 and only "
        "the last hangs over, on the right and at the bottom."
    )
