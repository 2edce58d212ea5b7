"""What notebook 06's pictures show, drawn again here from the numbers."""

import itertools

import numpy as np
import pytest
import torch

from alexnet_lib.notebook.reducing_overfitting import (
    colour,
    dropout,
    race,
    ten_views,
    views,
)
from tests.drawn import Panel, assert_shows, unnoticed


def shown(image):
    """(3, H, W) grey levels as a panel holds them."""
    return np.clip(image.permute(1, 2, 0).numpy(), 0, 255) / 255


@pytest.mark.parametrize(
    ("down", "across", "mirrored"), [(0, 32, "no"), (7, 19, "yes"), (32, 0, "yes")]
)
def test_a_window_is_framed_and_seen(down, across, mirrored):
    square = views.square("desert", seed=5)
    side = views.WINDOW
    seen = square[:, down : down + side, across : across + side]
    seen = seen.flip(-1) if mirrored == "yes" else seen
    picture = views.window(square, down, across, mirrored)
    frame = (across, down, side, side)
    panels = [Panel(images=[shown(square)], boxes=[frame]), Panel(images=[shown(seen)])]
    words = [f"row {down}, column {across}"]
    assert ("mirrored" in picture.alt) == (mirrored == "yes")
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []


def test_likeness_is_drawn_against_the_shift():
    by_layer = {
        name: torch.linspace(1, end, views.ROOM + 1)
        for name, end in (("pixels", 0.84), ("conv1", 0.1), ("pool1", -0.2))
    }
    picture = views.alike(by_layer)
    lines = [list(enumerate(values.tolist())) for values in by_layer.values()]
    panels = [Panel(lines=lines)]
    words = ["pixels 0.98 at 4 pixels, 0.84 at 32", "pool1 0.85 at 4 pixels, -0.20 at"]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []


def test_axes_go_through_the_mean_colour_two_deviations_to_either_side():
    generator = torch.Generator().manual_seed(1)
    pixels = 120 + 20 * torch.randn(4000, 3, generator=generator, dtype=torch.float64)
    axes = torch.linalg.qr(torch.rand(3, 3, generator=generator).double())[0]
    deviations = torch.tensor([30.0, 20.0, 10.0])
    picture = colour.space(pixels, axes, deviations, turn=-40, tilt=60)
    (ax,) = picture.figure.axes
    for k, line in enumerate(ax.lines):
        ends = np.array(line.get_data_3d()).T
        np.testing.assert_allclose(ends.mean(0), pixels.mean(0), atol=1e-5)
        along = (ends[1] - ends[0]) / (4 * deviations[k].item())
        np.testing.assert_allclose(along, axes[:, k], atol=1e-5)
    assert len(ax.lines) == 3
    (dots,) = ax.collections
    assert {tuple(p) for p in np.array(dots._offsets3d).T} <= set(
        map(tuple, pixels.tolist())
    )
    assert (ax.azim, ax.elev) == (-40, 60)
    assert "30, 20, 10 grey levels; seen from -40 and 60 degrees" in picture.alt


@pytest.mark.parametrize(("hidden", "scale"), [(1, 2.0), (2, 1.0)])
def test_bars_are_the_three_answers(hidden, scale):
    picture = dropout.mean_net(hidden, scale)
    means = dropout.HiddenLayers.drawn(hidden, scale).means(dropout.some_inputs(1))
    answers = [means.halved[0], means.geometric[0], means.arithmetic[0]]
    boxes = [
        (at + 0.27 * (place - 1) - 0.125, 0, 0.25, answer[at].item())
        for place, answer in enumerate(answers)
        for at in range(dropout.CLASSES)
    ]
    quarter = 1 / dropout.CLASSES
    panels = [Panel(lines=[[(0, quarter), (1, quarter)]], boxes=boxes)]
    words = [f"{2 ** (hidden * dropout.UNITS):,} nets"]
    words += [", ".join(f"{p:.3f}" for p in answer.tolist()) for answer in answers]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []


def test_ten_views_stand_with_their_answers():
    _, (squares, labels) = race.images()
    scores = torch.randn(10, 4, generator=torch.Generator().manual_seed(2))
    picture = ten_views.ten(squares[3], scores, int(labels[3]), "abcd")
    ends = (0, race.SIDE - race.WINDOW)
    places = [*itertools.product(ends, ends), (ends[1] // 2, ends[1] // 2)]
    plain = [squares[3][:, y : y + race.WINDOW, x : x + race.WINDOW] for y, x in places]
    panels = [
        Panel(images=[np.clip(view.permute(1, 2, 0).numpy() / 4 + 0.5, 0, 1)])
        for view in [*plain, *(view.flip(-1) for view in plain)]
    ]
    best = scores.softmax(1).max(1)
    words = [
        f"{'abcd'[i]} {p:.2f}" for p, i in zip(best.values, best.indices, strict=True)
    ]
    assert_shows(picture, panels, words)
    titles = [ax.get_title() for ax in picture.figure.axes]
    assert titles == words
    assert unnoticed(picture, panels, words) == []


@pytest.mark.parametrize(("lone", "others"), [(0.0, 1.0), (12.0, 1.0), (20.0, 0.5)])
def test_two_ways_to_average_are_drawn(lone, others):
    picture = ten_views.two_means(lone, others)
    each = [1 / (1 + np.exp(others))] * 9 + [1 / (1 + np.exp(-lone))]
    by_scores = 1 / (1 + np.exp((9 * others - lone) / 10))
    boxes = [(view - 0.4, 0, 0.8, p) for view, p in enumerate(each, start=1)]
    lines = [[(0, value), (1, value)] for value in (np.mean(each), by_scores)]
    panels = [Panel(lines=lines, boxes=boxes)]
    words = [
        f"B has {np.mean(each):.2f} if probabilities",
        f"{by_scores:.2f} if scores",
    ]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []


def test_the_race_is_drawn_epoch_by_epoch():
    errors = {
        "a": race.Errors([0.5, 0.25, 0.1], [0.6, 0.5, 0.4]),
        "b": race.Errors([0.5, 0.3], [0.6, 0.45]),
    }
    picture = race.curves(errors)
    guessing = [(0, 75), (1, 75)]
    panels = [
        Panel(
            lines=[
                *(
                    [
                        (race.EVERY * (i + 1), 100 * rate)
                        for i, rate in enumerate(getattr(e, name))
                    ]
                    for e in errors.values()
                ),
                guessing,
            ]
        )
        for name in ("training", "test")
    ]
    words = ["a 28% and 50% at the end", "b 40% and 52% at the end"]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []
    assert "at the end: " not in race.curves({}).alt
