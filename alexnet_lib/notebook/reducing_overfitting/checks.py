"""Exercises of notebook 06."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from alexnet_lib.notebook.answers import Wrong, close, require
from alexnet_lib.notebook.exercise import Attempt, exercise
from alexnet_lib.notebook.reducing_overfitting import dropout


@exercise
def number_of_views(attempt: Attempt) -> None:
    """`attempt(side, window)`: different windows of a square, and their mirrors."""
    for side, window in ((256, 224), (128, 96), (32, 24), (7, 7)):
        places = side - window + 1
        right, got = 2 * places**2, attempt(side, window, wanted=1)
        if got == right:
            continue
        asked = f"{window} pixels in {side}: {right}, not {got}."
        mistakes = {
            2 * (side - window) ** 2: "A window that fits exactly has one place, not "
            "none: how many offsets are there from 0 to the last?",
            places**2: "Each window has a mirror too.",
            2 * places: "Windows move down and across.",
            4 * places**2: "Each has one mirror, left to right.",
        }
        raise Wrong(f"{asked} {mistakes.get(got, '')}".rstrip())


@exercise
def covariance(attempt: Attempt) -> None:
    """`attempt(pixels)`: how red, green and blue vary together; (N, 3) to (3, 3)."""
    generator = torch.Generator().manual_seed(11)
    mixed = torch.randn(3, 3, generator=generator, dtype=torch.float64)
    drawn = torch.randn(5000, 3, generator=generator, dtype=torch.float64)
    pixels = 120 + 40 * drawn @ mixed
    right = torch.cov(pixels.T, correction=0)
    got = attempt(pixels, wanted=right)
    centred = pixels - pixels.mean(0)
    deviations = right.diagonal().sqrt()
    mistakes = {
        "The mean colour is still in it: subtract it first.": (
            pixels.T @ pixels / len(pixels)
        ),
        "It is the sum over the pixels, not yet divided by their number.": (
            centred.T @ centred
        ),
        "One mean for all three colours was subtracted; each has its own.": (
            (pixels - pixels.mean()).T @ (pixels - pixels.mean()) / len(pixels)
        ),
        "These are correlations: it was divided by the deviations too.": (
            right / deviations.outer(deviations)
        ),
        "Only the variances are there: what red and green do together is missing.": (
            right.diagonal().diag()
        ),
    }
    one_less = right * len(pixels) / (len(pixels) - 1)
    if not close(got, one_less):
        require(got, right, mistakes)


@exercise
def first_axis(attempt: Attempt) -> None:
    """`attempt(covariance)`: direction in which colours vary most, length 1: (3,)."""
    generator = torch.Generator().manual_seed(12)
    for values in ((9000.0, 400.0, 50.0), (60.0, 5000.0, 900.0)):
        axes = torch.linalg.qr(
            torch.randn(3, 3, generator=generator, dtype=torch.float64)
        )[0]
        matrix = axes @ torch.tensor(values).double().diag() @ axes.T
        ordered, columns = torch.linalg.eigh(matrix)
        right = columns[:, -1]
        answer = attempt(matrix, wanted=right)
        got = answer.double()
        rows = columns[-1] * columns[-1, 0].sign()
        mistakes = {
            "That is the axis of least variance: the smallest eigenvalue's.": (
                columns[:, 0]
            ),
            "The length is not 1, it is the eigenvalue's.": ordered[-1] * right,
            "It is a row of eigh's matrix; the axes are its columns.": rows,
        }
        signed = {
            words: wrong * (1.0 if wrong @ got >= 0 else -1.0)
            for words, wrong in mistakes.items()
        }
        length = got.norm().item()
        along = abs(got @ right).item() / max(length, 1e-300)
        if abs(along - 1) < 1e-6 and abs(length - 1) > 1e-3:
            otherwise = f"The direction is right, its length is {length:.3g}, not 1."
        else:
            otherwise = (
                "Colours vary less along it than they could: after how many steps did "
                "it stop?"
            )
        # either end of an axis is as good
        facing = right if right @ got >= 0 else -right
        require(answer, facing, signed, otherwise)


@exercise
def classic_dropout(attempt: Attempt) -> None:
    """`attempt(x, mask, keep, training)`: dropout as in the paper; mask of 0 and 1."""
    generator = torch.Generator().manual_seed(13)
    x = torch.randn(8, 20, generator=generator, dtype=torch.float64)
    for keep in (0.5, 0.8):
        mask = (torch.rand(8, 20, generator=generator) < keep).double()
        trained = attempt(x, mask, keep, True, wanted=x)
        mistakes = {
            "In training nothing is divided by keep: that is PyTorch's way.": (
                x * mask / keep
            ),
            "What should be dropped is kept, and the other way round.": x * (1 - mask),
            "In training nothing is scaled, only dropped.": x * mask * keep,
            "In training the mask is not used.": x,
        }
        require(trained, x * mask, mistakes, "In training it is not x times the mask.")
        tested = attempt(x, mask, keep, False, wanted=x)
        mistakes = {
            "When tested it must be smaller: all units are there, and in training only "
            "some were.": x,
            "When tested no unit is dropped.": x * mask,
            "When tested no unit is dropped, each is scaled.": x * mask * keep,
            "When tested it is multiplied by keep, not divided.": x / keep,
            "When tested it is multiplied by keep, not by a half whatever keep is.": (
                0.5 * x
            ),
        }
        require(tested, keep * x, mistakes, "When tested it is not keep times x.")


@exercise
def factors_for_inverted(attempt: Attempt) -> None:
    """`attempt(keep)`: factors on the init and the rate of the layer after dropout.

    With both, a net with inverted dropout passes through the functions of the net
    with classic dropout, step by step.
    """
    keep = 0.8
    init, rate = attempt(keep, wanted=(1.0, 1.0))
    if init == 0:
        raise Wrong("An init of 0 leaves nothing to learn from: all weights are alike.")
    classic = _course(keep, 1.0, 1.0, inverted=False)
    inverted = _course(keep, init, rate, inverted=True)
    if not _alike(inverted[0], classic[0]):
        told = "Already the untrained nets differ: the init."
        if _alike(_course(keep, 1 / init, rate, inverted=True)[0], classic[0]):
            told += " Inverted dropout's values are larger: what must be smaller?"
        raise Wrong(told)
    if not _alike(inverted, classic):
        told = "The untrained nets agree, but they part in training: the rate."
        if _alike(_course(keep, init, rate**2, inverted=True), classic):
            told += " The gradient changes too."
        raise Wrong(told)


def _alike(one: Tensor, other: Tensor) -> bool:
    """Whether logits agree as far as factors in float32 let them."""
    return torch.allclose(one, other, rtol=0, atol=1e-5)


def _course(keep: float, init: float, rate: float, *, inverted: bool) -> Tensor:
    """Logits after 0 to 4 steps of a layer over dropout, (5, 16, 3), float64."""
    generator = torch.Generator().manual_seed(14)
    hidden = torch.rand(16, 10, generator=generator, dtype=torch.float64)
    weight = init * torch.randn(3, 10, generator=generator, dtype=torch.float64)
    labels = torch.arange(16) % 3
    course = []
    for _ in range(5):
        mask = (torch.rand(16, 10, generator=generator) < keep).double()
        seen = hidden * mask / keep if inverted else hidden * mask
        weight.requires_grad_()
        logits = seen @ weight.T
        loss = functional.cross_entropy(logits, labels)
        (gradient,) = torch.autograd.grad(loss, weight)
        weight = weight.detach() - 0.5 * rate * gradient
        course.append(logits.detach())
    return torch.stack(course)


@exercise
def geometric_mean(attempt: Attempt) -> None:
    """`attempt(probabilities)`: geometric mean of M nets, adding up to 1: (M, C)."""
    generator = torch.Generator().manual_seed(15)
    for nets in (2, 300):
        logits = 2 * torch.randn(nets, 5, generator=generator, dtype=torch.float64)
        probabilities = logits.softmax(1)
        right = dropout.geometric_mean(probabilities)
        root = probabilities.log().mean(0).exp()
        product = probabilities.prod(0)
        mistakes = {
            "That is the arithmetic mean: multiply instead of adding.": (
                probabilities.mean(0)
            ),
            "They do not add up to 1 yet.": root,
            "It is the product: the root is missing.": product,
            "It is the product, made to add up to 1: take the root first.": (
                product / product.sum()
            ),
        }
        got = attempt(probabilities, wanted=right)
        if got.sum() == 0:
            raise Wrong(
                f"The product of {nets} probabilities is too small for a number: "
                "add logarithms instead."
            )
        require(got, right, mistakes)


@exercise
def average_views(attempt: Attempt) -> None:
    """`attempt(scores)`: mean probabilities of views, (V, B, C) to (B, C)."""
    generator = torch.Generator().manual_seed(16)
    scores = 3 * torch.randn(10, 6, 4, generator=generator, dtype=torch.float64)
    each = scores.softmax(2)
    right = each.mean(0)
    mistakes = {
        "The scores were averaged; §4.1 averages what the softmax makes of them.": (
            scores.mean(0).softmax(1)
        ),
        "It is the sum over the views, not their mean.": each.sum(0),
        "The softmax runs over the images, not over the classes.": (
            scores.softmax(1).mean(0)
        ),
        "The softmax runs over the views, not over the classes.": (
            scores.softmax(0).mean(0)
        ),
        "The softmax is missing: these are mean scores.": scores.mean(0),
        "These are votes; the probabilities themselves are averaged.": (
            functional.one_hot(scores.argmax(2), 4).double().mean(0)
        ),
    }
    require(attempt(scores, wanted=right), right, mistakes)
