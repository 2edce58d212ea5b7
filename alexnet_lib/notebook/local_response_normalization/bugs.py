"""Spot the bug, notebook 03: mistakes in copies of the normalisation."""

from __future__ import annotations

import torch
from torch import nn

from alexnet_lib.notebook.answers import Wrong, close, require
from alexnet_lib.notebook.exercise import Attempt, exercise
from alexnet_lib.notebook.local_response_normalization.checks import (
    BETA,
    K,
    N,
    norm,
    responses,
)
from alexnet_lib.notebook.local_response_normalization.responses import lost


@exercise
def across_maps(attempt: Attempt) -> None:
    """`attempt(a)`: normalised by neighbouring maps, each square counting alpha / n."""
    a = responses()
    got = attempt(a, wanted=a)
    moved = attempt(a.roll(1, dims=2), wanted=a)
    if not close(moved.roll(-1, dims=2), got):
        raise Wrong(
            "Shift the picture by a row, and the answers at its edge change: the sum "
            "runs over positions."
        )
    mistakes = {
        "It runs over maps now, but each square counts alpha, not alpha / n.": norm()(a)
    }
    otherwise = "It runs over maps now, but is not the formula with alpha / n."
    require(got, norm(divide=True)(a), mistakes, otherwise)


@exercise
def how_far(attempt: Attempt) -> None:
    """`attempt(a)`: the formula with n = 5, as printed."""
    base = torch.ones(1, 21, 1, 1, dtype=torch.float64)
    single = base.clone()
    single[0, 10] = 1001.0
    moved = attempt(single, wanted=base) - attempt(base, wanted=base)
    count = int((moved.abs() > 1e-6).sum())
    if count == 0:
        raise Wrong("A response of 1001 changes no answer at all.")
    if count != N:
        raise Wrong(f"One response reaches the sums of {count} maps; n is {N}.")
    a = responses()
    mistakes = {
        f"The window holds {N} maps, but each square counts alpha / n.": (
            norm(divide=True)(a)
        )
    }
    otherwise = f"The window holds {N} maps, but it is not the formula."
    require(attempt(a, wanted=a), norm()(a), mistakes, otherwise)


@exercise
def half_precision(attempt: Attempt) -> None:
    """`attempt(a)`: the formula on float16 responses, answers in float16."""
    a = (10 * responses()).clamp(0, 2000).half()
    right = norm()(a.double())
    got = attempt(a, wanted=right)
    if got.dtype != torch.float16:
        raise Wrong(
            f"float16 went in, {str(got.dtype).removeprefix('torch.')} came out."
        )
    wiped = (got == 0) & (right > 1)
    if wiped.any():
        raise Wrong(
            f"{int(wiped.sum())} responses became 0, the largest of them "
            f"{a[wiped].max().item():.0f}. What is its square in float16?"
        )
    if not torch.allclose(got.double(), right, rtol=5e-3, atol=1e-2):
        raise Wrong("Nothing is wiped out any more, but it is not the formula.")


@exercise
def does_something(attempt: Attempt) -> None:
    """`attempt(images)`: uint8 to what a net with the paper's LRN is fed.

    Seen through 96 kernels of 11x11 with the paper's init.
    """
    generator = torch.Generator().manual_seed(4)
    images = torch.randint(0, 256, (4, 3, 8, 8), generator=generator).byte()
    images = images.repeat_interleave(4, 2).repeat_interleave(4, 3)
    kernels = 0.01 * torch.randn(96, 3, 11, 11, generator=generator)
    fed = attempt(images, wanted=images.float()).float()
    both = torch.stack([fed.flatten(), images.float().flatten()])
    if fed.std() == 0 or torch.corrcoef(both)[0, 1] < 0.5:
        raise Wrong("The pictures are no longer in it: take something from them away.")
    if fed.mean().abs() > 0.1 * fed.std():
        raise Wrong("The pixels are not centred.")
    seen = nn.functional.conv2d(fed, kernels, stride=4).relu()
    share = lost(seen, norm(), K, BETA)
    if share < 1e-3:
        raise Wrong(
            f"Normalisation takes away {share:.4%} of the responses: k is all there is."
        )
