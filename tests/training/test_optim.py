"""The paper's update rule."""

import itertools
from functools import partial

import pytest
import torch
from torch import nn

from alexnet_lib import native
from alexnet_lib.config import TrainingConfig
from alexnet_lib.modules.build import build
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.training import optim
from alexnet_lib.training.optim import PaperSGD, parameter_groups


def descend(optimizer_of, rates, start):
    weights = nn.Parameter(start.clone())
    optimizer = optimizer_of([weights])
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        (weights**4).sum().backward()
        optimizer.step()
    return weights.detach()


def paper(weights):
    return PaperSGD(weights, lr=0.01, momentum=0.9, weight_decay=0.0005)


def torch_sgd(weights):
    return torch.optim.SGD(weights, lr=0.01, momentum=0.9, weight_decay=0.0005)


START = torch.linspace(-1, 1, 9, dtype=torch.float64)


def test_equals_the_formula_of_section_5_across_a_drop():
    rates = [0.01] * 10 + [0.001] * 10
    w, v = START.clone(), torch.zeros_like(START)
    for rate in rates:
        v = 0.9 * v - 0.0005 * rate * w - rate * 4 * w**3
        w = w + v
    torch.testing.assert_close(descend(paper, rates, START), w, rtol=0, atol=1e-15)


def test_equals_the_formula_without_momentum():
    w = START.clone()
    for _ in range(5):
        w = w - 0.0005 * 0.01 * w - 0.01 * 4 * w**3
    optimizer_of = partial(PaperSGD, lr=0.01, momentum=0.0, weight_decay=0.0005)
    torch.testing.assert_close(descend(optimizer_of, [0.01] * 5, START), w)


def test_equals_torch_at_a_constant_rate_and_not_after_a_drop():
    steady = [0.01] * 20
    torch.testing.assert_close(
        descend(paper, steady, START), descend(torch_sgd, steady, START)
    )
    dropped = [0.01] * 10 + [0.001] * 2
    ours, theirs = descend(paper, dropped, START), descend(torch_sgd, dropped, START)
    assert (ours - theirs).abs().max() > 1e-3


def test_a_rate_of_zero_freezes_weights_and_velocity():
    before = descend(paper, [0.01] * 5, START)
    torch.testing.assert_close(descend(paper, [0.01] * 5 + [0.0] * 5, START), before)
    torch.testing.assert_close(
        descend(paper, [0.01] * 5 + [0.0] * 5 + [0.01], START),
        descend(paper, [0.01] * 6, START),
    )


def test_biases_have_their_own_rate_and_no_decay():
    net = build(four_layer(), seed=1)
    weights, biases = parameter_groups(
        net, TrainingConfig(0.01, 1, weight_decay=0.0005)
    )
    assert (weights["lr"], weights["weight_decay"]) == (0.01, 0.0005)
    assert (biases["lr"], biases["weight_decay"]) == (0.02, 0.0)
    assert all(p.dim() > 1 for p in weights["params"])
    assert all(p.dim() == 1 for p in biases["params"])
    assert len(weights["params"]) + len(biases["params"]) == len(list(net.parameters()))


def test_each_weight_has_its_multiple_of_the_decay():
    net = build(four_layer(), seed=1)
    factors = {"conv1.weight": 0.0, "fc4.weight": 2.5, "fc4.bias": 9.0}
    groups = parameter_groups(net, TrainingConfig(0.01, 1, weight_decay=0.004), factors)
    decay_of = {p: g["weight_decay"] for g in groups for p in g["params"]}
    decays = {name: decay_of[p] for name, p in net.named_parameters()}
    weights = {n: d for n, d in decays.items() if n.endswith("weight")}
    assert weights == pytest.approx(
        {
            "conv1.weight": 0.0,
            "conv2.weight": 0.004,
            "conv3.weight": 0.004,
            "fc4.weight": 0.01,
        }
    )
    assert not any(d for n, d in decays.items() if n.endswith("bias"))


