"""Ten answers to one image, and how they are averaged (§4.1)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from alexnet_lib.data import views
from alexnet_lib.figures.picture import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)

PLACES = ("upper left", "upper right", "lower left", "lower right", "centre")
CENTRE = 4
"""The centre's place among the ten."""


@torch.no_grad()
def logits(net: nn.Module, squares: Tensor, size: int) -> Tensor:
    """Scores of each of the ten views of (B, 3, H, W): (10, B, classes)."""
    net.eval()
    seen = views.ten_views(squares, size)  # (10, B, 3, size, size)
    return net(seen.flatten(0, 1)).unflatten(0, seen.shape[:2])


def split_votes(scores: Tensor) -> Tensor:
    """Images whose ten views do not all have the same largest score: (B,) of bool."""
    answers = scores.argmax(-1)  # (10, B)
    return (answers != answers[0]).any(0)


@own_settings
def ten(square: Tensor, scores: Tensor, label: int, names: Sequence[str]) -> Picture:
    """Show the ten views of one image (3, H, W) with what a net answers to each.

    `scores` (10, classes) are of this image's views.
    """
    size = square.shape[-1] - 4
    seen = views.ten_views(square[None], size)[:, 0]
    figure, axes = canvas(2, 5, 8, 4)
    told = []
    for ax, view, answer, place in zip(
        axes,
        seen,
        scores.softmax(-1),
        [*PLACES, *(f"{place}, mirrored" for place in PLACES)],
        strict=True,
    ):
        best = int(answer.argmax())
        words = f"{names[best]} {answer[best]:.2f}"
        ax.imshow((view.permute(1, 2, 0) / 4 + 0.5).clamp(0, 1).numpy())
        ax.set_title(words, fontsize=9, color=BLUE if best == label else ORANGE)
        ax.set(xticks=[], yticks=[])
        told.append(f"{place}: {words}")
    figure.suptitle(f"truth: {names[label]}", fontsize="medium")
    return Picture(
        figure, f"Ten views of a {names[label]} and the answer to each: {told}"
    )


@own_settings
def two_means(lone_score: float = 6.0, others: float = 1.0) -> Picture:
    """Average ten answers of two classes, one of which stands alone, in both ways.

    Nine views score `others` for class A and 0 for B; one scores `lone_score` for B and
    0 for A.
    """
    scores = torch.zeros(10, 2)
    scores[:9, 0], scores[9, 1] = others, lone_score
    each = scores.softmax(1)[:, 1]
    softmax_first = each.mean().item()
    logits_first = scores.mean(0).softmax(0)[1].item()
    figure, (ax,) = canvas(1, 1, 6.4, 3.2)
    ax.bar(range(1, 11), each.tolist(), color=GREY, label="each view")
    for value, colour, dashes, name in (
        (softmax_first, BLUE, "-", "softmax averaged"),
        (logits_first, GREEN, "--", "scores averaged, then softmax"),
    ):
        ax.axhline(value, color=colour, linestyle=dashes, label=f"{name}: {value:.2f}")
    ax.set(xlabel="view", ylabel="probability of class B", ylim=(0, 1))
    ax.set_xticks(range(1, 11))
    ax.legend(frameon=False, loc="upper left", fontsize="small")
    return Picture(
        figure,
        f"Nine views for A by {others:.1f} and one for B by {lone_score:.1f}: B has "
        f"{softmax_first:.2f} if probabilities are averaged, {logits_first:.2f} if "
        "scores are",
    )
