"""§5's experiments: arms that differ in what they are about, and a true control."""

import dataclasses

import pytest
import torch
from torch.nn import functional

from alexnet_lib.experiments.learning import DEVIATION, PLATEAU, START, UPDATE_RULE
from alexnet_lib.experiments.metrics import StepsTo
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


@pytest.mark.parametrize(
    ("losses", "steps"),
    [
        ([[2.3, 2.2], [1.0]], 100),
        ([[2.3, 2.25], [2.21, 2.1]], 200),
        ([[2.1]], 50),
        ([[2.3], [2.3]], None),
        ([[]], None),
    ],
)
def test_steps_to_a_loss_are_counted_over_epochs(losses, steps):
    run = [{"epoch": 0}, *({"train_running_losses": each} for each in losses)]
    assert StepsTo(2.20)(run) == steps
