"""What notebook 06 measures equals other formulations of it, over shapes and seeds."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from alexnet_lib.config import Augmentation
from alexnet_lib.data.augment import TrainViews, random_draws
from alexnet_lib.notebook import drawn_photographs
from alexnet_lib.notebook.reducing_overfitting import (
    colour,
    dropout,
    race,
    ten_views,
    views,
)
from alexnet_lib.runs import artifacts


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", [(1, 5), (4, 9), (12, 200)])
def test_likeness_is_the_cosine_of_what_a_view_has_of_its_own(shape, seed):
    generator = torch.Generator().manual_seed(seed)
    vectors, common = torch.randn(shape, generator=generator), torch.randn(shape[1])
    found = views.likeness(3 * vectors + common, common)
    for i, j in itertools.product(range(shape[0]), repeat=2):
        a, b = (vectors[k].double().numpy() for k in (i, j))
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        assert found[i, j].item() == pytest.approx(cosine, abs=1e-5)


def test_the_effective_number_lies_between_one_and_all():
    assert views.effective_number(torch.ones(7, 7)) == pytest.approx(1)
    assert views.effective_number(torch.eye(7)) == pytest.approx(7)
    three_pairs = torch.eye(3).repeat_interleave(2, 0).repeat_interleave(2, 1)
    assert views.effective_number(three_pairs) == pytest.approx(3)


@pytest.mark.parametrize("seed", range(4))
def test_the_effective_number_is_a_participation_ratio(seed):
    generator = torch.Generator().manual_seed(seed)
    vectors = torch.randn(9, 30, generator=generator)
    alike = views.likeness(vectors, torch.zeros(30))
    values = torch.linalg.eigvalsh(alike)
    ratio = values.sum() ** 2 / values.square().sum()
    assert views.effective_number(alike) == pytest.approx(ratio.item())


def test_the_grid_has_every_view_and_its_mirror_once():
    picture = torch.rand(3, views.SQUARE, views.SQUARE)
    some = views.grid(picture, step=8)
    places = range(0, views.ROOM + 1, 8)
    assert len(some) == 2 * len(places) ** 2
    half = len(some) // 2
    for i, (down, across) in enumerate(itertools.product(places, places)):
        view = picture[:, down : down + views.WINDOW, across : across + views.WINDOW]
        assert torch.equal(some[i], view)
        assert torch.equal(some[half + i], view.flip(-1))


@pytest.fixture
def conv1(tmp_path):
    """A first layer that is kept: 5 kernels of 11x11."""
    rng = np.random.default_rng(1)
    path = tmp_path / "conv1.npz"
    arrays = {"weight": rng.normal(size=(5, 3, 11, 11)), "bias": rng.normal(size=5)}
    arrays["mean"] = np.array([120.0, 110.0, 100.0])
    artifacts.write(path, {k: v.astype(np.float16) for k, v in arrays.items()})
    return path


def test_views_are_seen_as_the_first_layer_sees_them(conv1):
    some = 255 * torch.rand(2, 3, views.WINDOW, views.WINDOW)
    kept = {k: torch.from_numpy(v).float() for k, v in artifacts.read(conv1).items()}
    layer = nn.Conv2d(3, 5, 11, stride=4)
    layer.load_state_dict({"weight": kept["weight"], "bias": kept["bias"]})
    centred = some - kept["mean"].reshape(1, 3, 1, 1)
    maps = layer(centred).relu()
    found = views.seen(some, conv1)
    torch.testing.assert_close(found["pixels"], centred.flatten(1))
    torch.testing.assert_close(found["conv1"], maps.flatten(1))
    torch.testing.assert_close(found["pool1"], nn.MaxPool2d(3, 2)(maps).flatten(1))


def test_a_view_is_wholly_like_itself_and_less_like_others(conv1):
    two = torch.stack([views.square("sea", 1), views.square("snow", 2)])
    found = views.by_shift(two, conv1)
    for name, values in found.items():
        assert len(values) == views.ROOM + 1
        assert values[0] == pytest.approx(1), name
        assert values[1:].max() < 1
    common = views.others(conv1)["pixels"]
    places = [
        (p[:, 16:112, x : x + 96], p[:, 16:112, x + 5 : x + 101])
        for p in two
        for x in range(28)
    ]
    own = [
        [views.seen(view[None], conv1)["pixels"][0] - common for view in pair]
        for pair in places
    ]
    cosines = [functional.cosine_similarity(a, b, dim=0).item() for a, b in own]
    assert found["pixels"][5] == pytest.approx(sum(cosines) / len(cosines), abs=1e-5)


def test_pixels_of_the_photographs_have_the_axes_of_their_statistics():
    data = drawn_photographs.data_set(of_each=2)
    pixels = colour.pixels_of(data)
    assert len(pixels) == len(data.train) * colour.SIDE**2
    variances, columns = np.linalg.eigh(np.cov(pixels.numpy().T, bias=True))
    deviations, axes = data.statistics.colour_axes()
    np.testing.assert_allclose(deviations, variances[::-1] ** 0.5, rtol=1e-6)
    alike = abs(np.sum(columns[:, ::-1] * axes.numpy(), axis=0))
    np.testing.assert_allclose(alike, 1, rtol=1e-9)


def test_noise_adds_a_hundredth_of_the_variance_of_colours():
    """As random draws of the library's own do; divided by 1.1 it is a tenth less.

    The deviation is about the mean image, the noise's share of that about mean colours.
    """
    data = drawn_photographs.data_set(of_each=1)
    ratio = colour.deviation_with_noise(data, 1.0)
    of_noise = 0.01 * data.statistics.covariance.trace().item() / 3
    expected = math.sqrt(1 + of_noise / data.deviation**2)
    assert ratio == pytest.approx(expected, rel=1e-5)
    divided = colour.deviation_with_noise(data, 1.1)
    assert divided == pytest.approx(ratio / 1.1, rel=1e-5)
    rule = Augmentation(size=colour.SIDE, mirror=False)
    make, generator = TrainViews(data, rule, torch.device("cpu")), torch.Generator()
    squares = []
    for image in data.train.images[:].split(1):
        draws = random_draws(40, colour.SIDE, rule, generator.manual_seed(3))
        for way in (1, -1):
            draws.colours.mul_(way)
            noisy = make(image.expand(40, -1, -1, -1), draws)
            squares.append(noisy.square().mean().item())
    drawn = math.sqrt(sum(squares) / len(squares)) / data.deviation
    assert drawn == pytest.approx(ratio, abs=4e-3)


@pytest.mark.parametrize("units", [1, 3, 6])
def test_all_masks_are_all_and_each_once(units):
    masks = dropout.all_masks(units)
    assert len(masks) == 2**units == len(masks.unique(dim=0))
    assert masks.mean() == 0.5


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("nets", [1, 2, 50])
def test_the_geometric_mean_is_the_root_of_the_product(nets, seed):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(nets, 2, 3, generator=generator, dtype=torch.float64)
    probabilities = logits.softmax(-1)
    roots = probabilities.prod(0) ** (1 / nets)
    expected = roots / roots.sum(-1, keepdim=True)
    torch.testing.assert_close(dropout.geometric_mean(probabilities), expected)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("scale", [0.5, 2.0, 8.0])
def test_with_one_layer_the_halved_net_is_the_geometric_mean(scale, seed):
    net = dropout.HiddenLayers.drawn(1, scale, seed)
    means = net.means(dropout.some_inputs(5, seed))
    torch.testing.assert_close(means.halved, means.geometric)
    assert dropout.apart(means.halved, means.arithmetic) > 1e-4


@pytest.mark.parametrize("hidden", [1, 2])
def test_the_means_are_those_of_nets_with_their_units_taken_out(hidden):
    """Each mask as a smaller net: the rows and columns of dropped units left out."""
    net = dropout.HiddenLayers.drawn(hidden, 2.0, seed=3)
    inputs = dropout.some_inputs(3)
    answers = []
    for mask in itertools.product([0, 1], repeat=hidden * dropout.UNITS):
        kept = [np.flatnonzero(part) for part in np.split(np.array(mask), hidden)]
        x = inputs
        for layer, weight in enumerate(net.weights):
            part = weight if layer == 0 else weight[:, kept[layer - 1]]
            part = part if layer == hidden else part[kept[layer]]
            x = x @ part.T if layer == hidden else (x @ part.T).relu()
        answers.append(x.softmax(-1))
    every, means = torch.stack(answers), net.means(inputs)
    assert means.nets == len(every)
    torch.testing.assert_close(means.arithmetic, every.mean(0))
    torch.testing.assert_close(means.geometric, dropout.geometric_mean(every))


def test_the_halved_net_is_torchs_in_evaluation_with_weights_halved():
    net = dropout.HiddenLayers.drawn(2, 2.0)
    layers = [nn.Linear(w.shape[1], w.shape[0], bias=False) for w in net.weights]
    for layer, weight, factor in zip(layers, net.weights, (1, 0.5, 0.5), strict=True):
        layer.weight = nn.Parameter(factor * weight)
    inverted = nn.Sequential(
        *(layers[0], nn.ReLU(), nn.Dropout(0.5)),
        *(layers[1], nn.ReLU(), nn.Dropout(0.5)),
        *(layers[2], nn.Softmax(-1)),
    )
    inputs = dropout.some_inputs(4)
    expected = inverted.eval()(inputs)
    torch.testing.assert_close(net.means(inputs).halved, expected)


def test_distance_of_answers_is_what_would_have_to_move():
    one = torch.tensor([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    other = torch.tensor([[0.5, 0.2, 0.3], [0.0, 0.0, 1.0]])
    assert dropout.apart(one, other) == pytest.approx((0.3 + 1.0) / 2)
    assert dropout.apart(one, one) == 0


def test_random_views_are_windows_of_their_image_or_mirrors():
    (squares, _), _ = race.images()
    torch.manual_seed(4)
    seen = race.random_views(squares)
    room = range(race.SIDE - race.WINDOW + 1)
    mirrored = 0
    for view, square in zip(seen, squares, strict=True):
        windows = [
            square[:, y : y + race.WINDOW, x : x + race.WINDOW]
            for y, x in itertools.product(room, room)
        ]
        plain = any(torch.equal(view, window) for window in windows)
        assert plain or any(torch.equal(view, w.flip(-1)) for w in windows)
        mirrored += not plain
    assert len(squares) / 4 < mirrored < 3 * len(squares) / 4


def test_the_race_s_nets_differ_in_dropout_alone():
    plain, dropped = race.untrained(1), race.untrained(1, dropout=0.5)
    for a, b in zip(plain.parameters(), dropped.parameters(), strict=True):
        assert torch.equal(a, b)
    (squares, _), _ = race.images()
    x = race.centre(squares)
    torch.testing.assert_close(plain.eval()(x), dropped.eval()(x))
    assert not torch.allclose(plain.train()(x), dropped.train()(x))


def test_ten_scores_are_those_of_each_view_by_itself():
    _, (squares, _) = race.images()
    net = race.untrained(2, dropout=0.5).train()
    found = ten_views.logits(net, squares[:5], race.WINDOW)
    ends = (0, race.SIDE - race.WINDOW)
    middle = ends[1] // 2
    places = [*itertools.product(ends, ends), (middle, middle)]
    net.eval()
    for i, (y, x) in enumerate(places):
        window = squares[:5, :, y : y + race.WINDOW, x : x + race.WINDOW]
        torch.testing.assert_close(found[i], net(window))
        torch.testing.assert_close(found[i + 5], net(window.flip(-1)))


def test_votes_are_split_where_any_view_has_another_answer():
    scores = torch.zeros(10, 3, 4)
    scores[:, :, 2] = 1
    scores[9, 1, 0] = 5
    assert ten_views.split_votes(scores).tolist() == [False, True, False]
