"""What notebook 03 measures and draws."""

import dataclasses

import numpy as np
import pytest
import torch
from matplotlib import cbook
from PIL import Image
from torch import nn

from alexnet_lib.experiments.cifar import CIFAR_NORM
from alexnet_lib.modules.build import build
from alexnet_lib.modules.lrn import LocalResponseNorm, MapResponseNorm
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.notebook.local_response_normalization import (
    pictures,
    responses,
    windows,
)
from alexnet_lib.notebook.local_response_normalization.responses import FirstLayer
from alexnet_lib.runs.run import Run
from tests.conftest import QUIET, quick
from tests.drawn import Panel, assert_shows, panel_of, unnoticed


@pytest.mark.parametrize("at", [0, 1, 5, 10])
@pytest.mark.parametrize("n", [3, 5])
def test_a_single_response_tells_what_its_square_counts(n, at):
    def counted(norm):
        return responses.alpha_per_square(norm, 2.0, 0.75, at)

    literal = LocalResponseNorm(n, alpha=0.01, divide_alpha_by_n=False)
    torchs = nn.LocalResponseNorm(n, alpha=0.01, beta=0.75, k=2.0)
    within = MapResponseNorm(n, 2.0, 0.01)
    assert counted(literal) == pytest.approx(0.01)
    assert counted(torchs) == pytest.approx(0.01 / n)
    assert counted(within) == pytest.approx(0.01 / n**2)


def test_nothing_is_lost_to_a_constant_and_most_to_a_strong_norm():
    a = torch.rand(2, 12, 4, 4, generator=torch.Generator().manual_seed(1))
    constant = LocalResponseNorm(k=3.0, alpha=0.0, divide_alpha_by_n=False)
    assert responses.lost(a, constant, 3.0, 0.75) == pytest.approx(0, abs=1e-9)
    strong = LocalResponseNorm(k=1.0, alpha=1e4, divide_alpha_by_n=False)
    assert responses.lost(a, strong, 1.0, 0.75) > 0.9


def test_a_readers_own_first_layer_is_theirs(monkeypatch):
    with pytest.raises(FileNotFoundError, match="alexnet run cifar-norm --arm"):
        responses.own_first_layer("smoke")
    experiment = quick(CIFAR_NORM)
    monkeypatch.setattr(responses, "CIFAR_NORM", experiment)
    Run(experiment, "13pct-lrn", 1, "smoke").record(QUIET)
    own = responses.own_first_layer("smoke")
    assert own.sums.shape == (20, 64, 24, 24)
    assert own.origin == "your own run of 13pct-lrn"
    strengths = own.responses.flatten(1).norm(dim=1)
    assert torch.equal(strengths, strengths.sort(descending=True).values)


@pytest.fixture
def shipped(own_results):
    """A first layer as it is shipped, with random kernels."""
    generator = torch.Generator().manual_seed(3)
    arrays = {
        "weight": 0.02 * torch.randn(96, 3, 11, 11, generator=generator).half(),
        "bias": torch.randn(96, generator=generator).half(),
        "mean": torch.tensor([120.0, 110.0, 100.0]),
    }
    folder = own_results / "first-711-updates"
    folder.mkdir(parents=True)
    np.savez(
        folder / "source.s1.conv1.npz", **{k: v.numpy() for k, v in arrays.items()}
    )
    return arrays


def test_the_published_first_layer_is_that_of_the_network_of_145(shipped):
    layer = responses.published_first_layer()
    assert "config #145, published run, seed 1" in layer.origin
    assert (layer.images.dtype, layer.images.shape) == (torch.uint8, (1, 3, 224, 224))
    source = alexnet("source")
    first = dataclasses.replace(source, layers=source.layers[:2])
    net = build(first, seed=1)
    net[1].load_state_dict({"weight": shipped["weight"], "bias": shipped["bias"]})
    centred = layer.images - shipped["mean"][:, None, None]
    torch.testing.assert_close(layer.sums, net(centred).detach(), rtol=1e-4, atol=1e-3)
    assert layer.sums.std() > 1


def test_the_photograph_is_the_middle_of_the_one_shipped_with_matplotlib():
    image = responses.photograph()
    path = cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    with Image.open(path) as file:
        width, height = file.size
        side = round(min(file.size) * 224 / 256)
        left, top = (width - side) // 2, (height - side) // 2
        middle = file.crop((left, top, left + side, top + side)).resize((224, 224))
    plain = torch.from_numpy(np.array(middle)).permute(2, 0, 1).float()
    assert (image[0].float() - plain).abs().mean() < 3  # grey levels


def test_kernels_that_are_not_there_are_said_where_to_get(own_results):
    with pytest.raises(FileNotFoundError, match="git checkout") as caught:
        responses.published_first_layer()
    assert str(own_results / "first-711-updates" / "source.s1.conv1.npz") in str(
        caught.value
    )


@pytest.mark.parametrize("pixels", ["raw", "unit"])
def test_the_small_net_is_the_same_but_for_its_pixels(pixels):
    config = responses.small_net(pixels, "synthetic")
    other = responses.small_net("raw", "synthetic")
    assert config.data.pixels == pixels
    assert config.network.layers == other.network.layers
    layer = responses.small_first_layer("smoke", pixels)
    assert layer.sums.shape == (20, 96, 16, 16)
    assert f"{pixels} pixels" in layer.origin


def test_with_half_as_exponent_a_strong_norm_makes_positions_equal(layer):
    def spread(beta):
        norm = LocalResponseNorm(
            191, alpha=0.1, beta=beta, k=0.1, divide_alpha_by_n=False
        )
        norms = norm(layer.responses).norm(dim=1)
        return norms.std() / norms.mean()

    assert spread(0.5) < 1e-4 < 1e-2 < min(spread(0.0), spread(0.75))


def test_the_window_of_the_picture_stops_at_both_borders():
    for i, n, words in (
        (47, 5, "one device maps 45 to 49; two GPUs maps 45 to 47"),
        (48, 4, "one device maps 46 to 49; two GPUs maps 48 to 49"),
        (95, 5, "one device maps 93 to 95; two GPUs maps 93 to 95"),
    ):
        assert words in windows.window(i, n).alt


@pytest.fixture
def layer():
    generator = torch.Generator().manual_seed(1)
    sums = 40 * torch.randn(3, 96, 6, 6, generator=generator)
    images = torch.randint(0, 256, (3, 3, 12, 12), generator=generator).byte()
    return FirstLayer(images, sums, "random")


def test_positions_made_equal_are_drawn(layer):
    """What the notebook asks to try: all divisors of a histogram nearly the same."""
    equal = {"k": 0.1, "n": 191, "alpha": 0.1, "beta": 0.5}
    assert "beta = 0.5: " in pictures.effect(layer, **equal).alt
    alike = FirstLayer(layer.images, torch.full((3, 96, 6, 6), 1e6), "all alike")
    assert "taken away" in pictures.effect(alike, **equal).alt


def counts(values):
    """Boxes of a histogram of 40 bins between the ends."""
    heights, edges = np.histogram(values.double().numpy(), 40)
    return [
        (x, 0, edges[1] - edges[0], n) for x, n in zip(edges, heights, strict=False)
    ]


def bars(heights, width):
    return [(i - width / 2, 0, width, h) for i, h in enumerate(heights.tolist())]


def diagonal(top):
    return [(0, 0), (top, top)]