def test_layouts_in_memory_do_not_matter():
    """Weights, gradients and velocities of every mixture of memory layouts."""
    generator = torch.Generator().manual_seed(1)
    start, *slopes = torch.randn(4, 6, 4, 3, 3, generator=generator)
    layouts = itertools.product(
        (torch.contiguous_format, torch.channels_last), repeat=4
    )
    ends = []
    for first, second, *of_gradients in layouts:
        net = nn.Conv2d(4, 6, 3, bias=False)
        net.weight.data = start.clone(memory_format=first)
        optimizer = paper(net.parameters())
        for slope, layout in zip(slopes, (first, *of_gradients), strict=True):
            net.weight.grad = slope.contiguous(memory_format=layout)
            optimizer.step()
            net.weight.data = net.weight.data.contiguous(memory_format=second)
        ends.append(net.weight.detach())
    w, v = start, torch.zeros_like(start)
    for slope in slopes:
        v = 0.9 * v - 0.0005 * 0.01 * w - 0.01 * slope
        w = w + v
    for end in ends:
        torch.testing.assert_close(end, w)


def test_negative_arguments_are_refused():
    with pytest.raises(ValueError, match="negative"):
        PaperSGD([nn.Parameter(START.clone())], lr=-1.0)


def steps_on_copies(optimizer_of, slopes, copied, layout=torch.contiguous_format):
    """A kernel after steps along `slopes`, which are rounded to bfloat16 already."""
    net = nn.Conv2d(4, 6, 3, bias=False)
    net.weight.data = slopes[0].clone(memory_format=layout)
    optimizer = optimizer_of(net.parameters())
    for slope in slopes[1:]:
        weight = optimizer.copies(net)["weight"] if copied else net.weight
        weight.grad = slope.to(weight.dtype)
        optimizer.step()
    return net, optimizer


@pytest.fixture(autouse=True)
def copies_of_small_weights(monkeypatch):
    monkeypatch.setattr(optim, "COPY_FROM", 1)


SLOPES = torch.randn(6, 6, 4, 3, 3, generator=torch.Generator().manual_seed(2))
SLOPES = SLOPES.bfloat16().float()


@pytest.mark.parametrize("momentum", [0.9, 0.0])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("compiled", [True, False])
def test_weights_with_copies_go_where_the_others_go(
    compiled, layout, momentum, monkeypatch
):
    """The copies are the weights, rounded, after each step; float64 says the same."""
    if not compiled:
        monkeypatch.setattr(native, "library", lambda source: None)
    optimizer_of = partial(PaperSGD, lr=0.1, momentum=momentum, weight_decay=0.01)
    net, optimizer = steps_on_copies(optimizer_of, SLOPES, True, layout)
    other, _ = steps_on_copies(optimizer_of, SLOPES, False)
    exact, _ = steps_on_copies(optimizer_of, SLOPES.double(), False)
    torch.testing.assert_close(net.weight, other.weight)
    torch.testing.assert_close(net.weight.double(), exact.weight, rtol=0, atol=1e-6)
    copy = optimizer.copies(net)["weight"]
    assert copy.grad is None
    assert torch.equal(copy, net.weight.bfloat16())


def test_a_copy_follows_whoever_writes_to_the_weights():
    net, optimizer = steps_on_copies(paper, SLOPES, True)
    net.load_state_dict({"weight": 3 * SLOPES[1]})
    assert torch.equal(optimizer.copies(net)["weight"], (3 * SLOPES[1]).bfloat16())


def test_a_frozen_weight_keeps_its_copy():
    net, optimizer = steps_on_copies(paper, SLOPES, True)
    before = net.weight.clone()
    optimizer.param_groups[0]["lr"] = 0.0
    copy = optimizer.copies(net)["weight"]
    copy.grad = torch.ones_like(copy)
    optimizer.step()
    assert torch.equal(net.weight, before)
    assert torch.equal(optimizer.copies(net)["weight"], before.bfloat16())
    assert copy.grad is None
