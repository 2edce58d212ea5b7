"""Checks of notebook 00 tell wrong from right, and say in what way.

That they accept the solutions is tested by the solution notebooks.
"""

import pytest
import torch
from torch.nn import functional

from alexnet_lib.notebook.building_blocks import bugs as bug
from alexnet_lib.notebook.building_blocks import checks as check


def slid(image, kernel):
    return functional.conv2d(image[None, None], kernel[None, None])[0, 0]


def only_the_first(image, kernel):
    out = torch.zeros_like(slid(image, kernel))
    out[0, 0] = (image[: len(kernel), : len(kernel)] * kernel).sum()
    return out


def lost_rows(image, kernel):
    return slid(image, kernel)[:-1]


def counts(convolution, full):
    """An attempt that counts by these two functions of (channels, side, maps, size)."""
    return lambda c, n, m, k: (convolution(c, n, m, k), full(c, n, m, k))


def right_convolution(c, n, m, k):
    return m * (c * k * k + 1)


def right_full(c, n, m, k):
    return m * n * n * (c * n * n + 1)


def seen(size_of=lambda k: k - 1, widened_first=False, strides=True):
    def attempt(layers):
        field, step = 1, 1
        for size, stride in layers:
            if widened_first:
                step *= stride
            field += size_of(size) * step
            if strides and not widened_first:
                step *= stride
        return field

    return attempt


def descended(sign=-1.0, cleared=True, extra=0, total=False):
    def attempt(x, y, rate, steps):
        line = torch.zeros(2, requires_grad=True)
        for _ in range(steps + extra):
            misses = (line[0] * x + line[1] - y).square()
            if cleared:
                line.grad = None
            (misses.sum() if total else misses.mean()).backward()
            with torch.no_grad():
                line += sign * rate * line.grad
        return line.detach()

    return attempt


def dropping(mask, tested=0.5):
    """Dropout with this mask in training, and this factor when tested."""
    return lambda x, training: x * mask(x) if training else tested * x


def coins(x):
    return (torch.rand(x.shape) < 0.5).float()


def the_same_coins(x):
    return (
        torch.rand(x.shape, generator=torch.Generator().manual_seed(0)) < 0.5
    ).float()


