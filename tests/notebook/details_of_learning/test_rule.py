"""The update rule on one weight: against exact fractions, torch, and algebra."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch

from alexnet_lib.notebook.details_of_learning import rule
from tests.drawn import Panel, assert_shows, unnoticed

DECAY = 0.0005
POWERS_OF_TWO = [2.0**-3, 2.0**-7, 2.0**-10]
LOSSES = {
    "bowl": lambda w: w,
    "quartic": lambda w: 4 * w**3,
    "waves": math.sin,
    "plane": lambda w: 1.0,
}


def exact(gradient, rates, decay):
    """§5's formula in fractions: what float64 would give if it never rounded."""
    w, v, momentum = Fraction(1), Fraction(0), Fraction(rule.MOMENTUM)
    decay, course = Fraction(decay), [w]
    for rate in map(Fraction, rates):
        v = momentum * v - decay * rate * w - rate * gradient(w)
        w += v
        course.append(w)
    return [float(w) for w in course]


@pytest.mark.parametrize(
    "gradient", [LOSSES["bowl"], lambda w: 1], ids=["bowl", "plane"]
)
@pytest.mark.parametrize("decay", [0.0, DECAY])
def test_the_paper_s_rule_is_its_formula_to_the_last_digit(gradient, decay):
    """Across two drops, by rates that are exact in binary; an ulp of 1 is 2.2e-16."""
    rates = [2.0**-7] * 40 + [2.0**-10] * 40 + [2.0**-13] * 40
    ours = rule.course("paper", gradient, rates, decay=decay)
    wanted = torch.tensor(exact(gradient, rates, decay), dtype=torch.float64)
    torch.testing.assert_close(ours, wanted, rtol=1e-15, atol=1e-15)


def test_with_rates_in_decimals_it_is_the_formula_but_for_their_rounding():
    rates = [0.01] * 40 + [0.001] * 40 + [0.0001] * 40
    ours = rule.course("paper", LOSSES["bowl"], rates, decay=DECAY)
    wanted = torch.tensor(exact(LOSSES["bowl"], rates, DECAY), dtype=torch.float64)
    torch.testing.assert_close(ours, wanted, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("rate", POWERS_OF_TWO)
def test_at_a_constant_rate_both_rules_are_equal_in_every_bit(loss, rate):
    courses = [
        rule.course(name, LOSSES[loss], [rate] * 300, decay=DECAY)
        for name in ("paper", "torch")
    ]
    assert torch.equal(*courses)
    assert len(set(courses[0].tolist())) > 100  # it moves all the while


@pytest.mark.parametrize("divisor", [2, 10, 100])
def test_after_a_drop_they_differ_by_the_velocity_that_coasts_on(divisor):
    before, after = 25, 30
    rates = [0.01] * before + [0.01 / divisor] * after
    ours, theirs = (
        rule.course(name, LOSSES["plane"], rates) for name in ("paper", "torch")
    )
    together = ours[: before + 1], theirs[: before + 1]
    torch.testing.assert_close(*together, rtol=1e-13, atol=1e-13)
    v = (ours[before] - ours[before - 1]).item()
    for k in range(1, after + 1):
        coasted = v * (1 - 1 / divisor) * sum(0.9**i for i in range(1, k + 1))
        apart = (ours - theirs)[before + k].item()
        assert apart == pytest.approx(coasted, abs=1e-12)


@pytest.mark.parametrize("momentum", [0.0, 0.9, 0.99])
def test_memory_shows_the_share_of_each_gradient_and_their_average(momentum):
    picture = rule.memory(momentum)
    shares = [(1 - momentum) * momentum**age for age in range(60)]
    boxes = [(-age - 0.4, 0, 0.8, share) for age, share in enumerate(shares)]
    noisy, average, slope = (x.get_ydata() for x in picture.figure.axes[1].lines)
    wanted = [
        sum((1 - momentum) * momentum ** (n - i) * noisy[i] for i in range(n + 1))
        for n in range(len(noisy))
    ]
    np.testing.assert_allclose(average, wanted, rtol=1e-4, atol=1e-5)
    at = np.arange(len(noisy))
    panels = [
        Panel(boxes=boxes),
        Panel([np.stack([at, noisy], 1), np.stack([at, wanted], 1), [(0, 1), (1, 1)]]),
    ]
    words = [
        f"momentum {momentum:.2f}",
        f"{sum(shares[:10]):.0%} of the velocity",
        f"{math.sqrt(sum(s**2 for s in shares) or 1):.0%}"
        if momentum < 0.95  # longer memories do not end within the picture
        else "is left",
    ]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []
    assert abs(np.mean(noisy) - 1) < 0.3
    assert set(slope) == {1}


@pytest.mark.parametrize("divisor", [1.0, 10.0])
def test_a_drop_is_drawn_as_both_rules_take_it(divisor):
    picture = rule.after_a_drop(divisor)
    rates = [rule.RATE] * rule.BEFORE + [rule.RATE / divisor] * rule.AFTER
    v = buffer = 0.0
    moved = {"paper": [], "torch": []}
    for rate in rates:
        v = 0.9 * v + rate
        buffer = 0.9 * buffer + 1
        moved["paper"].append(v)
        moved["torch"].append(rate * buffer)
    steps = np.arange(1 - rule.BEFORE, rule.AFTER + 1)
    apart = np.cumsum(moved["paper"]) - np.cumsum(moved["torch"])
    line = [(0.5, 0), (0.5, 1)]
    panels = [
        Panel([*(np.stack([steps, m], 1) for m in moved.values()), line]),
        Panel([np.stack([steps, apart], 1), line]),
    ]
    words = [
        f"divided by {divisor:.0f}",
        f"{apart[rule.BEFORE + 9]:.3f} after ten steps",
    ]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []
