"""What notebook 00 measures, against loops, closed forms and torch's own."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from alexnet_lib.data import synthetic
from alexnet_lib.notebook.building_blocks import measures


def test_shapes_are_the_synthetic_images_of_four_classes_centred():
    images, labels = measures.shapes(10, seed=3)
    whole, numbers = synthetic.images(30, 16, seed=3)
    names = [synthetic.CLASSES[n] for n in numbers]
    chosen = [i for i, name in enumerate(names) if name in measures.KINDS][:10]
    assert [measures.KINDS[n] for n in labels] == [names[i] for i in chosen]
    levels = whole[chosen].double()
    expected = (levels - levels.mean((1, 2, 3), keepdim=True)) / 64
    torch.testing.assert_close(images.double(), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("count", [4, 7, 100])
def test_as_many_shapes_as_asked_for_all_classes_alike(count):
    images, labels = measures.shapes(count, seed=1, side=8)
    assert images.shape == (count, 3, 8, 8)
    counts = labels.bincount(minlength=4)
    assert counts.max() - counts.min() <= 1


def test_the_small_net_is_its_seeds_and_leaves_torchs_random_numbers_alone():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    net, again, other = (measures.small_net(seed) for seed in (1, 1, 2))
    torch.testing.assert_close(torch.rand(3), expected)
    x = measures.shapes(5, seed=1)[0]
    torch.testing.assert_close(net(x), again(x))
    assert not torch.allclose(net(x), other(x))
    assert net(x).shape == (5, 4)


def test_error_rate_counts_wrong_answers_without_dropout():
    scores = torch.tensor([[3.0, 1], [0, 2], [5, 4], [1, 9]])
    net = nn.Sequential(nn.Identity(), nn.Dropout(0.9))
    net.train()
    assert measures.error_rate(net, scores, torch.tensor([0, 1, 1, 0])) == 0.5


@pytest.mark.parametrize("layers", [[(3, 1)], [(3, 1), (5, 1)], [(3, 2), (3, 1)]])
def test_a_gradient_is_what_a_pixel_changes_in_the_middle_output(layers):
    side = 15

    def middle(image):
        for size, stride in layers:
            image = functional.avg_pool2d(image[None, None], size, stride)[0, 0]
        return image[image.shape[0] // 2, image.shape[1] // 2].item()

    basis = torch.eye(side * side, dtype=torch.float64).reshape(-1, side, side)
    expected = torch.tensor([middle(image) for image in basis]).reshape(side, side)
    found = measures.gradient_of_one_output(layers, side)
    torch.testing.assert_close(found, expected.double())


def test_gradients_shrink_by_a_quarter_or_more_through_logistic_layers():
    for unit, low, high in (("logistic", 0.0, 0.25), ("relu", 0.5, 2.0)):
        sizes = [*measures.gradients_by_depth(unit, 8), 1.0]
        assert len(sizes) == 9
        steps = np.divide(sizes[:-1], sizes[1:])
        assert (steps > low).all()
        assert (steps < high).all()
    tanh, relu = (measures.gradients_by_depth(u, 20)[0] for u in ("tanh", "relu"))
    assert measures.gradients_by_depth("logistic", 20)[0] < 1e-9 < tanh < relu


@pytest.mark.parametrize("size", [2, 3])
def test_pooling_by_windows_side_by_side(size):
    x = torch.randn(2, 3, 7, 6, generator=torch.Generator().manual_seed(0))
    rows, columns = 7 // size, 6 // size
    for kind, reduce in (
        ("max", np.max),
        ("average", np.mean),
        ("L2", lambda window: np.sqrt(np.sum(window**2))),
    ):
        found = measures.pooled(x, kind, size)
        assert found.shape == (2, 3, rows, columns)
        for n, c, i, j in np.ndindex(*found.shape):
            window = x[n, c, i * size : (i + 1) * size, j * size : (j + 1) * size]
            assert found[n, c, i, j] == pytest.approx(reduce(window.numpy()), rel=1e-5)


def test_an_unknown_pooling_is_named():
    with pytest.raises(ValueError, match="'median': max, average, L2"):
        measures.pooled(torch.zeros(1, 1, 2, 2), "median", 2)


def test_points_scatter_about_a_wave():
    x, y = measures.noisy_points(2000, seed=4)
    noise = y - (2.5 * x).sin()
    assert x[0] == -1 == -x[-1]
    assert abs(noise.mean()) < 0.03
    assert noise.std() == pytest.approx(0.25, abs=0.02)
