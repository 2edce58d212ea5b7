"""What notebook 01 draws is what a slow, separate formulation gives."""

import numpy as np
import pytest
import torch
from PIL import Image

from alexnet_lib.config import Augmentation
from alexnet_lib.data.augment import random_draws
from alexnet_lib.data.dataset import Dataset, Split
from alexnet_lib.notebook import drawn_photographs
from alexnet_lib.notebook.dataset_preprocessing import augmentation, measures, pictures
from tests.drawn import Panel, assert_shows, panel_of

LEVEL = 1.5 / 255  # Pillow and torch round differently, by one grey level


@pytest.fixture(scope="module")
def pixels():
    return drawn_photographs.photograph("desert", seed=1)


@pytest.fixture(scope="module")
def squares():
    made = [
        drawn_photographs.photograph(kind, seed, 256, 256)
        for seed, kind in enumerate(drawn_photographs.SKY_AND_GROUND)
    ]
    return np.stack(made)  # (4, 256, 256, 3)


@pytest.fixture(scope="module")
def data(squares):
    images = torch.from_numpy(squares).permute(0, 3, 1, 2).contiguous()
    split = Split(images, torch.arange(4))
    return Dataset("four", split, split, tuple("abcd"), "f")


def shown(picture):
    """The images of a picture, (H, W, 3) in 0..1."""
    return [image for ax in picture.figure.axes for image in panel_of(ax).images]


def unit(values):
    """Grey levels in an array as they are shown."""
    return np.clip(values, 0, 255) / 255


def by_pillow(pixels, size):
    image = Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(image)


def square_by_pillow(pixels):
    height, width = pixels.shape[:2]
    square = by_pillow(pixels, (round(width * 256 / height), 256))
    left = (square.shape[1] - 256) // 2
    return square[:, left : left + 256]


def test_a_photograph_goes_the_whole_way(pixels, data, squares):
    picture = pictures.whole_way(pixels, data, seed=3)
    file, square, mean, centred, *views = shown(picture)
    mine, common = square_by_pillow(pixels).astype(float), squares.mean(0)
    np.testing.assert_allclose(file, unit(pixels), atol=1e-6)
    np.testing.assert_allclose(square, unit(mine), atol=LEVEL)
    np.testing.assert_allclose(mean, unit(common), atol=1e-5)
    np.testing.assert_allclose(centred, unit(mine - common + 128), atol=LEVEL)
    (frame,) = panel_of(picture.figure.axes[0]).boxes
    assert frame == (62.5, 0, 375, 375)
    draws = random_draws(4, 256, Augmentation(), torch.Generator().manual_seed(3))
    deviations, axes = principal_axes(squares)
    left, below = mine - common + 128, picture.figure.axes[4:]
    for i, ((y, x), view) in enumerate(zip(draws.offsets.tolist(), views, strict=True)):
        window = left[y : y + 224, x : x + 224]
        window = window[:, ::-1] if draws.mirrored[i] else window
        shift = (0.1 * draws.colours[i].numpy() * deviations) @ axes
        np.testing.assert_allclose(view, unit(window + shift), atol=LEVEL)
        assert below[i].get_title() == f"from row {y}, column {x}"
        assert (below[i].get_xlabel() == "mirrored") == draws.mirrored[i]
        assert f"({y}, {x})" in picture.alt


def test_the_mean_image_stands_with_its_rows_and_the_share_of_all_levels(data, squares):
    mean = squares.mean(0)
    image, rows, levels = map(panel_of, pictures.mean_image(data).figure.axes)
    np.testing.assert_allclose(image.images[0], unit(mean), atol=1e-5)
    for c in range(3):
        row = np.stack([np.arange(256), mean[..., c].mean(1)], 1)
        np.testing.assert_allclose(rows.lines[c], row, rtol=1e-5)
        counts, _ = np.histogram(squares[..., c], np.arange(0, 257, 8))
        np.testing.assert_allclose(levels.steps[c], counts / counts.sum(), rtol=1e-5)


