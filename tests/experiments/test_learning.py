"""§5's experiments: arms that differ in what they are about, and a true control."""

import dataclasses
import math

import pytest
import torch
from torch.nn import functional

from alexnet_lib.experiments.learning import (
    BIASES,
    PLATEAU,
    UPDATE_RULE,
    WEIGHT_DECAY,
    decay_dose,
)
from alexnet_lib.experiments.metrics import StepsTo
from alexnet_lib.experiments.starting import DEVIATION, START
from alexnet_lib.modules.build import build, decay_multipliers
from alexnet_lib.nets.layers import Conv, Linear
from alexnet_lib.training.optim import optimizer_for


def test_the_update_rules_differ_in_nothing_else():
    paper, torchs = UPDATE_RULE.arms("laptop").values()
    assert torchs.with_training(update_rule="paper") == paper
    assert len(paper.training.schedule.epochs) == 2


def test_the_start_arms_are_the_whole_product_of_three_choices():
    arms = START.arms("laptop")
    assert len(arms) == 2 * 3 * 2 + 2
    for std in (0.01, 0.03):
        for bias in (0.0, 0.1, 1.0):
            raw, unit = (arms[f"{std:g}-{bias:g}-{how}"] for how in ("raw", "unit"))
            assert raw.network == unit.network
            assert (raw.data.pixels, unit.data.pixels) == ("raw", "unit")
            convs = [x for x in raw.network.layers if isinstance(x, Conv)]
            assert [c.std for c in convs] == [0.01, 0.01, std, std, std]
            hidden = [x for x in raw.network.layers if isinstance(x, Conv | Linear)]
            assert [x.bias for x in hidden] == [0, bias, 0, bias, bias, bias, bias, 0]


def test_the_control_is_the_raw_net_in_other_units():
    """The same outputs, and after steps at its own rates still the same."""
    arms = START.arms("laptop")
    raw, control = arms["0.03-1-raw"], arms["control"]
    x = 70 * torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    labels = torch.tensor([3, 7])
    outputs = []
    for config, images in ((raw, x), (control, x / DEVIATION)):
        net = build(config.network, seed=1).double().eval()
        optimizer = optimizer_for(
            net, config.training, decay_multipliers(config.network)
        )
        for group in optimizer.param_groups:
            factors = {r.layer: r.factor for r in config.training.layer_rates}
            group["lr"] *= factors.get(group["layer"], 1.0)
        for _ in range(3):
            optimizer.zero_grad()
            logits = net(images.double())
            functional.cross_entropy(logits, labels).backward()
            optimizer.step()
        outputs.append(net(images.double()))
    assert control.training.weight_decay == raw.training.weight_decay
    torch.testing.assert_close(*outputs, rtol=1e-3, atol=1e-5)


def test_the_plateau_is_told_by_images_that_are_not_tested_on():
    for config in PLATEAU.arms("laptop").values():
        assert config.data.held_out == 500
    fixed, plateau = PLATEAU.arms("laptop").values()
    assert plateau.training.schedule.key == "validation_top1"
    same = dataclasses.replace(plateau.training, schedule=fixed.training.schedule)
    assert same == fixed.training


RATES_OF_BIASES = {  # conv2.bias: rate and decay in epochs 1 and 13
    "code": ((0.006, 0.0), (0.0006, 0.0)),
    "one-rate": ((0.003, 0.0), (0.0003, 0.0)),
    "decayed": ((0.006, 0.01), (0.0006, 0.01)),
    "kept": ((0.006, 0.0), (0.006, 0.0)),
}


@pytest.mark.parametrize("arm", RATES_OF_BIASES)
def test_biases_learn_as_their_arm_says(arm):
    """As the loop would set them: groups, the schedule, the layers' own rates."""
    config = BIASES.arms("laptop")[arm]
    net = build(config.network, seed=1)
    multipliers = decay_multipliers(config.network)
    optimizer = optimizer_for(net, config.training, multipliers)
    found = {}
    for name in ("conv2.bias", "conv2.weight"):
        (group,) = (
            g
            for g in optimizer.param_groups
            if any(p is net.get_parameter(name) for p in g["params"])
        )
        found[name] = []
        for epoch in (0, 12):
            rate = group["initial_lr"]
            rate /= config.training.schedule.divisor([{"epoch": epoch}])
            for exception in config.training.layer_rates:
                if exception.layer == group["layer"] and epoch >= exception.from_epoch:
                    rate *= exception.factor
            found[name].append((rate, group["weight_decay"]))
    expected = [pytest.approx(pair) for pair in RATES_OF_BIASES[arm]]
    assert found["conv2.bias"] == expected
    assert found["conv2.weight"] == [
        pytest.approx((0.003, 0.01)),
        pytest.approx((0.0003, 0.01)),
    ]


def test_the_dose_is_what_a_weight_without_gradient_loses():
    """Step by step, with velocity and drop; but for how long a drop is felt."""
    batches = 400
    config = WEIGHT_DECAY.arms("laptop")["decay-0.01"].training
    w, v = 1.0, 0.0
    for epoch in range(config.epochs):
        rate = config.learning_rate / config.schedule.divisor([{"epoch": epoch}])
        for _ in range(batches):
            v = config.momentum * v - config.weight_decay * rate * w
            w += v
    assert -math.log(w) == pytest.approx(decay_dose(config, batches), rel=1e-2)


def test_every_dose_of_weight_decay_can_be_seen():
    none, *doses = (
        decay_dose(arm.training, 50_000 // 128)
        for arm in WEIGHT_DECAY.arms("laptop").values()
    )
    assert none == 0
    assert min(doses) > 1
    with pytest.raises(ValueError, match="follow from a run's errors"):
        decay_dose(PLATEAU.arms("laptop")["plateau"].training, 1)


@pytest.mark.parametrize(
    ("losses", "steps", "restricted"),
    [
        ([[2.3, 2.2, 9], [1.0, 9]], 100, 100),
        ([[2.3, 2.25, 2.0], [2.21, 2.1, 9]], 200, 200),
        ([[2.3, 2.0], [2.3, 2.0]], None, 100),
        ([[2.1]], None, None),
        ([[]], None, None),
    ],
)
def test_steps_to_a_loss_are_counted_over_whole_fifties(losses, steps, restricted):
    run = [{"epoch": 0}, *({"train_running_losses": each} for each in losses)]
    assert StepsTo(2.20)(run) == steps
    assert StepsTo(2.20, restricted=True)(run) == restricted
