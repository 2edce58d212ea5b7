"""Retrieval taken of a network, or of the pixels alone, as arrays to keep (§6.1)."""

from __future__ import annotations

from torch import nn

from alexnet_lib.data import Dataset, Split
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.evaluation.codes import coded, random_axes
from alexnet_lib.evaluation.features import outputs_of, pixels_of
from alexnet_lib.evaluation.retrieval import Labels, Search, Vectors, search
from alexnet_lib.experiments.kept import NEIGHBOURS, PixelRetrieval, Retrieval
from alexnet_lib.runs.artifacts import Arrays, half, small


def by_layers(
    asked: Retrieval, net: nn.Sequential, dataset: Dataset, views: CentreViews
) -> Arrays:
    """The arrays that `Retrieval` names, of a network that this process has whole.

    In float32, whatever it was trained in: neighbours may be nearer to each other than
    bfloat16 can tell.
    """
    splits = _searched(dataset, asked.images)
    seen = [outputs_of(net, asked.layers, s, views) for s in splits]
    labels = Labels(*(split.labels for split in splits))
    arrays: Arrays = {"labels": small(labels.test)}
    ways = {asked.layers[0]: {"batches": asked.batches, "codes": asked.codes}}
    for layer in asked.layers:
        vectors = Vectors(*(outputs[layer] for outputs in seen))
        found = search(vectors, labels, NEIGHBOURS, **ways.get(layer, {}))
        arrays |= _counts(layer, found)
        if layer in ways:
            arrays["nearest"] = small(found.nearest.indices)
            arrays["distances"] = half(found.nearest.distances)
    return arrays


def by_pixels(asked: PixelRetrieval, dataset: Dataset, views: CentreViews) -> Arrays:
    """The arrays that `PixelRetrieval` names."""
    splits = _searched(dataset, asked.images)
    labels = Labels(*(split.labels for split in splits))
    pixels = Vectors(*(pixels_of(split, views) for split in splits))
    axes = random_axes(pixels.train.shape[1], asked.random)
    mixed = Vectors(*(coded(each, axes) for each in pixels))
    exact = search(pixels, labels, NEIGHBOURS)
    return {
        "labels": small(labels.test),
        "nearest": small(exact.nearest.indices),
        **_counts("pixels", exact),
        **_counts("pixels_random", search(mixed, labels, NEIGHBOURS)),
    }


def _searched(dataset: Dataset, most: int) -> tuple[Split, Split]:
    """The test images that are asked for, and the training images searched."""
    both = dataset.test, dataset.train
    test, train = (s if len(s) <= most else s.every_nth(most) for s in both)
    return test, train


def _counts(layer: str, found: Search) -> Arrays:
    """Count the nearest that are right, and those that a shortcut finds, by name."""
    return {
        f"{what}_{layer}" + ("" if way == "exact" else f"_{way}"): small(counts)
        for what, of_ways in (("hits", found.hits), ("found", found.found))
        for way, counts in of_ways.items()
    }
