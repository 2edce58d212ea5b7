"""What notebook 00 draws of learning, against NumPy and closed forms."""

import math

import numpy as np
import pytest

from alexnet_lib.notebook.building_blocks import learning, measures
from tests.drawn import Panel, assert_shows, panel_of, unnoticed

X, Y = learning.POINTS_X.numpy(), learning.POINTS_Y.numpy()


@pytest.mark.parametrize(("slope", "intercept"), [(0.0, 0.0), (-1.5, 3.0)])
def test_a_line_and_how_far_it_misses(slope, intercept):
    picture = learning.line(slope, intercept)
    panel = panel_of(picture.figure.axes[0])
    guess = slope * X + intercept
    np.testing.assert_allclose(panel.lines[0], np.column_stack([X, guess]))
    np.testing.assert_allclose(panel.lines[1], np.column_stack([X, Y]))
    assert f"miss {np.mean((guess - Y) ** 2):.2f}" in picture.alt


def test_the_points_best_line_is_where_the_miss_is_smallest():
    slope, intercept = np.polyfit(X, Y, 1)
    best = np.mean((slope * X + intercept - Y) ** 2)
    assert f"miss {best:.2f}" in learning.line(slope, intercept).alt
    assert slope == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(("leak", "second"), [(0.1, -0.5), (0.5, 1.0)])
def test_units_that_bend(leak, second):
    x = np.linspace(-3, 3, 121)
    curves = (
        np.maximum(x, 0),
        np.maximum(x, 0) + leak * np.minimum(x, 0),
        np.maximum(x, second * x),
    )
    zero = [(0, 0), (1, 0)]
    panels = [Panel([zero, np.column_stack([x, y])]) for y in curves]
    words = [f"slope {leak:.2f} below 0", f"max(x, {second:.2f} x)"]
    assert_shows(learning.units(leak, second), panels, words)


def test_gradients_on_their_way_back():
    picture = learning.depth(6)
    (panel,) = map(panel_of, picture.figure.axes)
    for points, unit in zip(panel.lines, ("logistic", "tanh", "relu"), strict=True):
        sizes = [*measures.gradients_by_depth(unit, 6), 1.0]
        np.testing.assert_allclose(points, np.column_stack([range(7), sizes]))
        assert f"{sizes[0]:.0e}" in picture.alt


@pytest.mark.parametrize(
    ("kind", "size", "corner", "plain"),
    [
        ("max", 2, 9, 3),
        ("average", 2, (1 + 2 + 1 + 9) / 4, 3),
        ("L2", 2, math.sqrt(1 + 4 + 1 + 81), 6),
        ("max", 4, 9, 3),
        ("average", 4, (16 + 9 - 2) / 16, 3),
    ],
)
def test_what_pooling_keeps_of_a_spot(kind, size, corner, plain):
    picture = learning.pooling(kind, size, 9.0)
    whole, small = (panel_of(ax).images[0] for ax in picture.figure.axes)
    assert whole[1, 1] == 9
    assert small.shape == (8 // size, 8 // size)
    assert small[0, 0] == pytest.approx(corner)
    assert small[-1, -1] == pytest.approx(plain)
    assert f"gives {corner:.2f}, one of threes gives {plain:.2f}" in picture.alt
    for ax, values in zip(picture.figure.axes, (whole, small), strict=True):
        told = [text.get_text() for text in ax.texts]
        assert told == [f"{value:.3g}" for value in values.flat]


@pytest.mark.parametrize(("disc", "cross"), [(1.0, 0.0), (-5.0, 5.0)])
def test_scores_their_softmax_and_the_loss(disc, cross):
    scores = np.array([disc, cross, 0, -1])
    chances = np.exp(scores) / np.exp(scores).sum()

    def bars(heights):
        return [(i - 0.4, 0, 0.8, height) for i, height in enumerate(heights)]

    panels = [Panel([[(0, 0), (1, 0)]], bars(scores)), Panel(boxes=bars(chances))]
    words = [f"disc {chances[0]:.2f}, cross {chances[1]:.2f}"]
    words += [f"cross-entropy {-math.log(chances[0]):.2f}"]
    picture = learning.softmax(disc, cross)
    assert_shows(picture, panels, words)
    assert picture.figure.get_suptitle().endswith(words[1])


@pytest.mark.parametrize("parameters", [1, 2, 5])
def test_a_curve_of_so_many_parameters(parameters):
    picture = learning.polynomial(parameters)
    curve, fitted, new = panel_of(picture.figure.axes[0]).lines
    powers = np.vander(fitted[:, 0], parameters)
    weights, *_ = np.linalg.lstsq(powers, fitted[:, 1])
    expected = np.vander(curve[:, 0], parameters) @ weights
    np.testing.assert_allclose(curve[:, 1], expected, atol=1e-8)
    misses = [
        np.sqrt(np.mean((np.vander(p[:, 0], parameters) @ weights - p[:, 1]) ** 2))
        for p in (fitted, new)
    ]
    assert f"miss {misses[0]:.2f} where fitted, {misses[1]:.2f} new" in picture.alt
    assert (len(fitted), len(new)) == (10, 40)


def test_ten_parameters_go_through_ten_points_and_miss_the_rest():
    words = learning.polynomial(10).alt
    assert "miss 0.00 where fitted" in words
    assert float(words.split()[-2]) > float(learning.polynomial(4).alt.split()[-2])


def test_errors_are_drawn_in_percent_by_epoch():
    rates = {"training": [0.5, 0.25], "test": [0.75, 0.5]}
    guessing = [(0, 75), (1, 75)]
    lines = [[(1, 50), (2, 25)], [(1, 75), (2, 50)], guessing]
    picture = learning.errors(rates)
    panels, words = [Panel(lines)], ["training, test"]
    assert_shows(picture, panels, words)
    assert not unnoticed(picture, panels, words)


def test_errors_may_be_drawn_before_the_first_epoch():
    panel = panel_of(learning.errors({"training": [], "test": []}).figure.axes[0])
    assert [len(line) for line in panel.lines] == [0, 0, 2]
