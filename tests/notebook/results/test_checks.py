"""Checks of exercises tell wrong from right, and say in what way.

That they accept the solutions is tested by the solution notebooks.
"""

import math

import pytest
import torch

from alexnet_lib.notebook.results import bugs as bug
from alexnet_lib.notebook.results import checks as check


def error_of(scores, labels):
    return (scores.argmax(1) != labels).double().mean()


def mean_of_errors(each, labels):
    return sum(error_of(net, labels) for net in each) / len(each)


def by_votes(each, labels):
    return error_of(torch.nn.functional.one_hot(each.argmax(2), 8).sum(0), labels)


def by_largest(queries, among, k):
    return (queries @ among.T).topk(k).indices


def by_angle(queries, among, k):
    return torch.cosine_similarity(queries[:, None], among[None], 2).topk(k).indices


def of_weights(kernel, patches):
    chroma = kernel - kernel.mean(0)
    return chroma.square().sum() / kernel.square().sum()


def parts(kernel, patches):
    grey = patches.mean(1, keepdim=True).expand_as(patches)
    return [(part * kernel).sum((1, 2, 3)) for part in (patches - grey, grey)]


def shares(kernel, patches, of):
    colour, grey = map(of, parts(kernel, patches))
    return colour / (colour + grey)


def by_class(of):
    def attempt(found, labels, classes):
        fits = (found == labels[:, None]).double()
        return torch.stack([of(fits, found, labels, c) for c in range(classes)])

    return attempt


def std(numbers):
    return torch.tensor(numbers).std().item()


def one_scale(kernels, axes):
    low, high = kernels.amin(axes, keepdim=True), kernels.amax(axes, keepdim=True)
    return ((kernels - low) / (high - low)).permute(0, 2, 3, 1)


def left_in_evaluation(net, images):
    return net.eval()(images)


def always_training_after(net, images):
    found = net.eval()(images)
    net.train()
    return found


def first_of_ties(scores, labels):
    return (scores.topk(5).indices != labels[:, None]).all(1).double().mean()


def ties_right(scores, labels):
    own = scores.gather(1, labels[:, None])
    return ((scores > own).sum(1) >= 5).double().mean()


def ties_wrong(scores, labels):
    own = scores.gather(1, labels[:, None])
    return ((scores >= own).sum(1) > 5).double().mean()


def with_itself(vectors, k):
    return torch.cdist(vectors, vectors).topk(k, largest=False).indices


def all_but_the_first(vectors, k):
    return torch.cdist(vectors, vectors).topk(k + 1, largest=False).indices[:, 1:]


