"""Every view equals a slow, separate formulation of it; every draw is in its range."""

import numpy as np
import pytest
import torch

from alexnet_lib.config import Augmentation
from alexnet_lib.data.augment import (
    PAPER,
    SOURCE,
    CentreViews,
    Draws,
    TrainViews,
    random_draws,
)
from alexnet_lib.data.dataset import Dataset, Split
from alexnet_lib.data.statistics import Statistics, channel_products
from alexnet_lib.data.views import centre_crop, crops, ten_views

CPU = torch.device("cpu")


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    return torch.randint(
        256, (6, 3, 20, 24), generator=generator, dtype=torch.uint8
    ).contiguous(memory_format=torch.channels_last)


@pytest.fixture
def data(images):
    split = Split(images, torch.arange(6))
    return Dataset("six", split, split, tuple("abcdef"), "f")


def naive_crop(image, top, left, mirrored, size):
    """Pixel by pixel, from (C, H, W)."""
    view = np.empty((image.shape[0], size, size), image.dtype)
    for y in range(size):
        for x in range(size):
            column = left + (size - 1 - x if mirrored else x)
            view[:, y, x] = image[:, top + y, column]
    return view


@pytest.fixture
def draws():
    offsets = torch.tensor([[0, 0], [4, 8], [1, 7], [4, 0], [0, 8], [2, 3]])
    mirrored = torch.tensor([False, True, True, False, True, False])
    colours = torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
    return Draws(offsets, mirrored, colours)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_crops_pixel_by_pixel(images, draws, dtype):
    views = crops(images.to(dtype), draws.offsets, draws.mirrored, 16)
    assert views.is_contiguous(memory_format=torch.channels_last)
    for i, (top, left) in enumerate(draws.offsets.tolist()):
        expected = naive_crop(images[i].numpy(), top, left, bool(draws.mirrored[i]), 16)
        assert (views[i].numpy() == expected).all()


def test_crops_leave_their_source_alone(images, draws):
    before = images.clone()
    crops(images, draws.offsets, draws.mirrored, 16)
    assert torch.equal(images, before)


def test_centre_and_ten_views_pixel_by_pixel(images):
    places = [(0, 0), (0, 8), (4, 0), (4, 8), (2, 4)]
    expected = [(*place, mirrored) for mirrored in (False, True) for place in places]
    views = ten_views(images, 16)
    assert views.shape == (10, 6, 3, 16, 16)
    for view, (top, left, mirrored) in zip(views, expected, strict=True):
        for i in range(6):
            naive = naive_crop(images[i].numpy(), top, left, mirrored, 16)
            assert (view[i].numpy() == naive).all()
    assert torch.equal(centre_crop(images, 16), views[4])


def naive_training_view(data, image, draws, i, mean, colour_scale, divisor):
    """§4.1 in float64, from the numbers alone."""
    pixels = data.train.images.double().permute(1, 0, 2, 3).reshape(3, -1)
    mean_image = data.train.images.double().mean(0).numpy()
    top, left = draws.offsets[i].tolist()
    mirrored = bool(draws.mirrored[i])
    view = naive_crop(image.double().numpy(), top, left, mirrored, 16)
    if mean == "own":
        view -= naive_crop(mean_image, top, left, mirrored, 16)
    else:
        view -= mean_image[:, 2:18, 4:20]
    variances, axes = np.linalg.eigh(np.cov(pixels.numpy(), bias=True))
    axes = axes * np.where(axes.sum(0) < 0, -1, 1)
    scales = {
        "deviation": variances**0.5,
        "eigenvalue": variances,
        "eigenvalue_unit": variances / 255**2 * 255,
    }[colour_scale]
    alphas = 0.1 * draws.colours[i].double().numpy()[::-1]
    return (view + (axes @ (alphas * scales))[:, None, None]) / divisor


@pytest.mark.parametrize("mean", ["own", "centre"])
@pytest.mark.parametrize("scale", ["deviation", "eigenvalue", "eigenvalue_unit"])
@pytest.mark.parametrize("divisor", [1.0, 1.1])
def test_training_views_equal_the_formula(data, images, draws, mean, scale, divisor):
    augmentation = Augmentation(size=16, mean=mean, colour_scale=scale, divisor=divisor)
    views = TrainViews(data, augmentation, CPU)(images, draws)
    assert views.dtype == torch.float32
    for i in range(6):
        expected = naive_training_view(data, images[i], draws, i, mean, scale, divisor)
        np.testing.assert_allclose(views[i], expected, rtol=1e-4, atol=2e-3)


def test_unit_pixels_have_unit_deviation_before_the_noise(data, images, draws):
    raw = Augmentation(size=16, colour=0)
    a = TrainViews(data, raw, CPU)(images, draws)
    b = TrainViews(data, raw, CPU, pixels="unit")(images, draws)
    torch.testing.assert_close(b * data.deviation, a)


def test_crops_larger_than_the_images_are_refused(data):
    with pytest.raises(ValueError, match="crops of 40 pixels do not fit into the 2"):
        CentreViews(data, CPU, size=40)


