"""The text's network as it begins: what a deviation, a bias and a scale do to it."""

import pytest
import torch

from alexnet_lib.modules.build import build
from alexnet_lib.modules.units import Unit
from alexnet_lib.notebook.details_of_learning import starting
from tests.drawn import Panel, assert_shows, unnoticed

LAYERS = ["unit1", "unit2", "unit3", "unit4", "unit5", "unit6", "unit7", "fc8"]
WEIGHTS = [f"conv{i}" for i in range(1, 6)] + ["fc6", "fc7", "fc8"]


@pytest.fixture(scope="module")
def text():
    return starting.follow(starting.text_network())


def test_it_is_followed_through_every_layer(text):
    assert list(text.size) == list(text.spread) == LAYERS
    assert list(text.gradient) == WEIGHTS


def test_sizes_and_spreads_are_those_of_a_plain_pass(text):
    net = build(starting.text_network(), seed=1).eval()
    x, labels = starting.images()
    outputs = []
    with torch.no_grad():
        for module in net:
            x = module(x)
            if isinstance(module, Unit):
                outputs.append(x.flatten(1).clone())
    for name, out in zip(LAYERS, outputs, strict=False):
        assert text.size[name] == pytest.approx(out.abs().mean().item(), rel=1e-4)
        assert text.spread[name] == pytest.approx(out.std(0).mean().item(), rel=1e-4)
    assert labels.tolist() == list(range(10)) * 2


def test_the_gradient_is_that_of_the_loss_over_the_weights(text):
    net = build(starting.text_network(), seed=1).eval()
    x, labels = starting.images()
    torch.nn.functional.cross_entropy(net(x), labels).backward()
    for name in WEIGHTS:
        weight = net.get_parameter(f"{name}.weight")
        ratio = (weight.grad.norm() / weight.norm()).item()
        assert text.gradient[name] == pytest.approx(ratio, rel=1e-3)


def test_three_times_the_deviation_passes_on_three_times_as_much(text):
    """conv3 has no bias, so its outputs scale with its weights."""
    wide = starting.follow(starting.text_network(deviation=0.03))
    assert wide.spread["unit2"] == text.spread["unit2"]
    assert wide.spread["unit3"] == pytest.approx(3 * text.spread["unit3"], rel=1e-3)
    assert wide.spread["fc8"] > 10 * text.spread["fc8"]


def test_a_bias_moves_sizes_and_hardly_sets_images_apart(text):
    without = starting.follow(starting.text_network(bias=0.0))
    assert text.size["unit5"] > 10 * without.size["unit5"]
    assert text.spread["unit5"] < 5 * without.spread["unit5"]
    assert text.gradient["fc7"] > 50 * without.gradient["fc7"]


def test_divided_pixels_fade_in_proportion(text):
    faint = starting.follow(starting.text_network(), divide_pixels_by=50)
    assert faint.size["unit1"] == pytest.approx(text.size["unit1"] / 50, rel=1e-3)


def test_the_picture_shows_what_was_followed():
    found = starting.follow(starting.text_network(0.02, 0.5), 10)
    picture = starting.layers(0.02, 0.5, 10)

    def points(values):
        return list(enumerate(values.values()))

    panels = [
        Panel([points(found.size), points(found.spread)]),
        Panel([points(found.gradient)]),
    ]
    words = [
        "deviation 0.020, biases 0.50, pixels divided by 10",
        f"at fc8 images lie {found.spread['fc8']:.1e} apart",
        f"gradient of conv1 {found.gradient['conv1']:.1e}",
    ]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []


def test_first_steps_begin_at_chance_and_leave_the_random_state_alone():
    state = torch.get_rng_state()
    run = starting.first_steps(starting.text_network(0.03), steps=2)
    assert torch.equal(torch.get_rng_state(), state)
    assert run.losses[0] == pytest.approx(2.30, abs=0.3)
    assert len(run.losses) == len(run.spreads) == 2
    assert run.losses[0] != run.losses[1]


def test_first_steps_are_drawn_together():
    runs = {
        "one": starting.FirstSteps([2.3, 2.2], [0.001, 0.1]),
        "two": starting.FirstSteps([2.3, 2.4], [0.02, 0.5]),
    }
    picture = starting.compared(runs)
    panels = [
        Panel([[(1, 2.3), (2, 2.2)], [(1, 2.3), (2, 2.4)]]),
        Panel([[(1, 0.001), (2, 0.1)], [(1, 0.02), (2, 0.5)]]),
    ]
    words = ["one: 1e-03 to 1e-01", "two: 2e-02 to 5e-01"]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []
