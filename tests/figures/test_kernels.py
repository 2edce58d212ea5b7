"""Figure 3 shows the kernels of both towers on the scale that it names."""

import numpy as np
import pytest

from alexnet_lib import settings
from alexnet_lib.figures.kernels import kernels, levels, tiled
from alexnet_lib.runs import artifacts
from tests.drawn import Panel, assert_shows, unnoticed

PUBLISHED = settings.results_root() / "first-711-updates" / "source.s1.conv1.npz"


@pytest.fixture(scope="module")
def weight():
    return artifacts.read(PUBLISHED)["weight"]


def by_hand(weight, scale):
    """Kernel by kernel, pixel by pixel; three rows of sixteen, a black line between."""
    each = [kernel.astype(float) for kernel in weight]
    if scale == "each":
        each = [(kernel - kernel.mean()) / kernel.std() for kernel in each]
    low, high = min(k.min() for k in each), max(k.max() for k in each)
    halves = []
    for half in (each[:48], each[48:]):
        picture = np.zeros((3 * 12 + 1, 16 * 12 + 1, 3))
        for i, kernel in enumerate(half):
            for y in range(11):
                for x in range(11):
                    row, column = i // 16 * 12 + 1 + y, i % 16 * 12 + 1 + x
                    picture[row, column] = (kernel[:, y, x] - low) / (high - low)
        halves.append(picture)
    return halves


@pytest.mark.parametrize("scale", ["all", "each"])
def test_both_towers_are_drawn_on_one_scale_or_standardised(weight, scale):
    panels = [Panel(images=[half]) for half in by_hand(weight, scale)]
    chroma = weight.astype(float) - weight.astype(float).mean(1, keepdims=True)
    shares = (chroma**2).sum((1, 2, 3)) / (weight.astype(float) ** 2).sum((1, 2, 3))
    words = [
        f"GPU {tower + 1}: 48 kernels, mean share of colour {half.mean():.2f}"
        for tower, half in enumerate(np.split(shares, 2))
    ]
    words.append("standardised" if scale == "each" else "one scale for all")
    picture = kernels(weight, scale, "a title")
    assert_shows(picture, panels, [*words, "a title"])
    assert unnoticed(picture, panels, words) == []


def test_other_presets_and_grey_kernels_are_drawn_too():
    grey = np.random.default_rng(0).normal(size=(20, 1, 5, 5)).astype(np.float32)
    picture = kernels(grey, towers=("all",))
    (ax,) = picture.figure.axes
    (image,) = ax.images
    assert image.get_array().shape == (2 * 6 + 1, 16 * 6 + 1, 3)
    assert "all: 20 kernels, mean share of colour 0.00" in picture.alt


def test_kernels_without_any_contrast_are_grey():
    assert (levels(np.zeros((4, 3, 2, 2))) == 0.5).all()
    assert (levels(np.zeros((4, 3, 2, 2)), "each") == 0.5).all()


def test_what_is_left_of_the_last_row_is_black():
    whole = tiled(np.ones((3, 2, 2, 3)), per_row=2)
    assert whole.shape == (7, 7, 3)
    assert whole[4:6, 4:6].max() == 0
    assert whole[4:6, 1:3].min() == 1
