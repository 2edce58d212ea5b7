"""Exercises of notebook 02."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib.epochs import epochs_to
from alexnet_lib.modules.build import build
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.notebook.answers import Wrong, close, require
from alexnet_lib.notebook.exercise import Attempt, exercise
from alexnet_lib.training.optim import PaperSGD

Update = Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]


@exercise
def tanh_derivative(attempt: Attempt) -> None:
    """`attempt(y)`: the derivative of tanh at an input whose output is `y`."""
    x = torch.linspace(-3, 3, 61, dtype=torch.float64, requires_grad=True)
    y = x.tanh()
    (right,) = torch.autograd.grad(y.sum(), x)
    y = y.detach()
    got = attempt(y, wanted=right)
    worst = (got - right).abs().argmax()
    mistakes = {
        "It takes y for the input: tanh has been applied already.": 1 - y.tanh() ** 2
    }
    otherwise = (
        f"At y = {y[worst]:.2f} it gives {got[worst]:.2f}, not {right[worst]:.2f}."
    )
    require(got, right, mistakes, otherwise)


@exercise
def epochs_to_target(attempt: Attempt) -> None:
    """`attempt(errors, target)`: epoch of the crossing, interpolated, or None.

    `errors[0]` is the error of epoch 1.
    """
    generator = torch.Generator().manual_seed(0)
    cases = [[0.6, 0.4, 0.2], [0.5, 0.3, 0.35, 0.1], [0.6, 0.5, 0.4]]
    cases += [
        torch.rand(8, generator=generator, dtype=torch.float64)
        .sort(descending=True)[0]
        .tolist()
        for _ in range(5)
    ]
    for errors in cases:
        epochs = [{"epoch": i, "error": e} for i, e in enumerate(errors, start=1)]
        right = epochs_to(epochs, "error", 0.25)
        got = attempt.or_none(errors, 0.25, wanted=0.0)
        shown = "For " + ", ".join(f"{e:.2f}" for e in errors)
        if got is None and right is not None:
            raise Wrong(
                f"{shown} the answer is {right:.3f}, yours is None. If you compute a "
                "number: is a `return` missing?"
            )
        if got is not None and right is None:
            raise Wrong(f"{shown} the target is never reached: None, not {got:.3f}.")
        if got is not None and right is not None and abs(got - right) > 1e-6:
            raise Wrong(f"{shown} the answer is {right:.3f}, yours is {got:.3f}.")


@exercise
def paper_update(attempt: Attempt) -> None:
    """`attempt(w, v, g, lr)`: new weights and velocity, momentum .9, decay .0005."""

    def update(w: Tensor, v: Tensor, g: Tensor, lr: float) -> tuple[Tensor, Tensor]:
        return attempt(w, v, g, lr, wanted=(w, v))

    weights = nn.Parameter(_WEIGHTS.clone())
    optimizer = PaperSGD([weights], lr=0.01, momentum=0.9, weight_decay=0.0005)
    right = []
    for rate in _RATES:
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        (weights**4).sum().backward()
        optimizer.step()
        right.append(weights.detach().clone())
    got = _course(update)
    parted = [
        i for i, pair in enumerate(zip(got, right, strict=True)) if not close(*pair)
    ]
    otherwise = (
        f"It parts from the paper's rule in step {parted[0] + 1}." if parted else ""
    )
    mistakes = {words: _course(rule) for words, rule in _MISTAKES.items()}
    require(got, torch.stack(right), mistakes, otherwise)


_WEIGHTS = torch.linspace(-0.5, 0.5, 7, dtype=torch.float64)
_RATES = [0.01] * 10 + [0.001] * 10


def _course(update: Update) -> Tensor:
    """The weights after each step down the sum of their fourth powers, (20, 7)."""
    w, v = _WEIGHTS.clone(), torch.zeros_like(_WEIGHTS)
    course = []
    for rate in _RATES:
        w, v = update(w, v, 4 * w**3, rate)
        course.append(w)
    return torch.stack(course)


def _wrong_rule(
    momentum: float = 0.9,
    decay: float = 0.0005,
    slope: float = 1.0,
    decays_at_rate: bool = True,
) -> Update:
    """The paper's rule with other constants; decay at the rate, or by itself."""

    def update(w: Tensor, v: Tensor, g: Tensor, lr: float) -> tuple[Tensor, Tensor]:
        v = momentum * v - decay * (lr if decays_at_rate else 1) * w - slope * lr * g
        return w + v, v

    return update