def principal_axes(squares):
    """Deviations and axes of all pixels, largest first, as numpy has them."""
    pixels = squares.reshape(-1, 3).astype(float)
    variances, axes = np.linalg.eigh(np.cov(pixels.T, bias=True))
    axes = axes * np.where(axes.sum(0) < 0, -1, 1)
    return np.sqrt(variances[::-1]), axes.T[::-1]


def test_axes_of_colour_are_those_of_all_pixels(data, squares):
    deviations, axes = principal_axes(squares)
    picture = pictures.colour_axes(data, data.train.images)
    scatter, strips = map(panel_of, picture.figure.axes)
    pixels, mean = squares.reshape(-1, 3), squares.mean((0, 1, 2))
    assert set(map(tuple, scatter.dots[0])) <= set(map(tuple, pixels[:, :2]))
    thick = scatter.lines[1::2]
    for k, (deviation, axis) in enumerate(zip(deviations, axes, strict=True)):
        ends = np.stack([mean - 2 * deviation * axis, mean + 2 * deviation * axis])
        np.testing.assert_allclose(thick[k], ends[:, :2], atol=1e-3)
        np.testing.assert_allclose(strips.images[0][k][[0, -1]], unit(ends), atol=1e-5)
        assert f"{deviation:.0f}" in picture.alt


def test_a_row_is_of_the_images_given(data, squares):
    images = shown(pictures.row(data.train.images, list("abcd")))
    np.testing.assert_allclose(images, unit(squares), atol=1e-6)


def test_a_file_is_cropped_and_squashed(pixels):
    cropped, squashed = shown(pictures.squash_or_crop(pixels))
    np.testing.assert_allclose(cropped, unit(square_by_pillow(pixels)), atol=LEVEL)
    whole = unit(by_pillow(pixels, (256, 256)))
    np.testing.assert_allclose(squashed, whole, atol=LEVEL)


def test_rings_are_reduced_by_each_filter():
    rings = pictures.filters(64)
    nearest, _, box, _ = shown(rings)
    y, x = np.meshgrid(np.linspace(-1, 1, 512), np.linspace(-1, 1, 512), indexing="ij")
    full = 0.5 + 0.5 * np.cos(200 * (x**2 + y**2))
    np.testing.assert_allclose(nearest[..., 0], full[4::8, 4::8], atol=1e-3)
    means = full.reshape(64, 8, 64, 8).mean((1, 3))
    np.testing.assert_allclose(box[..., 0], means, atol=1e-3)
    assert [ax.get_title() for ax in rings.figure.axes] == list(measures.FILTERS)


def test_a_mean_is_taken_away_in_three_types(data, squares):
    kept, wrapped, clipped = shown(
        pictures.integer_means(data.train.images[2], data.mean_image)
    )
    mean = squares.mean(0)
    np.testing.assert_allclose(kept, unit(squares[2] - mean + 128), atol=1e-5)
    whole = np.rint(mean).astype(np.uint8)
    np.testing.assert_allclose(wrapped, (squares[2] - whole) / 255, atol=1e-6)
    np.testing.assert_allclose(clipped, unit(squares[2] - np.rint(mean)), atol=1e-6)


def test_boxes_hold_quartiles_of_each_kernels_sums():
    generator = torch.Generator().manual_seed(1)
    sums = {name: torch.randn(8, 3700, generator=generator) for name in ("a", "b")}
    axes = pictures.sums_of_kernels(sums, kernels=4).figure.axes
    for ax, values in zip(axes, sums.values(), strict=True):
        boxes = [line for line in ax.lines if len(line.get_xdata()) == 5]
        for box, of_kernel in zip(boxes, values[:4, ::37].numpy(), strict=True):
            low, high = np.percentile(of_kernel, [25, 75])
            y = box.get_ydata()
            assert (y.min(), y.max()) == pytest.approx((low, high), rel=1e-5)


