"""The two dropouts, in training and at test."""

from __future__ import annotations

import pytest
import torch

from alexnet_lib.modules.build import build
from alexnet_lib.modules.dropout import ClassicDropout
from alexnet_lib.nets.layers import Dropout
from alexnet_lib.nets.network import NetworkConfig


def test_classic_dropout_keeps_sizes_in_training_and_scales_at_test() -> None:
    torch.manual_seed(1)
    dropout, x = ClassicDropout(keep=0.3), torch.full((200, 200), 2.0)
    y = dropout(x)
    assert set(y.unique().tolist()) == {0.0, 2.0}
    assert (y > 0).float().mean().item() == pytest.approx(0.3, abs=0.012)
    torch.testing.assert_close(dropout.eval()(x), 0.3 * x)


def test_classic_dropout_passes_gradients_where_it_passed_values() -> None:
    torch.manual_seed(1)
    x = torch.rand(50, 50).add_(1).requires_grad_()
    dropout = ClassicDropout(keep=0.5)
    y = dropout(x)
    assert torch.equal(torch.autograd.grad(y.sum(), x)[0], (y > 0).float())
    tested = dropout.eval()(x)
    assert (torch.autograd.grad(tested.sum(), x)[0] == 0.5).all()


def test_the_two_dropouts_differ_by_the_factor_keep() -> None:
    layers = [Dropout(kind, keep=0.8) for kind in ("classic", "inverted")]
    x = torch.rand(40, 3, 4, 4) + 1
    outputs = []
    for layer in layers:
        torch.manual_seed(3)
        outputs.append(build(NetworkConfig((layer,), (3, 4, 4)), seed=1)(x))
    ratios = [y[y > 0].unique() / x[y > 0].unique() for y in outputs]
    torch.testing.assert_close(ratios[0], torch.ones_like(ratios[0]))
    torch.testing.assert_close(ratios[1], torch.full_like(ratios[1], 1 / 0.8))


@pytest.mark.parametrize("keep", [0.0, -0.1, 1.1])
def test_keep_is_a_probability(keep: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        ClassicDropout(keep)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("keep", [0.25, 0.5, 0.9])
@pytest.mark.parametrize("shape", [(7,), (50, 40), (3, 4, 9, 11)])
def test_classic_is_inverted_dropout_times_keep_under_its_own_mask(
    shape: tuple[int, ...], keep: float, seed: int
) -> None:
    """Whatever is dropped: values, gradients, and what is left when tested."""
    torch.manual_seed(seed)
    x = torch.rand(shape, dtype=torch.float64).add_(1).requires_grad_()
    classic, inverted = ClassicDropout(keep), torch.nn.Dropout(1 - keep)
    y = inverted(x)
    mask = (y.detach() != 0).double()
    torch.testing.assert_close(keep * y, x * mask)
    z = classic(x)
    of_z = (z.detach() != 0).double()
    torch.testing.assert_close(z, x * of_z)
    torch.testing.assert_close(torch.autograd.grad(z.sum(), x)[0], of_z)
    torch.testing.assert_close(classic.eval()(x), keep * inverted.eval()(x))
