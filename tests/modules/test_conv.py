"""The convolution for small maps against torch's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib.modules.conv import Conv2d, _SmallMaps

CASES = [(5, 3, 1, 1), (5, 3, 1, 2), (6, 5, 2, 2), (4, 3, 0, 1), (3, 3, 2, 2)]


def tensors(side: int, kernel: int, groups: int) -> list[Tensor]:
    """Input, kernels and biases, with the sums' size near 1."""
    generator = torch.Generator().manual_seed(side * kernel * groups)
    shapes = (3, 8, side, side), (12, 8 // groups, kernel, kernel), (12,)
    drawn = [torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes]
    drawn[1] /= kernel * 2
    return [t.requires_grad_() for t in drawn]


@pytest.mark.parametrize(("side", "kernel", "padding", "groups"), CASES)
@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [(torch.float64, 1e-12), (torch.float32, 1e-5), (torch.bfloat16, 2**-5)],
)
def test_equals_torchs_convolution(
    dtype: torch.dtype,
    tolerance: float,
    side: int,
    kernel: int,
    padding: int,
    groups: int,
) -> None:
    exact = tensors(side, kernel, groups)
    given = [t.detach().to(dtype).requires_grad_() for t in exact]
    other = functional.conv2d(*exact, padding=padding, groups=groups)
    ours = _SmallMaps.apply(*given, (padding, padding), groups)
    assert ours.dtype == dtype
    g = torch.randn(other.shape, generator=torch.Generator().manual_seed(1)).to(dtype)
    gradients = torch.autograd.grad(ours, given, g)
    theirs = torch.autograd.grad(other, exact, g.double())
    for mine, wanted in zip((ours, *gradients), (other, *theirs), strict=True):
        error = (mine.double() - wanted).abs().max() / wanted.abs().max()
        assert error < tolerance


def test_gradient_by_finite_differences() -> None:
    given = tensors(4, 3, 2)
    assert torch.autograd.gradcheck(lambda *t: _SmallMaps.apply(*t, (1, 1), 2), given)


@pytest.mark.parametrize(("side", "stride"), [(5, 1), (6, 1), (5, 2), (7, 1)])
def test_the_layer_gives_what_torchs_layer_gives(side: int, stride: int) -> None:
    """Within rounding in bfloat16, whichever way it takes, and exactly in float32."""
    theirs = nn.Conv2d(8, 12, 3, stride=stride, padding=1, groups=2)
    ours = Conv2d(8, 12, 3, stride=stride, padding=1, groups=2)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 8, side, side, generator=torch.Generator().manual_seed(1))
    assert torch.equal(ours(x), theirs(x))
    with torch.autocast("cpu", torch.bfloat16):
        mine, wanted = ours(x), theirs(x)
    assert mine.dtype == wanted.dtype == torch.bfloat16
    torch.testing.assert_close(mine, wanted, rtol=2**-6, atol=2**-6)
    for net, y in ((ours, mine), (theirs, wanted)):
        y.float().square().sum().backward()
        assert net.weight.grad is not None
    torch.testing.assert_close(
        ours.weight.grad, theirs.weight.grad, rtol=2**-5, atol=2**-3
    )