def test_crops_are_drawn_where_the_batch_has_them():
    axes = augmentation.crop_places(64).figure.axes
    places = [np.concatenate(panel_of(ax).dots) for ax in axes]
    for dots, possible in zip(places, (32, 33), strict=True):
        assert len(dots) == 64
        assert set(np.unique(dots)) <= set(range(possible))
    by_paper, by_code = (len(np.unique(dots, axis=0)) for dots in places)
    assert by_paper > 50
    assert by_code == 2
    assert "2 different views" in axes[1].get_title()


def test_ten_views_are_corners_centre_and_mirrors(data, squares):
    square = squares[1]
    corners = [(0, 0), (0, 32), (32, 0), (32, 32), (16, 16)]
    views = [square[y : y + 224, x : x + 224] for y, x in corners]
    views += [view[:, ::-1] for view in views]
    np.testing.assert_allclose(
        shown(augmentation.ten(data.train.images[1])), unit(np.stack(views)), atol=1e-6
    )


@pytest.mark.parametrize(("down", "y"), [(0.0, 0), (0.5, 16), (1.0, 32)])
def test_a_window_is_framed_where_it_may_lie(pixels, down, y):
    picture = augmentation.crop(pixels, down, across=5 / 32, side=256)
    square = square_by_pillow(pixels)
    whole, window = shown(picture)
    np.testing.assert_allclose(whole, unit(square), atol=LEVEL)
    cut = unit(square[y : y + 224, 5:229])
    np.testing.assert_allclose(window, cut, atol=LEVEL)
    assert panel_of(picture.figure.axes[0]).boxes == [(5, y, 224, 224)]


@pytest.mark.parametrize(
    ("scale", "size"),
    [
        ("deviation", lambda deviation: deviation),
        ("eigenvalue", lambda deviation: deviation**2),
        ("eigenvalue_unit", lambda deviation: deviation**2 / 255),
    ],
)
def test_colour_noise_moves_along_the_axes_by_what_the_scale_says(
    data, squares, scale, size
):
    deviations, axes = principal_axes(squares)
    square = data.train.images[3]
    draws = 0.7, -0.5, 0.2
    before, after = shown(augmentation.noise(data, square, *draws, scale=scale))
    centre = squares[3][16:240, 16:240]
    shift = (0.1 * np.array(draws) * size(deviations)) @ axes
    np.testing.assert_allclose(before, unit(centre), atol=1e-5)
    np.testing.assert_allclose(after, unit(centre + shift), atol=1e-5)


def test_each_row_of_noises_is_one_scale_under_the_same_draws(data, squares):
    square = data.train.images[0]
    draws = torch.randn(5, 3, generator=torch.Generator().manual_seed(3))
    panels = [
        Panel(images=[unit(view.permute(1, 2, 0).numpy())])
        for scale in augmentation.COLOUR_SCALES
        for view in augmentation.with_noise(data, square, draws, scale)
    ]
    deviations, axes = principal_axes(squares)
    words = []
    for sizes in (deviations, deviations**2 / 255, deviations**2):
        shifts = ((0.1 * draws.numpy() * sizes) @ axes).mean(1)
        words.append(", ".join(f"{shift:+,.0f}" for shift in shifts))
    picture = augmentation.noises(data, square)
    assert_shows(picture, panels, words)
    titles = [ax.get_title() for ax in picture.figure.axes]
    assert titles == [title for row in words for title in row.split(", ")]


@pytest.mark.parametrize(("first", "words"), [(3, ": all white"), (-3, ": all black")])
def test_a_picture_that_cannot_be_seen_is_told(data, first, words):
    square = data.train.images[3]
    picture = augmentation.noise(data, square, first, scale="eigenvalue")
    assert picture.alt.endswith(words)
    assert picture.figure.axes[1].get_title().endswith(words)
    gentle = augmentation.noise(data, square, first, scale="deviation")
    assert "all" not in gentle.alt.split("sized by")[1]
