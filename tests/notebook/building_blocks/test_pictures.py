"""What notebook 00 draws of a convolution, against loops over windows."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from alexnet_lib.notebook.building_blocks import measures, pictures
from tests.drawn import Panel, assert_shows, panel_of, unnoticed


def outputs(image, kernel):
    rows, columns = (n - len(kernel) + 1 for n in image.shape)
    size = len(kernel)
    return np.array(
        [
            [(image[i : i + size, j : j + size] * kernel).sum() for j in range(columns)]
            for i in range(rows)
        ]
    )


@pytest.mark.parametrize("name", measures.KERNELS)
@pytest.mark.parametrize("position", [0, 8, 24])
def test_a_kernel_slides(position, name):
    picture = pictures.sliding(position, name)
    seven, kernel = pictures.SEVEN.numpy(), np.array(measures.KERNELS[name])
    made = outputs(seven, kernel)
    row, column = divmod(position, 5)
    so_far = np.where(np.arange(25).reshape(5, 5) <= position, made, np.nan)
    image, weights, output = map(panel_of, picture.figure.axes)
    np.testing.assert_array_equal(image.images[0], seven)
    np.testing.assert_array_equal(weights.images[0], kernel)
    np.testing.assert_array_equal(np.ma.filled(output.images[0], np.nan), so_far)
    assert image.boxes == [(column - 0.5, row - 0.5, 3, 3)]
    assert output.boxes == [(column - 0.5, row - 0.5, 1, 1)]
    value = f"{made[row, column]:g}"
    assert picture.figure.get_suptitle().endswith(f" = {value}")
    assert f"row {row}, column {column} gives {value}" in picture.alt
    numbers = [text.get_text() for text in picture.figure.axes[2].texts]
    assert numbers == ["" if np.isnan(x) else f"{x:g}" for x in so_far.flat]


def test_the_sum_above_a_slide_is_the_sum_of_its_products():
    title = pictures.sliding(8, "vertical edge").figure.get_suptitle()
    products, _, value = title.partition(" = ")
    assert eval(products.replace("·", "*")) == float(value) == -1
    assert pictures.sliding(15, "sum").figure.get_suptitle() == "1·1 + 1·1 = 2"


@pytest.mark.parametrize(
    ("side", "size", "stride", "padding"),
    [(7, 3, 1, 0), (7, 3, 2, 0), (8, 3, 2, 0), (32, 5, 1, 2), (9, 4, 3, 1)],
)
def test_a_bar_for_every_window_that_fits(side, size, stride, padding):
    picture = pictures.sizes(side, size, stride, padding)
    whole = side + 2 * padding
    starts = [s for s in range(0, whole, stride) if s + size <= whole]
    (panel,) = map(panel_of, picture.figure.axes)
    places = [(x, -1, 1, 0.8) for x in range(whole)]
    bars = [(s, i + 0.1, size, 0.8) for i, s in enumerate(starts)]
    assert panel.boxes == places + bars
    left_over = whole - starts[-1] - size
    assert f": {len(starts)} outputs, {left_over} places left over" in picture.alt
    white = [p.get_facecolor()[:3] == (1, 1, 1) for p in picture.figure.axes[0].patches]
    assert sum(white) == 2 * padding


@pytest.mark.parametrize("side", [4, 6])
def test_the_matrix_does_what_the_kernel_does(side):
    kernel = measures.kernel("bright spot")
    matrix = pictures.convolution_matrix(kernel, side)
    image = torch.randn(side, side, generator=torch.Generator().manual_seed(0))
    by_matrix = (matrix @ image.flatten()).reshape(side - 2, side - 2)
    expected = outputs(image.numpy(), kernel.numpy())
    np.testing.assert_allclose(by_matrix, expected, rtol=1e-4, atol=1e-5)
    words = [f"{(side - 2) ** 2} x {side**2} matrix"]
    words += [f"{9 * (side - 2) ** 2} of {matrix.numel()} entries"]
    picture = pictures.unrolled(side, "bright spot")
    panels = [Panel(images=[matrix.numpy()])]
    assert_shows(picture, panels, words)
    assert not unnoticed(picture, panels, words)


@pytest.mark.parametrize(
    ("layers", "size", "stride", "seen"),
    [(1, 3, 1, 3), (2, 3, 1, 5), (3, 3, 1, 7), (2, 5, 1, 9), (2, 3, 2, 7)],
)
def test_what_one_output_sees(layers, size, stride, seen):
    picture = pictures.receptive_field(layers, size, stride)
    pixels, columns = map(panel_of, picture.figure.axes)
    heights = np.array([height for *_, height in columns.boxes])
    assert (heights > 0).sum() == seen
    assert (pixels.images[0] > 0).sum() == seen**2
    assert heights.sum() == pytest.approx(1)
    by_column = pixels.images[0].sum(0) / pixels.images[0].sum()
    np.testing.assert_allclose(heights, by_column, atol=1e-9)
    np.testing.assert_allclose(heights, heights[::-1], atol=1e-9)
    assert f"sees {seen}x{seen} pixels" in picture.alt


def test_kernels_stand_above_their_maps():
    generator = torch.Generator().manual_seed(0)
    image, weights = torch.randn(3, 9, 9), torch.randn(2, 3, 5, 5, generator=generator)
    maps = functional.conv2d(image[None], weights).relu()[0]
    maps[1] += 10
    picture = pictures.kernels_and_maps(image, weights, ["one", "two"], maps)

    def about_grey(planes):
        upright = planes.permute(1, 2, 0)
        return (0.5 + 0.5 * upright / upright.abs().max()).numpy()

    shown = [[about_grey(image)], *([about_grey(w)] for w in weights), []]
    shown += [[one.numpy()] for one in maps]
    panels = [Panel(images=images) for images in shown]
    assert_shows(picture, panels, ["one, two", "brightest on average is two"])


def test_kernels_made_by_hand_answer_to_their_edges():
    image = torch.zeros(3, 12, 12)
    image[:, :, 6:] = 1  # dark, then bright
    images = [panel_of(ax).images for ax in pictures.by_hand(image).figure.axes]
    vertical, horizontal, spot = (shown for (shown,) in images[-3:])
    assert (vertical.max(0) > 0).tolist() == [4 <= x <= 5 for x in range(10)]
    assert not horizontal.any()
    assert (spot.max(0) > 0).tolist() == [x == 5 for x in range(10)]