WRONG = [
    (check.ensemble_error, mean_of_errors, "the nets' own errors"),
    (check.ensemble_error, by_votes, "the error of a vote"),
    (
        check.ensemble_error,
        lambda p, y: error_of(p.log().mean(0), y),
        "averages logarithms",
    ),
    (check.ensemble_error, lambda p, y: error_of(p.amax(0), y), "most certain"),
    (check.ensemble_error, lambda p, y: 1 - error_of(p.mean(0), y), "right answers"),
    (check.ensemble_error, lambda p, y: 100 * error_of(p.mean(0), y), "per cent"),
    (check.ensemble_error, lambda p, y: 0.123, "It gives 0.123"),
    (check.ensemble_error, lambda p, y: None, "is a `return` missing"),
    (check.ensemble_error, lambda p, y: p.mean(0), "Wanted: a number"),
    (check.nearest, by_largest, "long vectors win"),
    (check.nearest, by_angle, "smallest angle"),
    (check.nearest, lambda q, a, k: torch.cdist(q, a).topk(k).indices, "farthest"),
    (
        check.nearest,
        lambda q, a, k: torch.cdist(q, a, p=1).topk(k, largest=False).indices,
        "absolute differences",
    ),
    (
        check.nearest,
        lambda q, a, k: torch.cdist(q, a).topk(k, largest=False).indices.flip(1),
        "comes last",
    ),
    (check.nearest, lambda q, a, k: torch.zeros(len(q), k).long(), "Of 9 queries"),
    (check.nearest, lambda q, a, k: torch.cdist(q, a).argmin(1), "of shape (9,)"),
    (check.nearest, lambda q, a, k: None, "is a `return` missing"),
    (
        check.jackknife_error,
        lambda w: std(w) / math.sqrt(len(w)),
        "nearly all of their",
    ),
    (check.jackknife_error, std, "their deviation; a factor"),
    (
        check.jackknife_error,
        lambda w: torch.tensor(w).std(correction=0).item(),
        "n in the divisor",
    ),
    (
        check.jackknife_error,
        lambda w: (len(w) - 1) ** 2 / len(w) * std(w) ** 2,
        "the variance",
    ),
    (check.jackknife_error, lambda w: 1.0, "it makes 1.0000"),
    (check.jackknife_error, lambda w: None, "is a `return` missing"),
    (check.jackknife_error, lambda w: w, "Wanted: a number"),
    (check.colour_share, of_weights, "the kernel's weights"),
    (
        check.colour_share,
        lambda k, p: 1 - shares(k, p, torch.var),
        "the grey part's share",
    ),
    (check.colour_share, lambda k, p: shares(k, p, torch.std), "of deviations"),
    (
        check.colour_share,
        lambda k, p: shares(k, p, lambda x: x.square().mean()),
        "shares of mean squares",
    ),
    (check.colour_share, lambda k, p: 0.9, "It gives 0.900"),
    (check.colour_share, lambda k, p: None, "is a `return` missing"),
    (check.colour_share, lambda k, p: k, "Wanted: a number"),
    (
        check.precision_by_class,
        by_class(lambda fits, found, labels, c: fits.mean()),
        "one share for all",
    ),
    (
        check.precision_by_class,
        by_class(lambda fits, found, labels, c: fits[found == c].mean()),
        "the neighbours' class",
    ),
    (
        check.precision_by_class,
        by_class(lambda fits, found, labels, c: 6 * fits[labels == c].mean()),
        "numbers of six",
    ),
    (
        check.precision_by_class,
        by_class(lambda fits, found, labels, c: fits[labels == c].amax(1).mean()),
        "any of the six",
    ),
    (
        check.precision_by_class,
        by_class(lambda fits, found, labels, c: fits[labels == c, 0].mean()),
        "the nearest alone",
    ),
    (
        check.precision_by_class,
        by_class(lambda fits, found, labels, c: fits[labels == c].sum() / fits.numel()),
        "divides by all queries",
    ),
    (check.precision_by_class, lambda f, y, c: torch.zeros(c), "the shares are"),
    (check.precision_by_class, lambda f, y, c: None, "is a `return` missing"),
    (check.precision_by_class, lambda f, y, c: 0.5, "of shape (4)"),
    (bug.ensemble_of_probabilities, lambda z: z.mean(0).softmax(1), "are averaged"),
    (bug.ensemble_of_probabilities, lambda z: z.softmax(2).sum(0), "add up to 1"),
    (bug.ensemble_of_probabilities, lambda z: z.softmax(0).mean(0), "over the nets"),
    (bug.ensemble_of_probabilities, lambda z: z.softmax(1).mean(0), "over the images"),
    (bug.ensemble_of_probabilities, lambda z: z.mean(0), "the mean logits"),
    (bug.ensemble_of_probabilities, lambda z: z[0].softmax(1), "first net's answer"),
    (bug.ensemble_of_probabilities, lambda z: z.amax(0), "not the mean of the"),
    (bug.ensemble_of_probabilities, lambda z: z.softmax(2), "of shape (7, 5)"),
    (bug.ensemble_of_probabilities, lambda z: None, "is a `return` missing"),
    (bug.top5_error, ties_right, "every tie counts as right"),
    (bug.top5_error, ties_wrong, "every tie counts as wrong"),
    (
        bug.top5_error,
        lambda s, y: first_of_ties(s - 1e-6 * torch.arange(12), y),
        "order of the classes",
    ),
    (bug.top5_error, lambda s, y: 1 - ties_right(s, y), "that is right"),
    (bug.top5_error, lambda s, y: 100 * ties_right(s, y), "per cent"),
    (bug.top5_error, lambda s, y: 2.0, "it says 2.00"),
    (bug.top5_error, lambda s, y: None, "is a `return` missing"),
    (bug.nearest_others, with_itself, "Each vector finds itself"),
    (bug.nearest_others, all_but_the_first, "still finds itself"),
    (
        bug.nearest_others,
        lambda v, k: (v @ v.T).fill_diagonal_(-torch.inf).topk(k).indices,
        "have other neighbours",
    ),
    (bug.nearest_others, lambda v, k: None, "is a `return` missing"),
    (bug.nearest_others, lambda v, k: torch.cdist(v, v), "of shape (24, 4)"),
    (bug.kernels_on_one_scale, lambda w: one_scale(w, (1, 2, 3)), "of its own: one"),
    (bug.kernels_on_one_scale, lambda w: one_scale(w, (2, 3)), "colour of each kernel"),
    (bug.kernels_on_one_scale, lambda w: one_scale(w, (0, 2, 3)), "Each colour has"),
    (
        bug.kernels_on_one_scale,
        lambda w: (w / w.max()).clamp(0).permute(0, 2, 3, 1),
        "below 0 are cut off",
    ),
    (
        bug.kernels_on_one_scale,
        lambda w: (w.abs() / w.abs().max()).permute(0, 2, 3, 1),
        "the absolute weight",
    ),
    (
        bug.kernels_on_one_scale,
        lambda w: ((w - w.min()) / (w.max() - w.min())).reshape(6, 4, 4, 3),
        "use permute",
    ),
    (bug.kernels_on_one_scale, lambda w: w.permute(0, 2, 3, 1), "on one scale"),
    (bug.kernels_on_one_scale, lambda w: w, "of shape (6, 4, 4, 3)"),
    (bug.kernels_on_one_scale, lambda w: None, "is a `return` missing"),
    (bug.features_without_dropout, lambda net, x: net(x), "dropout is on"),
    (bug.features_without_dropout, left_in_evaluation, "was in training mode"),
    (bug.features_without_dropout, always_training_after, "was in evaluation mode"),
    (bug.features_without_dropout, lambda net, x: net[:2](x) * 2, "gives at test"),
    (bug.features_without_dropout, lambda net, x: None, "is a `return` missing"),
]


@pytest.mark.parametrize(("exercise", "attempt", "words"), WRONG)
def test_a_wrong_attempt_is_told_why(exercise, attempt, words, assert_told):
    assert_told(exercise, attempt, words)
