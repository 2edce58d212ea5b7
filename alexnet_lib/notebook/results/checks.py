"""Exercises of notebook 08."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from alexnet_lib.evaluation.errors import top_k_error
from alexnet_lib.evaluation.neighbours import distances
from alexnet_lib.evaluation.neighbours import nearest as nearest_of
from alexnet_lib.notebook.answers import Wrong, require
from alexnet_lib.notebook.exercise import Attempt, exercise


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@exercise
def ensemble_error(attempt: Attempt) -> None:
    """`attempt(probabilities, labels)`: top-1 error of the nets' mean, a fraction.

    `probabilities` (nets, N, classes) and `labels` (N,).
    """
    for seed in (1, 2):
        logits = torch.randn(5, 200, 8, generator=_generator(seed)).double()
        labels = torch.arange(200) % 8
        logits[:, torch.arange(200), labels] += 1.0
        logits[0] *= 4  # a net that is more certain than it should be
        each = logits.softmax(2)
        right = _error(each.mean(0), labels)
        got = attempt(each, labels, wanted=right)
        votes = each.argmax(2)  # (nets, N)
        most = torch.stack([(votes == c).sum(0) for c in range(8)], 1)
        mistakes = {
            "It is the mean of the nets' own errors: average their answers first.": (
                sum(_error(net, labels) for net in each) / 5
            ),
            "It is the error of a vote: the nets' certainty is lost.": (
                (most.argmax(1) != labels).double().mean().item()
            ),
            "It averages logarithms: one net that rules a class out decides.": (
                _error(each.log().mean(0), labels)
            ),
            "It takes the most certain net's answer.": _error(each.amax(0), labels),
            "That is the share of right answers.": 1 - right,
            "That is per cent; a fraction is wanted.": 100 * right,
        }
        if math.isclose(got, right, abs_tol=1e-6):
            continue
        for words, wrong in mistakes.items():
            if math.isclose(got, wrong, abs_tol=1e-6):
                raise Wrong(words)
        raise Wrong(f"It gives {got:.3f}, the mean's error is {right:.3f}.")


def _error(scores: Tensor, labels: Tensor) -> float:
    return top_k_error(scores.double(), labels, 1)


@exercise
def nearest(attempt: Attempt) -> None:
    """`attempt(queries, among, k)`: indices of the k nearest by Euclidean distance.

    (Q, k), the nearest first; `queries` (Q, D), `among` (N, D).
    """
    generator = _generator(3)
    queries = torch.randn(9, 12, generator=generator).double()
    among = torch.randn(70, 12, generator=generator).double()
    among *= torch.rand(70, 1, generator=generator) * 3 + 0.2  # long ones and short
    apart = distances(queries, among)
    right = nearest_of(apart, 6).indices
    got = attempt(queries, among, 6, wanted=right)
    inner = queries @ among.T
    lengths = among.norm(dim=1)
    mistakes = {
        "These are the farthest, the farthest first.": apart.topk(6).indices,
        "These have the largest inner products: long vectors win.": (
            inner.topk(6).indices
        ),
        "These have the smallest angle: distance is wanted.": (
            (inner / lengths).topk(6).indices
        ),
        "These are near by the sum of absolute differences.": (
            torch.cdist(queries, among, p=1).topk(6, largest=False).indices
        ),
        "They are the nearest, but the nearest comes last.": right.flip(1),
    }
    rows = (got == right).all(1)
    otherwise = f"Of {len(rows)} queries {int(rows.sum())} have the right neighbours."
    require(got, right, mistakes, otherwise)


@exercise
def jackknife_error(attempt: Attempt) -> None:
    """`attempt(without)`: the standard error, of numbers without each net in turn."""
    for seed, count in ((4, 8), (5, 5)):
        values = torch.randn(count, generator=_generator(seed)).double()
        without = (values.sum() - values) / (count - 1)  # of a mean: known otherwise
        right = (values.std() / math.sqrt(count)).item()
        got = attempt(without.tolist(), wanted=right)
        deviation = without.std().item()
        mistakes = {
            "That is their deviation over the root of their number: these share nearly "
            "all of their nets, so they differ far less than single numbers do.": (
                deviation / math.sqrt(count)
            ),
            "That is their deviation; a factor that blows it up is missing.": deviation,
            "That is their deviation with n in the divisor; a factor to blow it up is "
            "missing.": without.std(correction=0).item(),
            "That is its square, the variance.": right**2,
        }
        if math.isclose(got, right, rel_tol=1e-6):
            continue
        for words, wrong in mistakes.items():
            if math.isclose(got, wrong, rel_tol=1e-6):
                raise Wrong(words)
        raise Wrong(
            f"Of the means without each of {count} numbers it makes {got:.4f}; the "
            f"error of the mean is {right:.4f}."
        )


@exercise
def colour_share(attempt: Attempt) -> None:
    """`attempt(kernel, patches)`: the share of the responses' variance that is colour.

    `kernel` (3, H, W), `patches` (N, 3, H, W): the variance of the answers to the
    patches' colour parts, of that and of the grey parts' together.
    """
    generator = _generator(6)
    kernel = torch.randn(3, 5, 5, generator=generator).double()
    light = 4 * torch.randn(300, 1, 5, 5, generator=generator) + 6
    patches = (light + torch.randn(300, 3, 5, 5, generator=generator)).double()
    grey = patches.mean(1, keepdim=True).expand_as(patches)
    of_grey, of_colour = (
        (part * kernel).sum((1, 2, 3)) for part in (grey, patches - grey)
    )
    right = _share(of_colour.var(), of_grey.var())
    got = attempt(kernel, patches, wanted=right)
    chroma = kernel - kernel.mean(0)
    of_weights = (chroma.square().sum() / kernel.square().sum()).item()
    mistakes = {
        "That is the share of the kernel's weights: ask what it answers to patches.": (
            of_weights
        ),
        "That is the grey part's share.": 1 - right,
        "These are shares of deviations; variances add up.": (
            _share(of_colour.std(), of_grey.std())
        ),
        "These are shares of mean squares: what all patches have in common is no "
        "answer to any.": _share(of_colour.square().mean(), of_grey.square().mean()),
        "That is the share of the patches' own variance, without the kernel.": (
            _share((patches - grey).var(), grey.var())
        ),
    }
    if math.isclose(got, right, rel_tol=1e-2):
        return
    for words, wrong in mistakes.items():
        if math.isclose(got, wrong, rel_tol=1e-2):
            raise Wrong(words)
    raise Wrong(f"It gives {got:.3f}, the share is {right:.3f}.")


def _share(one: Tensor, other: Tensor) -> float:
    return (one / (one + other)).item()


@exercise
def precision_by_class(attempt: Attempt) -> None:
    """`attempt(found, labels, classes)`: by class the share of neighbours that fit.

    `found` (N, 6) are the neighbours' classes, `labels` (N,) the queries'; the answer
    has a share for each class, (classes,).
    """
    generator = _generator(7)
    labels = torch.randint(0, 4, (90,), generator=generator)
    found = torch.randint(0, 4, (90, 6), generator=generator)
    stays = torch.rand(90, 6, generator=generator) < labels[:, None] / 4
    found = torch.where(stays, labels[:, None], found)
    fits = (found == labels[:, None]).double()
    right = torch.stack([fits[labels == c].mean() for c in range(4)])
    got = attempt(found, labels, 4, wanted=right)
    of_found = torch.stack([fits[found == c].mean() for c in range(4)])
    mistakes = {
        "It is one share for all queries.": fits.mean().expand(4),
        "It goes by the neighbours' class: it says how many of those found fit.": (
            of_found
        ),
        "It asks only whether any of the six fits.": torch.stack(
            [fits[labels == c].amax(1).mean() for c in range(4)]
        ),
        "It looks at the nearest alone.": torch.stack(
            [fits[labels == c, 0].mean() for c in range(4)]
        ),
        "These are numbers of six, not shares.": 6 * right,
        "It divides by all queries, not by those of the class.": torch.stack(
            [fits[labels == c].sum() / fits.numel() for c in range(4)]
        ),
    }
    otherwise = f"It gives {got.tolist()}, the shares are {right.tolist()}."
    require(got, right, mistakes, otherwise)