def test_the_effect_is_drawn_of_every_positive_response(layer):
    picture = pictures.effect(layer, k=1.0, n=3, alpha=0.01, beta=0.5, image=1)
    before = layer.responses[1]
    # torch's layer divides alpha by n
    after = nn.functional.local_response_norm(before[None], 3, 0.03, 0.5, 1.0)[0]
    active = before > 0
    at = int(before.square().sum(0).flatten().argmax())
    mark = [(2 * (at % 6) + 0.5, 2 * (at // 6) + 0.5)]  # 12 pixels for 6 positions
    panels = [
        Panel(
            lines=[[(47.5, 0), (47.5, 1)]],
            boxes=[
                *bars(before.flatten(1)[:, at], 0.9),
                *bars(after.flatten(1)[:, at], 0.55),
            ],
        ),
        Panel([mark, mark], images=[layer.images[1].permute(1, 2, 0).numpy()]),
        Panel(
            [diagonal(before.max())],
            dots=[torch.stack([before[active], after[active]], 1).numpy()],
        ),
        Panel(boxes=counts(before[active] / after[active])),
    ]
    lost = 1 - after.norm() / before.norm()
    words = ["k = 1, n = 3, alpha = 0.01", f"{lost:.1%} of the length taken away"]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []


def test_before_and_after_are_drawn_where_the_responses_are_strongest(layer):
    picture = pictures.before_and_after(layer)
    before = layer.responses[0].double()
    after = 2**0.75 * nn.functional.local_response_norm(
        before[None], 5, 5e-4, 0.75, 2.0
    )
    at = int(before.square().sum(0).flatten().argmax())
    heights = [maps.flatten(1)[:, at] for maps in (before, after[0])]
    mark = [(2 * (at % 6) + 0.5, 2 * (at // 6) + 0.5)]
    panels = [
        Panel([mark, mark], images=[layer.images[0].permute(1, 2, 0).numpy()]),
        Panel(
            lines=[[(47.5, 0), (47.5, 1)]],
            boxes=[*bars(heights[0], 0.9), *bars(heights[1], 0.55)],
        ),
    ]
    strongest = int(heights[0].argmax())
    words = [
        f"map {strongest} {heights[0][strongest]:.0f}, "
        f"after {heights[1][strongest]:.0f}; map "
    ]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []


@pytest.mark.parametrize(("strong", "n"), [(300.0, 5), (0.0, 1), (600.0, 4)])
def test_a_strong_map_and_its_neighbours_are_drawn(strong, n):
    def after(response):
        """Eleven maps after LRN as printed, times k^beta, map by map."""
        before = [30.0] * 5 + [response] + [30.0] * 5
        squares = [
            sum(b * b for b in before[max(0, i - n // 2) : i - n // 2 + n])
            for i in range(11)
        ]
        pairs = zip(before, squares, strict=True)
        return [2**0.75 * b / (2 + 1e-4 * s) ** 0.75 for b, s in pairs]

    tried = np.linspace(0, 600, 121)
    courses = np.array([after(response) for response in tried])
    now = after(strong)
    before = np.array([30.0] * 5 + [strong] + [30.0] * 5)
    panels = [
        Panel(boxes=[*bars(before, 0.9), *bars(np.array(now), 0.55)]),
        Panel(
            [
                np.stack([tried, courses[:, 5]], 1),
                np.stack([tried, courses[:, 6]], 1),
                [(strong, 0), (strong, 1)],
            ]
        ),
    ]
    words = [
        f"map 5 responds {strong:.0f}, the others 30, n = {n}: after LRN the strong "
        f"one {now[5]:.1f}, the map beside it {now[6]:.1f}, the first map {now[0]:.1f}"
    ]
    picture = windows.strong_map(strong, n)
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []


def test_what_is_lost_is_drawn_against_the_scale_of_the_pixels(layer):
    picture = pictures.scales(layer, layer, 60.0)
    factors = np.logspace(-3, 1, 41)
    kept = {"alpha": 5e-4, "alpha / n": 1e-4}  # as torch's layer takes it
    a = layer.responses.double()

    def lost(factor, alpha):
        normed = nn.functional.local_response_norm(factor * a, 5, alpha, 0.75, 2.0)
        return 100 * (1 - 2**0.75 * normed.norm() / (factor * a).norm()).item()

    def lost_within(factor):
        squares = 25 * nn.functional.avg_pool2d((factor * a) ** 2, 5, 1, padding=2)
        normed = factor * a / (2 + 1e-4 / 25 * squares) ** 0.75
        return 100 * (1 - 2**0.75 * normed.norm() / (factor * a).norm()).item()

    lines = [[(f, lost(f, alpha)) for f in factors] for alpha in kept.values()]
    lines.append([(f, lost_within(f)) for f in factors])
    lines += [[(x, 0), (x, 1)] for x in (1, 1 / 60, 1 / 255)]
    lines.append([(1 / 60, lost(1, 5e-4))])
    (panel,) = map(panel_of, picture.figure.axes)
    for found, expected in zip(panel.lines, lines, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_the_two_orders_are_drawn_with_what_they_answer(layer):
    picture = pictures.orders(layer)
    norm = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0)
    text, code = norm(layer.sums.relu()), norm(layer.sums).relu()
    text, code = text[text > 0], code[text > 0]
    panels = [
        Panel([diagonal(text.max())], dots=[torch.stack([text, code], 1).numpy()]),
        Panel(boxes=counts(code / text)),
    ]
    ratio = code / text
    words = [f"from {ratio.min():.2f} to {ratio.max():.2f}"]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []


def test_windows_are_drawn_with_a_rectangle_for_each_map_or_position():
    ways = windows.windows_of_both().figure.axes
    in_window = [
        sum(p.get_facecolor()[:3] != (1, 1, 1) for p in ax.patches) for ax in ways
    ]
    assert in_window == [5, 5]
    for ax in windows.window(0, 15).figure.axes:
        coloured = [p for p in ax.patches if p.get_facecolor()[:3] != (1, 1, 1)]
        assert len(coloured) == 8  # itself and the seven above


def test_more_is_taken_away_by_a_larger_alpha_and_nothing_with_beta_0(layer):
    strengths = (1e-5, 1e-4, 1e-3, 1e-2)
    norms = [LocalResponseNorm(alpha=s, divide_alpha_by_n=False) for s in strengths]
    shares = [responses.lost(layer.responses, norm, 2.0, 0.75) for norm in norms]
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] < 1
    nothing = LocalResponseNorm(beta=0.0, divide_alpha_by_n=False)
    torch.testing.assert_close(nothing(layer.responses), layer.responses)


def test_the_constants_of_2012_do_something_on_raw_pixels_alone():
    """Of a small net, whatever alpha means: what the first sitting ends on."""
    raw, unit = (responses.small_first_layer("smoke", p) for p in ("raw", "unit"))
    for norm in pictures.READINGS.values():
        assert responses.lost(unit.responses, norm, 2.0, 0.75) < 0.001
        assert responses.lost(raw.responses, norm, 2.0, 0.75) > 0.001