WRONG = [
    (check.slide, lambda x, k: slid(x, k.flip(0, 1)), "turned upside down"),
    (check.slide, lambda x, k: slid(x, k.T), "have changed places"),
    (check.slide, lambda x, k: slid(x, k) / k.numel(), "takes the mean"),
    (check.slide, lambda x, k: slid(x, torch.ones_like(k)), "sums the window alone"),
    (check.slide, only_the_first, "`return` stand inside the loop"),
    (check.slide, lambda x, k: slid(x, k) + 1, "At row "),
    (check.slide, lost_rows, "shape (4, 5)"),
    (check.output_side, lambda n, k, s, p: (n + 2 * p - k) // s, "first window counts"),
    (check.output_side, lambda n, k, s, p: (n - k) // s + 1, "padding is forgotten"),
    (check.output_side, lambda n, k, s, p: (n + p - k) // s + 1, "at both ends"),
    (check.output_side, lambda n, k, s, p: (n + 2 * p - k) / s + 1, "round down"),
    (
        check.output_side,
        lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1,
        "a window that hangs over does not count",
    ),
    (check.output_side, lambda n, k, s, p: n, "28 outputs, not 32: how often"),
    (
        check.parameters,
        counts(lambda c, n, m, k: m * c * k * k, right_full),
        "convolution 608, not 600: the biases are forgotten, one a map",
    ),
    (
        check.parameters,
        counts(lambda c, n, m, k: m * (k * k + 1), right_full),
        "as deep as its input",
    ),
    (
        check.parameters,
        counts(lambda c, n, m, k: m * c * k * k + 1, right_full),
        "a bias of its own",
    ),
    (
        check.parameters,
        counts(lambda c, n, m, k: c * k * k + 1, right_full),
        "a kernel of its own",
    ),
    (
        check.parameters,
        counts(lambda c, n, m, k: m * n * n * (c * k * k + 1), right_full),
        "weights are shared",
    ),
    (
        check.parameters,
        counts(lambda c, n, m, k: m * (c * k * k + n * n), right_full),
        "bias is shared",
    ),
    (
        check.parameters,
        counts(right_convolution, lambda c, n, m, k: m * n * n * c * n * n),
        "the biases are forgotten, one an output",
    ),
    (
        check.parameters,
        counts(right_convolution, lambda c, n, m, k: m * (c * n * n + 1)),
        "every place of every map",
    ),
    (
        check.parameters,
        counts(right_convolution, lambda c, n, m, k: m * n * n * (n * n + 1)),
        "every channel",
    ),
    (
        check.parameters,
        counts(right_convolution, lambda c, n, m, k: m * n * n * (c * k * k + 1)),
        "looks at every input",
    ),
    (check.parameters, counts(right_full, right_convolution), "changed places"),
    (check.parameters, counts(lambda *_: 7, right_full), "for each product"),
    (check.receptive_field, lambda layers: sum(k for k, _ in layers), "overlap"),
    (check.receptive_field, seen(strides=False), "one step is two pixels"),
    (
        check.receptive_field,
        lambda layers: 1 + sum((k - 1) * s for k, s in layers),
        "own stride comes after",
    ),
    (check.receptive_field, lambda layers: layers[-1][0], "count pixels"),
    (check.receptive_field, seen(widened_first=True), "start from one output"),
    (
        check.cross_entropy,
        lambda z, y: functional.cross_entropy(z, y, reduction="sum"),
        "the mean is wanted",
    ),
    (check.cross_entropy, lambda z, y: -functional.cross_entropy(z, y), "wrong sign"),
    (
        check.cross_entropy,
        lambda z, y: functional.nll_loss(z.softmax(1), y),
        "logarithm is missing",
    ),
    (check.cross_entropy, functional.nll_loss, "softmax is missing"),
    (
        check.cross_entropy,
        lambda z, y: functional.nll_loss(z.log_softmax(0), y),
        "over the images",
    ),
    (check.cross_entropy, lambda z, y: -z.log_softmax(1).mean(), "counts all classes"),
    (
        check.cross_entropy,
        lambda z, y: functional.cross_entropy(z.softmax(1), y),
        "taken twice",
    ),
    (check.cross_entropy, lambda z, y: z.mean(), "It is "),
    (bug.fitted_line, descended(cleared=False), "all gradients so far"),
    (bug.fitted_line, descended(sign=1.0), "It climbs"),
    (bug.fitted_line, descended(extra=-1), "one step less"),
    (bug.fitted_line, descended(extra=1), "one step more"),
    (bug.fitted_line, descended(total=True), "their mean is wanted"),
    (bug.fitted_line, lambda *a: descended()(*a).flip(0), "have changed places"),
    (bug.fitted_line, lambda *a: torch.zeros(2), "did not move"),
    (bug.fitted_line, lambda *a: torch.ones(2), "It ends at (1.000, 1.000)"),
    (bug.planes, lambda x: x.reshape(3, *x.shape[:2]), "move no axis"),
    (bug.planes, lambda x: x.permute(2, 1, 0), "Rows and columns"),
    (bug.planes, lambda x: x.permute(2, 0, 1).flip(0), "Red has become blue"),
    (bug.planes, lambda x: x.permute(2, 0, 1) / 255, "plane by plane"),
    (bug.dropout, dropping(coins, tested=1.0), "0.5 in training and 1.0"),
    (bug.dropout, lambda x, training: x * coins(x), "still leaves units out"),
    (bug.dropout, dropping(torch.ones_like), "0% of the units"),
    (bug.dropout, dropping(the_same_coins), "draw anew"),
    (bug.dropout, dropping(lambda x: coins(x) * torch.rand(x.shape)), "one constant"),
    (bug.dropout, dropping(lambda x: coins(x[:1])), "Whole rows or columns"),
]


@pytest.mark.parametrize(("exercise", "attempt", "words"), WRONG)
def test_a_wrong_attempt_is_told_why(exercise, attempt, words, assert_told):
    torch.manual_seed(0)
    assert_told(exercise, attempt, words)


@pytest.mark.parametrize(("kept", "tested"), [(1.0, 0.5), (2.0, 1.0)])
def test_dropout_of_2012_and_of_today_are_both_right(kept, tested, capsys):
    torch.manual_seed(0)
    bug.dropout(dropping(lambda x: kept * coins(x), tested))
    assert capsys.readouterr().out == "dropout: right\n"
