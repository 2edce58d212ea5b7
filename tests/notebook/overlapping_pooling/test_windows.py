"""What notebook 04 measures of pooling, against definitions written out."""

import math

import pytest
import torch
from torch.nn import functional

from alexnet_lib.nets.layers import Pool
from alexnet_lib.notebook.overlapping_pooling import pictures, windows

SHAPES = [(3, 2), (2, 2), (5, 3), (4, 1), (3, 3)]


@pytest.mark.parametrize(("size", "stride"), SHAPES)
@pytest.mark.parametrize("side", [5, 8, 13, 32])
def test_windows_are_those_of_the_library_and_see_every_pixel(side, size, stride):
    made = windows.windows(side, size, stride)
    x = torch.rand(1, 1, side, side)
    assert len(made) == windows.pooled(x, Pool("max", size, stride)).shape[-1]
    assert windows.coverage(side, size, stride).min() >= 1
    seen = [sum(pixel in window for window in made) for pixel in range(side)]
    assert windows.coverage(side, size, stride).tolist() == seen


@pytest.mark.parametrize("size", [2, 3])
def test_wins_count_the_windows_that_a_pixel_is_the_maximum_of(size):
    x = torch.randperm(63).reshape(1, 1, 9, 7).float()
    expected = torch.zeros(9, 7)
    for rows in windows.windows(9, size, 2):
        for columns in windows.windows(7, size, 2):
            places = [(i, j) for i in rows for j in columns]
            expected[max(places, key=lambda at: x[0, 0, at[0], at[1]])] += 1
    assert torch.equal(windows.wins(x, Pool("max", size, 2))[0, 0], expected)


@pytest.mark.parametrize("size", [2, 3])
def test_without_ties_the_gradient_of_2012_is_that_of_pytorch(size):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(13, 12, generator=generator).requires_grad_()
    largest = functional.max_pool2d(x[None], size, 2, ceil_mode=True)[0]
    g = torch.randn(largest.shape, generator=generator)
    (expected,) = torch.autograd.grad(largest, x, g)
    torch.testing.assert_close(
        windows.gradient_of_2012(x.detach(), g, size, 2), expected
    )


def test_in_2012_every_tied_maximum_gets_all_of_its_windows_gradient():
    g = torch.tensor([[1.0, 10], [100, 1000]])
    expected = torch.zeros(5, 5)
    for (i, j), value in zip(
        [(0, 0), (0, 2), (2, 0), (2, 2)], g.flatten(), strict=True
    ):
        expected[i : i + 3, j : j + 3] += value
    found = windows.gradient_of_2012(torch.full((5, 5), 7.0), g, 3, 2)
    assert torch.equal(found, expected)


def test_ties_are_windows_with_two_equal_maxima():
    x = torch.tensor([[1.0, 1, 0, 2], [0, 0, 0, 0], [3, 0, 5, 0], [0, 3, 0, 5]])
    assert windows.tied(x[None, None], Pool("max", 2, 2)) == 3 / 4
    assert windows.tied(torch.zeros(1, 1, 5, 5), Pool("max", 3, 2)) == 1
    distinct = torch.arange(25.0).reshape(1, 1, 5, 5)
    assert windows.tied(distinct, Pool("max", 2, 2)) == 0


def test_a_clipped_window_does_not_tie_with_what_is_not_there():
    x = -torch.arange(1.0, 17).reshape(1, 1, 4, 4)
    assert windows.tied(x, Pool("max", 3, 2)) == 0


def test_what_does_not_vary_across_does_not_change_when_moved():
    x = torch.randn(2, 3, 9, 1).expand(-1, -1, -1, 10)
    assert windows.change(x, Pool("max", 3, 2)) == 0
    assert windows.change(torch.randn(2, 3, 9, 10), Pool("max", 3, 2)) > 0.5


def test_change_is_in_deviations_of_the_pooled_maps():
    x = torch.randn(2, 3, 12, 13)
    pool = Pool("average", 2, 2)
    assert windows.change(7 * x + 3, pool) == pytest.approx(windows.change(x, pool))


def test_overlap_tells_where_a_line_is_and_2_2_does_not():
    overlapping = windows.answers(windows.OVERLAPPING, 16)
    apart = windows.answers(windows.APART, 16)
    assert len(apart.unique(dim=0)) == 8
    assert len(overlapping.unique(dim=0)) == 15  # the two pixels on the edge are one
    for position in range(2, 16):
        pair = 1 if position % 2 else 2
        assert overlapping[position].sum() == pair
        assert apart[position].sum() == 1


def test_the_pictures_say_what_they_show():
    assert "the last one clipped" in pictures.layout(8, 3, 2).alt
    assert "none clipped" in pictures.layout(7, 3, 2).alt
    assert "2/2 answers 00100000, 3/2 00100000" in pictures.line(5).alt
    assert "2/2 answers 00010000, 3/2 00110000" in pictures.line(6).alt
    assert "2/2 has 8 different answers, 3/2 has 15" in pictures.lines().alt


def test_the_pictures_are_drawn_with_what_is_measured():
    flat = torch.full((3, 12, 14), 90.0)
    assert ": 0 and 0 grey levels" in pictures.side_by_side(flat).alt
    ramp = 4.0 * torch.arange(14).expand(3, 12, 14)
    picture = pictures.side_by_side(ramp, "average", 2)
    assert ": 8 and " in picture.alt  # two pixels on, four levels each
    change = [axes.get_title() for axes in picture.figure.axes][4]
    assert math.isclose(float(change.split()[1]), 8.0)
