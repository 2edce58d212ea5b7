"""Spot the bug, notebook 05: mistakes that are made when a network is shared out."""

from __future__ import annotations

import torch
from torch.nn import functional

from alexnet_lib.modules.lrn import LocalResponseNorm
from alexnet_lib.notebook.answers import Wrong, close, require
from alexnet_lib.notebook.exercise import Attempt, exercise
from alexnet_lib.notebook.two_gpu_training.checks import drawn


@exercise
def gradient_of_own_maps(attempt: Attempt) -> None:
    """`attempt(gradients, tower)`: of a tower's own maps after an exchange.

    `gradients[t]` is what tower t's layer gives back for all maps, (B, C, H, W).
    """
    gradients = [drawn(11, 2, 6, 3, 3), drawn(12, 2, 6, 3, 3)]
    total = gradients[0] + gradients[1]
    for tower in (0, 1):
        right = total.chunk(2, dim=1)[tower]
        mistakes = {
            f"Tower {tower}'s maps were read by both towers, but only its own reading "
            "counts here. Whoever reads, answers for.": (
                gradients[tower].chunk(2, dim=1)[tower]
            ),
            "The sum over the readers is wanted, not their mean.": right / 2,
            f"Tower {tower} gets the other's maps' gradient.": (
                total.chunk(2, dim=1)[1 - tower]
            ),
        }
        require(attempt(gradients, tower, wanted=right), right, mistakes)


@exercise
def gradient_of_the_logits(attempt: Attempt) -> None:
    """`attempt(gradients, tower)`: of the logits that a tower made, (B, 5).

    Every tower has all logits and the whole loss; `gradients[t]` is tower t's.
    """
    logits = drawn(13, 4, 10).requires_grad_()
    loss = functional.cross_entropy(logits, torch.arange(4))
    (gradient,) = torch.autograd.grad(loss, logits)
    for tower in (0, 1):
        right = gradient.chunk(2, 1)[tower]
        mistakes = {
            "Every gradient of the network comes out twice what one device has: here "
            "the towers hold the same loss, not parts of it.": 2 * right
        }
        otherwise = f"Tower {tower} has not its own classes' part of the gradient."
        got = attempt([gradient, gradient], tower, wanted=right)
        require(got, right, mistakes, otherwise)


@exercise
def normalisation_in_towers(attempt: Attempt) -> None:
    """`attempt(maps)`: layer 1's norm as two GPUs have it; `maps` (B, 96, H, W)."""
    norm = LocalResponseNorm(divide_alpha_by_n=True, groups=2)
    maps = 60 * drawn(14, 2, 96, 3, 3).relu()
    right, got = norm(maps), attempt(maps, wanted=maps)
    wrong = [i for i in range(96) if not close(got[:, i], right[:, i])]
    if wrong and set(wrong) <= {46, 47, 48, 49}:
        raise Wrong(
            f"Only maps {', '.join(map(str, wrong))} differ: their windows reach over "
            "the border between the GPUs."
        )
    if wrong:
        raise Wrong(f"{len(wrong)} of the 96 maps differ.")


@exercise
def dropout_in_towers(attempt: Attempt) -> None:
    """`attempt(units, seed)`: the two towers' masks, `units` / 2 of 0 and 1 each."""
    units = 4096
    like = torch.ones(units // 2, dtype=torch.bool), torch.ones(units // 2).bool()
    one, two = attempt(units, 1, wanted=like)
    for mask in (one, two):
        if not ((mask == 0) | (mask == 1)).all():
            raise Wrong("A mask holds 0 and 1, or False and True, and nothing else.")
        if not 0.4 < mask.double().mean() < 0.6:
            raise Wrong(f"{mask.double().mean():.2f} of a tower's units are kept.")
    if not all(map(torch.equal, (one, two), attempt(units, 1, wanted=like))):
        raise Wrong("The same seed gives other masks: a run could not be repeated.")
    if torch.equal(one, attempt(units, 2, wanted=like)[0]):
        raise Wrong("Another seed gives the same mask.")
    agree = (one == two).double().mean()
    if not 0.4 < agree < 0.6:
        raise Wrong(
            f"Unit i of one tower and unit i of the other share their fate in "
            f"{agree:.0%} of cases; by chance it would be half."
        )


@exercise
def who_averages(attempt: Attempt) -> None:
    """`attempt(rank, towers, replicas)`: ranks that average their gradients.

    Rank r is tower r % towers of replica r // towers.
    """
    for towers, replicas in ((2, 2), (2, 1), (2, 3), (4, 2)):
        for rank in range(towers * replicas):
            right = list(range(rank % towers, towers * replicas, towers))
            got = sorted(attempt(rank, towers, replicas, wanted=right))
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
def first_layer_of_224(attempt: Attempt) -> None:
    """`attempt(images, weight)`: conv1 on (B, 3, 224, 224) as #145 has it."""
    images, weight = drawn(15, 1, 3, 224, 224), drawn(16, 2, 3, 11, 11)
    padded = functional.pad(images, (0, 3, 0, 3))
    right = functional.conv2d(padded, weight, stride=4)
    got = attempt(images, weight, wanted=right, sides=False)
    if got.shape != right.shape:
        sides = " x ".join(map(str, got.shape[2:]))
        raise Wrong(f"{sides} positions; the paper has 55 x 55 and pools them to 27.")
    otherwise = (
        "55 x 55 positions, not those of the code: its windows begin at pixel 0 and "
        "only the last hangs over, on the right and at the bottom."
    )
    if close(got[..., :-1, :-1], right[..., :-1, :-1]):
        otherwise = "All positions but the last row and column agree: what hangs over?"
    require(got, right, otherwise=otherwise)
