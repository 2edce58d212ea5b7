"""bfloat16 where the processor has it, and in float32 where it has not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib.modules import precision
from alexnet_lib.modules.conv import Conv2d
from alexnet_lib.modules.grouped import GroupedLinear
from alexnet_lib.modules.local import LocalConv2d
from alexnet_lib.modules.precision import autocast, cpu_has_bfloat16

CPU = torch.device("cpu")
LAYERS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "large maps": (lambda: Conv2d(8, 12, 3, padding=1, groups=2), (4, 8, 9, 9)),
    "small maps": (lambda: Conv2d(8, 12, 3, padding=1), (4, 8, 5, 5)),
    "linear": (lambda: nn.Linear(30, 20), (4, 30)),
    "in groups": (lambda: GroupedLinear(30, 20, 2), (4, 30)),
    "unshared": (lambda: LocalConv2d(3, 5, 3, (6, 6)), (4, 3, 6, 6)),
}


@pytest.fixture
def without(monkeypatch):
    """A processor that has no instructions for bfloat16."""
    monkeypatch.setattr(precision, "cpu_has_bfloat16", lambda: False)
    monkeypatch.setattr("alexnet_lib.modules.conv.cpu_has_bfloat16", lambda: False)


def computed(net: nn.Module, x: Tensor, context) -> list[Tensor]:
    """The output and the gradients of a sum of squares, within `context`."""
    net.zero_grad()
    x = x.clone().requires_grad_()
    with context:
        y = net(x)
    y.float().square().mean().backward()
    assert x.grad is not None
    return [y.detach(), x.grad, *(p.grad.clone() for p in net.parameters())]


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("seed", [1, 2])
def test_products_in_float32_are_those_of_bfloat16(name, seed, without):
    """As torch's own emulation has them, but for the order of the sums."""
    make, shape = LAYERS[name]
    torch.manual_seed(seed)
    net, x = make(), torch.randn(shape)
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.3)
    ours = computed(net, x, autocast(CPU, "bfloat16"))
    theirs = computed(net, x, torch.autocast("cpu", torch.bfloat16))
    for mine, wanted in zip(ours, theirs, strict=True):
        assert mine.dtype == wanted.dtype
        error = (mine.double() - wanted.double()).abs().max()
        assert error <= 2**-7 * wanted.double().abs().max()


def test_each_output_is_the_exact_sum_rounded_once(without):
    """Of operands that are rounded: float32 would keep what they lose."""
    x, w = torch.randn(2, 64, 64, generator=torch.Generator().manual_seed(1))
    exact = functional.linear(x.bfloat16().double(), w.bfloat16().double())
    with autocast(CPU, "bfloat16"):
        ours = functional.linear(x, w)
    assert (ours == exact.bfloat16()).double().mean() > 0.99  # ties of float32's sum
    assert (functional.linear(x, w).bfloat16() == ours).double().mean() < 0.9


def test_outside_the_context_and_in_float32_nothing_is_rounded(without):
    x, w = torch.randn(2, 8, 8, generator=torch.Generator().manual_seed(1))
    plain = functional.linear(x, w)
    with autocast(CPU, "float32"):
        assert torch.equal(functional.linear(x, w), plain)
    with autocast(CPU, "bfloat16"):
        assert functional.linear(x, w).dtype == torch.bfloat16
        assert (x + w).dtype == torch.float32
    assert torch.equal(functional.linear(x, w), plain)


@pytest.mark.parametrize(
    ("known", "onednn", "has"),
    [
        ({"avx512_f": True, "avx512_bf16": False}, True, False),
        ({"avx512_f": True, "avx512_bf16": True}, True, True),
        ({"amx_bf16": True}, True, True),
        ({"architecture": "arm64", "bf16": True}, True, True),
        ({"architecture": "arm64", "bf16": True}, False, False),
        ({}, True, False),
    ],
)
def test_bfloat16_is_known_by_the_processors_instructions(
    monkeypatch, known, onednn, has
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: onednn)
    cpu_has_bfloat16.cache_clear()
    try:
        assert cpu_has_bfloat16() == has
    finally:
        cpu_has_bfloat16.cache_clear()