def _rate_outside(w: Tensor, v: Tensor, g: Tensor, lr: float) -> tuple[Tensor, Tensor]:
    v = 0.9 * v + g + 0.0005 * w
    return w - lr * v, v


def _old_velocity(w: Tensor, v: Tensor, g: Tensor, lr: float) -> tuple[Tensor, Tensor]:
    return w + v, 0.9 * v - 0.0005 * lr * w - lr * g


def _swapped(w: Tensor, v: Tensor, g: Tensor, lr: float) -> tuple[Tensor, Tensor]:
    w, v = _wrong_rule()(w, v, g, lr)
    return v, w


_MISTAKES: dict[str, Update] = {
    "It agrees while the rate is constant and parts when the rate drops: in the paper "
    "the rate stands inside the velocity.": _rate_outside,
    "The weight decay is missing.": _wrong_rule(decay=0),
    "The weight decay has the wrong sign: the weights grow.": _wrong_rule(
        decay=-0.0005
    ),
    "The decay is not multiplied by the rate.": _wrong_rule(decays_at_rate=False),
    "The momentum is missing.": _wrong_rule(momentum=0),
    "It climbs: the gradient has the wrong sign.": _wrong_rule(slope=-1),
    "The weights move by the old velocity, not by the new one.": _old_velocity,
    "Weights and velocity have changed places: weights come first.": _swapped,
}


@exercise
def same_net_on_scaled_pixels(attempt: Attempt) -> None:
    """`attempt(s)`: factors on conv1's init and rate when pixels are divided by `s`.

    With both, the network passes through the same functions step by step.
    """
    s = 50.0
    init_factor, rate_factor = attempt(s, wanted=(1.0, 1.0))
    raw = _outputs(1.0, 1.0, 1.0)
    scaled = _outputs(1 / s, init_factor, rate_factor)
    if not torch.allclose(raw[0], scaled[0], rtol=1e-6):
        raise Wrong("Already the untrained nets differ: the init.")
    if not torch.allclose(raw[-1], scaled[-1], rtol=1e-6):
        raise Wrong("The untrained nets agree, but they part in training: the rate.")


def _outputs(pixel_factor: float, init_factor: float, rate_factor: float) -> Tensor:
    """Logits before each of four steps, (4, 16, 10), of a small net in float64."""
    net = build(_one_stage(), seed=1).double()
    with torch.no_grad():
        net.get_parameter("conv1.weight").mul_(init_factor)
    generator = torch.Generator().manual_seed(2)
    images = 60 * torch.randn(16, 3, 32, 32, generator=generator, dtype=torch.float64)
    labels = torch.arange(16) % 10
    groups = [
        {"params": [p], "lr": 1e-3 * (rate_factor if name == "conv1.weight" else 1)}
        for name, p in net.named_parameters()
    ]
    optimizer = PaperSGD(groups, lr=1e-3)
    seen = []
    for _ in range(4):
        logits = net(images * pixel_factor)
        seen.append(logits.detach().clone())
        optimizer.zero_grad()
        functional.cross_entropy(logits, labels).backward()
        optimizer.step()
    return torch.stack(seen)


def _one_stage() -> NetworkConfig:
    """The first stage of the four-layer tanh net and the softmax layer."""
    whole = four_layer("tanh")
    return dataclasses.replace(whole, layers=whole.layers[:3] + whole.layers[-1:])
