"""Legends stay inside their figures."""

import pytest

from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import canvas


@pytest.mark.parametrize("entries", [0, 1, 2, 4, 7])
@pytest.mark.parametrize("words", [1, 5, 9, 14])
def test_a_legend_is_no_wider_than_its_figure(entries, words):
    figure, (ax,) = canvas(1, 1, 8, 4)
    labels = [f"{i} " + "wordy " * words for i in range(entries)]
    for label in labels:
        ax.plot([0, 1], label=label)
    legend_below(figure, [ax])
    figure.canvas.draw()
    assert len(figure.legends) == min(1, entries)
    for legend in figure.legends:
        assert [text.get_text() for text in legend.get_texts()] == labels
        box = legend.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width


def test_a_short_legend_has_one_line():
    heights = []
    for labels in ("a", "abcd", ["wordy " * 14] * 2):
        figure, (ax,) = canvas(1, 1, 8, 4)
        for i, label in enumerate(labels):
            ax.plot([0, 1], label=f"{i} {label}")
        legend_below(figure, [ax])
        figure.canvas.draw()
        heights.append(figure.legends[0].get_window_extent().height)
    one, four, long = heights
    assert four == pytest.approx(one, rel=0.1)
    assert long > 1.5 * one
