"""Figure 4 shows the pictures, bars and distances that it is given."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from alexnet_lib.figures import figure4
from alexnet_lib.figures.picture import ORANGE
from tests.drawn import Panel, assert_shows, unnoticed

CLASSES = tuple("abcdefgh")
RNG = np.random.default_rng(3)
IMAGES = RNG.integers(0, 256, (3, 3, 6, 6), dtype=np.uint8)
PROBABILITIES = np.array(
    [
        [0.4, 0.25, 0.15, 0.1, 0.05, 0.03, 0.01, 0.01],
        [0.05, 0.05, 0.3, 0.2, 0.1, 0.15, 0.08, 0.07],
        [0.125] * 8,
    ]
)
LABELS = np.array([0, 1, 7])


def test_predictions_are_the_five_most_probable_and_the_true_one_is_marked():
    picture = figure4.predictions(IMAGES, PROBABILITIES, LABELS, CLASSES, "title")
    tops = [[0, 1, 2, 3, 4], [2, 3, 5, 4, 6], [0, 1, 2, 3, 4]]
    panels = [Panel(images=[np.moveaxis(image, 0, -1)]) for image in IMAGES]
    for row, top in zip(PROBABILITIES, tops, strict=True):
        panels.append(
            Panel(boxes=[(0, i - 0.4, row[c], 0.8) for i, c in enumerate(top)])
        )
    words = [
        "a is number 1, first is a 0.40",
        "b is not among the 5, first is c 0.30",
        "h is not among the 5",
        "title",
    ]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []
    for ax, top, label in zip(picture.figure.axes[3:], tops, LABELS, strict=True):
        assert [t.get_text() for t in ax.texts] == [CLASSES[c] for c in top]
        marked = [p.get_facecolor()[:3] == to_rgb(ORANGE) for p in ax.patches]
        assert marked == [c == label for c in top]


def test_retrieval_has_a_row_a_query_with_distances_and_other_classes_framed():
    near = RNG.integers(0, 256, (2, 4, 3, 6, 6), dtype=np.uint8)
    distances = np.sort(RNG.random((2, 4)) * 100, axis=1)
    found = np.array([[0, 0, 1, 0], [3, 1, 1, 2]])
    picture = figure4.retrieval(
        IMAGES[:2], near, distances, (LABELS[:2], found), CLASSES
    )
    rows = [[query, *of] for query, of in zip(IMAGES[:2], near, strict=True)]
    shown = [np.moveaxis(image, 0, -1) for row in rows for image in row]
    words = [
        f"a: 3 of 4 are of its class, distances {distances[0, 0]:.3g} to",
        f"b: 2 of 4 are of its class, distances {distances[1, 0]:.3g} to",
    ]
    panels = [Panel(images=[image]) for image in shown]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []
    axes = picture.figure.axes
    titles = [ax.get_title() for ax in axes]
    assert titles[3] == f"{distances[0, 2]:.3g} b"
    assert titles[4] == f"{distances[0, 3]:.3g}"
    framed = [to_rgb(ax.spines["top"].get_edgecolor()) == to_rgb(ORANGE) for ax in axes]
    of_another_class = {3, 6, 9}
    assert framed == [i in of_another_class for i in range(10)]


def test_grey_pictures_are_shown_grey():
    picture = figure4.predictions(IMAGES[:, :1], PROBABILITIES, LABELS, CLASSES)
    image = picture.figure.axes[0].images[0]
    assert image.get_cmap().name == "gray"
    assert np.asarray(image.get_array()).squeeze() == pytest.approx(IMAGES[0, 0])
