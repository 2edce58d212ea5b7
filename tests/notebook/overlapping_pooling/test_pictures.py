"""What notebook 04 draws of windows, against loops over pixels and torch's pooling."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from alexnet_lib.notebook.overlapping_pooling import pictures
from tests.drawn import Panel, assert_shows, panel_of


def windows(side, size, stride):
    """First pixel and pixels seen of each window, until every pixel is seen."""
    starts, seen = [], 0
    while seen < side:
        starts.append(len(starts) * stride)
        seen = starts[-1] + size
    return [(start, min(size, side - start)) for start in starts]


@pytest.mark.parametrize(
    ("side", "size", "stride"), [(8, 3, 2), (8, 2, 2), (5, 3, 1), (13, 4, 3)]
)
def test_a_bar_per_window_and_how_many_see_each_pixel(side, size, stride):
    picture = pictures.layout(side, size, stride)
    rows, seen = map(panel_of, picture.figure.axes)
    made = windows(side, size, stride)
    bars = [box for box in rows.boxes if box[1] > 0]
    drawn = [(x, width) for x, _, width, _ in bars]
    over = size - made[-1][1]
    assert drawn == made + ([(side, over)] if over else [])
    counts = [sum(s <= pixel < s + n for s, n in made) for pixel in range(side)]
    texts = [int(text.get_text()) for text in picture.figure.axes[0].texts]
    assert texts == counts
    np.testing.assert_array_equal(seen.images[0], np.outer(counts, counts))
    assert f"by {min(counts) ** 2} to {max(counts) ** 2} of" in picture.alt


def test_both_grids_over_a_map_and_what_they_pass_on():
    values = torch.randperm(63, generator=torch.Generator().manual_seed(3))
    values = values.reshape(7, 9).float()
    picture = pictures.grids(values)
    for (left, right), size in zip(
        (picture.figure.axes[:2], picture.figure.axes[2:]), (2, 3), strict=True
    ):
        squares, winners = [], []
        for y, height in windows(7, size, 2):
            for x, width in windows(9, size, 2):
                squares += [(x, y, width, height)] * 2  # a pale one and its outline
                window = values[y : y + height, x : x + width]
                winners.append((values == window.max()).nonzero()[0].tolist())
        boxes = panel_of(left).boxes
        assert boxes[: len(squares)] == squares
        framed = sorted([int(y), int(x)] for x, y, _, _ in boxes[len(squares) :])
        assert framed == sorted(map(list, set(map(tuple, winners))))
        texts = [float(text.get_text()) for text in left.texts]
        assert texts == values.flatten().tolist()
        largest = torchs(values[None, None], "max", size)[0, 0]
        np.testing.assert_array_equal(panel_of(right).images[0], largest)
        most = max(winners.count(pixel) for pixel in winners)
        words = f"{size}/2 makes {len(winners)} outputs of {len(framed)} different"
        assert words in picture.alt
        assert f"one of which wins {most}" in picture.alt


def test_the_title_says_what_is_taken_instead():
    title = pictures.layout(8, 2, 4).figure.axes[0].get_title()
    assert title == "2/2 (not 2/4) on 8 pixels: 4 windows"


def torchs(x, kind, size):
    """torch's own pooling with stride 2, every pixel seen."""
    if kind == "max":
        return functional.max_pool2d(x, size, 2, ceil_mode=True)
    return functional.avg_pool2d(x, size, 2, ceil_mode=True)


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize("moved", [0, 1, 3])
def test_pooled_pictures_and_their_changes(kind, moved):
    image = 255 * torch.rand(3, 21, 24, generator=torch.Generator().manual_seed(1))
    views = [image[None, ..., i : i + 24 - moved] for i in (0, moved)]
    pooled = [[torchs(view, kind, size) for view in views] for size in (2, 3)]
    pairs = [views, *pooled]
    upper = [before[0] for before, _ in pairs]
    lower = [128 + (after - before)[0] for before, after in pairs]
    panels = [
        Panel(images=[(x.clamp(0, 255) / 255).permute(1, 2, 0).numpy()])
        for x in upper + lower
    ]
    rms = [(b - a).square().mean().sqrt().item() for a, b in pooled]
    words = [f"by {moved} across: {rms[0]:.0f} and {rms[1]:.0f} grey levels"]
    assert_shows(pictures.side_by_side(image, kind, moved), panels, words)


def answers(size, side, width):
    """Which windows see a line at each position."""
    lines = [[p <= x < p + width for x in range(side)] for p in range(side)]
    return np.array(
        [[max(line[s : s + n]) for s, n in windows(side, size, 2)] for line in lines],
        float,
    )


@pytest.mark.parametrize("width", [1, 2])
def test_answers_to_lines(width):
    both = [answers(size, 16, width) for size in (2, 3)]
    distinct = [len(np.unique(a, axis=0)) for a in both]
    words = [f"2/2 has {distinct[0]} different answers, 3/2 has {distinct[1]}"]
    panels = [Panel(images=[a]) for a in both]
    assert_shows(pictures.lines(width), panels, words)


@pytest.mark.parametrize(("position", "width"), [(0, 1), (6, 1), (9, 3)])
def test_one_line_and_what_sees_it(position, width):
    picture = pictures.line(position, width)
    rows = [[p.get_facecolor()[:3] for p in ax.patches] for ax in picture.figure.axes]
    dark = [[colour != (1, 1, 1) for colour in row] for row in rows]
    assert dark[0] == [position <= x < position + width for x in range(16)]
    seen = [answers(size, 16, width)[position] for size in (2, 3)]
    assert dark[1:] == [list(map(bool, a)) for a in seen]
    digits = ["".join(f"{x:g}" for x in a) for a in seen]
    assert f"2/2 answers {digits[0]}, 3/2 {digits[1]}" in picture.alt


def test_changes_are_drawn_by_window():
    table = {"conv1": {2: 0.5, 3: 0.25}, "noise": {2: 1.5, 3: 1.0}}
    panels = [Panel([[(2, 0.5), (3, 0.25)], [(2, 1.5), (3, 1.0)]])]
    words = ["conv1 2 0.50, 3 0.25", "noise 2 1.50, 3 1.00"]
    assert_shows(pictures.changes(table), panels, words)
