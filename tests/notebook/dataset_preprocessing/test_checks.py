"""Checks of notebook 01 tell wrong from right, and say in what way."""

import copy

import pytest
import torch
from torch.utils.data import Subset

from alexnet_lib.data import views
from alexnet_lib.notebook.dataset_preprocessing import bugs as bug
from alexnet_lib.notebook.dataset_preprocessing import checks as check


def longer_side(height, width, side):
    long = max(height, width)
    return round(height * side / long), round(width * side / long)


def cut_off(height, width, side):
    short = min(height, width)
    return height * side // short, width * side // short


def shared_transform(pictures, train, val, random_view, centre_view):
    splits = Subset(pictures, train), Subset(pictures, val)
    splits[0].dataset.transform = random_view
    splits[1].dataset.transform = centre_view
    return splits


def swapped(pictures, train, val, random_view, centre_view):
    splits = Subset(copy.copy(pictures), train), Subset(pictures, val)
    splits[0].dataset.transform = random_view
    splits[1].dataset.transform = random_view
    return splits


def same_pictures(pictures, train, val, random_view, centre_view):
    return [
        Subset(bug.Pictures(pictures.images, view), train)
        for view in (random_view, centre_view)
    ]


def upside_down(image, size):
    five = views.ten_views(image, size)[:5]
    return torch.cat([five, five.flip(-2)])


def no_mirrors(image, size):
    five = views.ten_views(image, size)[:5]
    return torch.cat([five, five])


def centre_twice(image, size):
    ten = views.ten_views(image, size)
    return torch.cat([ten[:3], ten[4:5], ten[4:5], ten[5:]])


def shifts(scale):
    def attempt(covariance, draws):
        values, vectors = torch.linalg.eigh(covariance)
        return scale(draws, values, vectors)

    return attempt


def greater(scores, labels):
    own = scores.gather(1, labels[:, None])
    return ((scores > own).sum(1) >= 5).double().mean()


def greater_or_equal(scores, labels):
    own = scores.gather(1, labels[:, None])
    return ((scores >= own).sum(1) > 5).double().mean()


def by_sorting(scores, labels):
    order = scores.argsort(dim=1, descending=True, stable=True)
    return 1 - (order[:, :5] == labels[:, None]).any(1).double().mean()


def forgets_nan(scores, labels):
    own = scores.gather(1, labels[:, None])
    tied = (scores == own).sum(1).clamp(min=1)
    share = (5 - (scores > own).sum(1)) / tied
    return 1 - share.clamp(0, 1).double().mean()


def top1(scores, labels):
    return (scores.argmax(1) != labels).double().mean()


def error_by(compare):
    def attempt(scores, labels, k):
        own = scores.gather(1, labels[:, None])
        return compare((scores > own).sum(1), k)

    return attempt


def bytes_sum(shards):
    everything = torch.cat(shards)
    return everything.sum(0, dtype=torch.uint8) / len(everything)


WRONG = [
    (check.size_after_rescaling, lambda h, w, s: cut_off(w, h, s), "changed places"),
    (check.size_after_rescaling, longer_side, "shorter side"),
    (check.size_after_rescaling, cut_off, "Round to the nearest"),
    (check.size_after_rescaling, lambda h, w, s: (h, w), "becomes"),
    (
        check.mean_of_shards,
        lambda shards: torch.cat(shards).float().mean(),
        "(3, 4, 4)",
    ),
    (
        check.mean_of_shards,
        lambda shards: torch.cat(shards).float().mean(0).byte(),
        "uint8 came. Wanted: one of floating point",
    ),
    (
        check.mean_of_shards,
        lambda shards: torch.stack([s.float().mean(0) for s in shards]).mean(0),
        "mean of the shards' means",
    ),
    (check.mean_of_shards, bytes_sum, "wraps at 256"),
    (check.mean_of_shards, lambda shards: shards[0].float().mean(0), "off by up to"),
    (
        check.ten_views,
        lambda image, size: views.ten_views(image, size)[:5],
        "(10, 3, 6, 6)",
    ),
    (check.ten_views, upside_down, "on their heads"),
    (check.ten_views, no_mirrors, "mirror of the upper left"),
    (check.ten_views, centre_twice, "lower right view is not"),
    (
        check.colour_shifts,
        shifts(lambda a, values, vectors: 0.1 * (a * values) @ vectors.T),
        "squared grey levels",
    ),
    (
        check.colour_shifts,
        shifts(lambda a, values, vectors: (a * values.sqrt()) @ vectors.T),
        "Ten times",
    ),
    (
        check.colour_shifts,
        shifts(lambda a, values, vectors: 0.1 * (a * values.sqrt()) @ vectors),
        "columns",
    ),
    (check.colour_shifts, lambda covariance, a: 0.1 * a, "do not vary"),
    (check.colour_shifts, lambda covariance, a: a[0], "(3, 3)"),
    (
        check.top_k_error,
        error_by(lambda higher, k: (higher < k).double().mean()),
        "share of pictures that are right",
    ),
    (
        check.top_k_error,
        error_by(lambda higher, k: (higher >= k).sum()),
        "does not divide",
    ),
    (
        check.top_k_error,
        error_by(lambda higher, k: (higher + 1 >= k).double().mean()),
        "own score counts",
    ),
    (
        check.top_k_error,
        error_by(lambda higher, k: (higher > k).double().mean()),
        "has missed the first k",
    ),
    (
        check.top_k_error,
        error_by(lambda higher, k: (higher >= 1).double().mean()),
        "Whatever k is",
    ),
    (check.top_k_error, error_by(lambda higher, k: 0.5), "not 0.500"),
    (check.top_k_error, error_by(lambda higher, k: higher >= k), "Wanted: a number"),
    (
        bug.mean_of_the_training_set,
        lambda images, augment: (
            torch.stack([augment(i) for i in images]).float().mean(0)
        ),
        "depends on the draws",
    ),
    (
        bug.mean_of_the_training_set,
        lambda images, augment: images.float().mean((0, 2, 3)),
        "Wanted: a tensor of shape (3, 4, 4)",
    ),
    (
        bug.mean_of_the_training_set,
        lambda images, augment: images[0].float(),
        "not the mean",
    ),
    (bug.views_of_each_split, shared_transform, "training split gives 'centre"),
    (bug.views_of_each_split, swapped, "validation split gives 'random"),
    (bug.views_of_each_split, same_pictures, "should be picture 3"),
    (bug.top5_error, top1, "without ties"),
    (bug.top5_error, greater, "no error at all"),
    (bug.top5_error, greater_or_equal, "right by luck"),
    (bug.top5_error, by_sorting, "tie for three places"),
    (bug.top5_error, forgets_nan, "NaN"),
]


@pytest.mark.parametrize(("exercise", "attempt", "words"), WRONG)
def test_a_wrong_attempt_is_told_why(exercise, attempt, words, assert_told):
    assert_told(exercise, attempt, words)
