"""The pictures to play with show averages and searches as they are computed here."""

import math

import numpy as np
import pytest

from alexnet_lib.ledger.results_tables import reported
from alexnet_lib.notebook.results import pictures
from tests.drawn import Panel, assert_shows, panel_of, unnoticed


def softmax(logits):
    e = [math.exp(x - max(logits)) for x in logits]
    return [x / sum(e) for x in e]


@pytest.mark.parametrize(("certainty", "last"), [(0.0, "dog"), (4.0, "cat")])
def test_a_mean_of_probabilities_is_not_the_softmax_of_a_mean(certainty, last):
    picture = pictures.averages(certainty)
    logits = [[certainty, 0, 0], [0, 1, 0.8], [0, 1, 0.8]]
    each = [softmax(of_net) for of_net in logits]
    mean = np.mean(each, axis=0)
    product = softmax(np.mean(logits, axis=0).tolist())
    shown = [each[0], each[1], mean, product]
    panels = [
        Panel(boxes=[(i - 0.4, 0, 0.8, p) for i, p in enumerate(of)]) for of in shown
    ]
    words = [
        "mean of the probabilities " + ", ".join(f"{p:.2f}" for p in mean),
        f"softmax of the mean logits {', '.join(f'{p:.2f}' for p in product)}, first "
        f"is {last}",
    ]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []


@pytest.mark.parametrize("batch", [1, 30, 60])
def test_the_shortcut_finds_the_nearest_of_each_batch(batch):
    picture = pictures.shortcut(batch)
    points, query, order = (x.numpy() for x in pictures._plane())
    apart = np.linalg.norm(points - query, axis=1)
    exact = np.argsort(apart)[:6]
    parts = [order[i : i + batch] for i in range(0, len(order), batch)]
    best = [part[np.argmin(apart[part])] for part in parts]
    short = sorted(best, key=apart.__getitem__)[:6]
    for ax, expected in zip(picture.figure.axes, (exact, short), strict=True):
        found = panel_of(ax).lines[1]
        assert {tuple(p) for p in found} == {tuple(points[i]) for i in expected}
        radius = np.linalg.norm(panel_of(ax).lines[3] - query, axis=1)
        assert radius == pytest.approx(apart[expected].max())
    both = len(set(exact.tolist()) & set(map(int, short)))
    assert f"finds {len(short)}, {both} of them the right ones" in picture.alt
    assert both < 6 or batch == 1


def test_the_leap_is_that_of_the_paper_s_tables():
    picture = pictures.leap()
    without = {"Table 1": [28.2, 25.7], "Table 2": [26.2]}
    nets = {"Table 1": [17.0], "Table 2": [18.2, 16.4, 16.4, 16.6, 15.4, 15.3]}
    panels = [
        Panel(
            boxes=[
                (0, row - 0.4, error, 0.8)
                for row, error in enumerate(without[part] + nets[part])
            ]
        )
        for part in without
    ]
    words = ["sparse coding, test 28.2", "CNN, test 17.0", "7 CNNs*, two pre-trained"]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []


def test_one_net_makes_about_a_third_fewer_errors():
    errors = {
        (row.part, row.views == "no net"): float(row.top5)
        for row in reversed(reported())
        if row.whose == "paper" and row.net in ("SIFT + FVs", "CNN", "1 CNN")
        if row.views != "centre"
    }
    for part in ("Table 1", "Table 2"):
        assert 0.3 < 1 - errors[part, False] / errors[part, True] < 0.35
