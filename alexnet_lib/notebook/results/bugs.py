"""Spot the bug, notebook 08: mistakes in looking at what a net has learned."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from alexnet_lib.evaluation.errors import right as right_of
from alexnet_lib.notebook.answers import Wrong, close, require
from alexnet_lib.notebook.exercise import Attempt, exercise


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@exercise
def ensemble_of_probabilities(attempt: Attempt) -> None:
    """`attempt(logits)`: the nets' mean probabilities, (nets, N, C) to (N, C)."""
    logits = 2 * torch.randn(4, 7, 5, generator=_generator(1)).double()
    logits[0] *= 3
    each = logits.softmax(2)
    mistakes = {
        "The logits are averaged, not the probabilities: one net that is certain "
        "outweighs the others.": logits.mean(0).softmax(1),
        "They are probabilities' sums: they do not add up to 1.": each.sum(0),
        "The softmax runs over the nets.": logits.softmax(0).mean(0),
        "The softmax runs over the images.": logits.softmax(1).mean(0),
        "They are the mean logits.": logits.mean(0),
        "It is the first net's answer.": each[0],
    }
    got = attempt(logits, wanted=each.mean(0))
    require(got, each.mean(0), mistakes, "They are not the mean of the probabilities.")


@exercise
def top5_error(attempt: Attempt) -> None:
    """`attempt(scores, labels)`: the top-5 error, a fraction; ties are shared out."""
    labels = torch.arange(36) % 12
    constant = torch.zeros(36, 12).double()
    coarse = torch.randint(0, 3, (36, 12), generator=_generator(2)).double()
    distinct = torch.randn(36, 12, generator=_generator(3)).double()
    for name, scores in {
        "distinct scores": distinct,
        "a net that gives every class the same score": constant,
        "scores with ties": coarse,
    }.items():
        right = 1 - right_of(scores, labels, 5).mean().item()
        got = attempt(scores, labels, wanted=right)
        if abs(got - right) < 1e-6:
            continue
        own = scores.gather(1, labels[:, None])
        above, level = (scores > own).sum(1), (scores >= own).sum(1)
        mistakes = {
            "every tie counts as right": (above >= 5).double().mean().item(),
            "every tie counts as wrong": (level > 5).double().mean().item(),
            "ties go by the order of the classes": _by_order(scores, labels),
            "that is the share that is right": 1 - right,
            "that is per cent": 100 * right,
        }
        why = next((w for w, m in mistakes.items() if abs(m - got) < 1e-6), "")
        raise Wrong(
            f"Of {name} it says {got:.2f}, where {right:.2f} is fair"
            + (f": {why}." if why else ".")
        )


def _by_order(scores: Tensor, labels: Tensor) -> float:
    first = scores.argsort(dim=1, descending=True, stable=True)[:, :5]
    return (first != labels[:, None]).all(1).double().mean().item()


@exercise
def nearest_others(attempt: Attempt) -> None:
    """`attempt(vectors, k)`: of each of (N, D) the k nearest others, (N, k) indices."""
    vectors = torch.randn(24, 6, generator=_generator(4)).double()
    vectors[17] = vectors[3]  # the same picture twice, as in any collection
    apart = torch.cdist(vectors, vectors)
    others = apart.clone().fill_diagonal_(torch.inf)
    right = others.topk(4, largest=False).indices
    got = attempt(vectors, 4, wanted=right)
    itself = (got == torch.arange(24)[:, None]).any(1)
    if itself.all():
        raise Wrong("Each vector finds itself, at distance 0: it is no neighbour.")
    if itself.any():
        first = int(itself.nonzero()[0])
        raise Wrong(
            f"Vector {first} still finds itself. Another is the same as it, so which "
            "of the two comes first is chance: leave it out by number, not by rank."
        )
    if not torch.equal(got.long(), right):
        rows = (got == right).all(1)
        raise Wrong(
            f"{int((~rows).sum())} of {len(rows)} vectors have other neighbours."
        )


@exercise
def kernels_on_one_scale(attempt: Attempt) -> None:
    """`attempt(kernels)`: (N, 3, H, W) as pictures (N, H, W, 3), one scale for all.

    The least weight of all is 0, the largest 1.
    """
    kernels = torch.randn(6, 3, 4, 4, generator=_generator(5)).double()
    kernels *= torch.tensor([1, 0.01, 0.5, 2, 1, 0.001])[:, None, None, None]
    mistakes = {
        words: scaled.permute(0, 2, 3, 1)
        for words, scaled in {
            "Each kernel has a scale of its own: one that has learned nothing looks as "
            "strong as any.": _between(kernels, (1, 2, 3)),
            "Each colour of each kernel has a scale of its own: all that is left of "
            "colour is lost.": _between(kernels, (2, 3)),
            "Each colour has a scale of its own.": _between(kernels, (0, 2, 3)),
            "Weights below 0 are cut off.": (kernels / kernels.max()).clamp(0),
            "It is the absolute weight: dark and light are the same.": (
                kernels.abs() / kernels.abs().max()
            ),
        }.items()
    }
    right = _between(kernels, (0, 1, 2, 3)).permute(0, 2, 3, 1)
    got = attempt(kernels, wanted=right)
    mixed = _between(kernels, (0, 1, 2, 3)).reshape(right.shape)
    mistakes["The axes are renamed, not moved: use permute, not reshape."] = mixed
    require(got, right, mistakes, "They are not the weights on one scale of 0 to 1.")


def _between(kernels: Tensor, axes: tuple[int, ...]) -> Tensor:
    low, high = kernels.amin(axes, keepdim=True), kernels.amax(axes, keepdim=True)
    return (kernels - low) / (high - low)


@exercise
def features_without_dropout(attempt: Attempt) -> None:
    """`attempt(net, images)`: the net's outputs at test, its mode left as it was."""
    generator = _generator(6)
    net = nn.Sequential(nn.Linear(10, 40), nn.ReLU(), nn.Dropout(0.5)).double()
    for parameter in net.parameters():
        parameter.data.normal_(generator=generator)
    net.requires_grad_(False)
    images = torch.randn(12, 10, generator=generator).double()
    right = net.eval()(images)
    for training in (True, False):
        net.train(training)
        one, two = (attempt(net, images, wanted=right) for _ in range(2))
        if not close(one, two):
            raise Wrong(
                "Two calls give two answers: dropout is on, so half of the features "
                "are noise."
            )
        require(one, right, otherwise="They are not what the net gives at test.")
        if net.training != training:
            mode = "training" if training else "evaluation"
            raise Wrong(f"The net was in {mode} mode, and now it is not: put it back.")
        if any(module.training != training for module in net):
            raise Wrong("Some of the net's modules are in another mode now.")