@pytest.mark.parametrize("mean", ["own", "centre"])
def test_test_views_are_views_of_the_centred_image(data, images, mean):
    views = CentreViews(data, CPU, size=16, mean=mean)
    centred = images - data.mean_image
    torch.testing.assert_close(views(images), centre_crop(centred, 16))
    ten = views.ten(images)
    torch.testing.assert_close(ten[4], views(images))
    if mean == "own":
        torch.testing.assert_close(ten, ten_views(centred, 16))
    else:
        corner = images[..., :16, :16] - data.mean_image[:, 2:18, 4:20]
        torch.testing.assert_close(ten[0], corner)


@pytest.mark.parametrize("pixels", ["raw", "unit"])
def test_shifted_views_are_views_of_brighter_images(data, images, pixels):
    colour = torch.tensor([10.0, -20.0, 0.5])
    views = CentreViews(data, CPU, size=16, pixels=pixels)
    scale = data.deviation if pixels == "unit" else 1.0
    before = views(images)
    shifted = views.shifted(colour)
    added = (colour / scale)[:, None, None]
    torch.testing.assert_close(shifted(images), before + added)
    torch.testing.assert_close(shifted.ten(images), views.ten(images) + added)
    torch.testing.assert_close(views(images), before)


def drawn(augmentation, count=20_000, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return random_draws(count, 256, augmentation, generator)


@pytest.mark.parametrize(("offsets", "expected"), [(None, 33), (32, 32)])
def test_all_offsets_and_both_mirrors_come_up_alike(offsets, expected):
    draws = drawn(Augmentation(offsets=offsets))
    for axis in range(2):
        counts = torch.bincount(draws.offsets[:, axis])
        assert len(counts) == expected
        assert counts.min() > 0.7 * counts.float().mean()
    assert 0.48 < draws.mirrored.float().mean() < 0.52
    pairs = len(draws.offsets[:2000].unique(dim=0))
    assert pairs > 800  # the axes and the images are drawn apart


def test_source_shares_crop_and_mirror_by_32_but_not_colour():
    draws = drawn(SOURCE, 100)
    for part in (slice(0, 32), slice(32, 64), slice(64, 96), slice(96, 100)):
        assert len(draws.offsets[part].unique(dim=0)) == 1
        assert len(draws.mirrored[part].unique()) == 1
    assert len(draws.offsets.unique(dim=0)) > 1
    assert len(draws.colours.unique(dim=0)) == 100


def test_presets_say_what_paper_and_code_did():
    assert (PAPER.size, PAPER.offsets, PAPER.chunk, PAPER.divisor) == (224, 32, 1, 1)
    assert PAPER.colour_scale == "eigenvalue"
    assert (SOURCE.offsets, SOURCE.chunk, SOURCE.mean) == (None, 32, "centre")
    assert (SOURCE.colour_scale, SOURCE.divisor) == ("deviation", 1.1)


def test_no_mirror_is_drawn_if_none_is_wanted():
    assert not drawn(Augmentation(mirror=False)).mirrored.any()


def test_windows_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"34 offsets.*224.*256"):
        drawn(Augmentation(offsets=34))


@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (7, 3, 5, 9), (3, 3, 64, 64)])
def test_statistics_equal_numpy_in_float64(shape):
    rng = np.random.default_rng(sum(shape))
    images = rng.integers(0, 256, shape, dtype=np.uint8)
    images[:, 1] = images[:, 0] // 2 + images[:, 1] // 2  # correlated channels
    pixels = images.astype(np.float64).transpose(1, 0, 2, 3).reshape(3, -1)
    statistics = Statistics.of(torch.from_numpy(images))
    assert (statistics.products.numpy() == (pixels @ pixels.T).astype(int)).all()
    mean = images.astype(np.float64).mean(0)
    np.testing.assert_allclose(statistics.mean_image, mean, rtol=1e-6)
    covariance = np.cov(pixels, bias=True) if pixels.shape[1] > 1 else np.zeros((3, 3))
    np.testing.assert_allclose(statistics.covariance, covariance, atol=1e-8)
    deviation = (images - mean).std() if shape[0] > 1 else 0.0
    assert statistics.deviation == pytest.approx(deviation, abs=1e-3)


def test_products_are_exact_where_float32_would_not_be():
    white = torch.full((2, 3, 256, 256), 255, dtype=torch.uint8)
    assert channel_products(white).unique().tolist() == [2 * 256 * 256 * 255**2]


def test_statistics_of_parts_add_up(images):
    parts = Statistics.of(images[:2]) + Statistics.of(images[2:])
    whole = Statistics.of(images)
    assert parts.count == whole.count
    assert torch.equal(parts.total, whole.total)
    assert torch.equal(parts.products, whole.products)


def test_colour_axes_diagonalise_the_covariance(images):
    statistics = Statistics.of(images)
    deviations, axes = statistics.colour_axes()
    assert deviations.tolist() == sorted(deviations.tolist(), reverse=True)
    torch.testing.assert_close(axes.T @ axes, torch.eye(3, dtype=torch.float64))
    rebuilt = axes @ deviations.square().diag() @ axes.T
    torch.testing.assert_close(rebuilt, statistics.covariance)
