"""Exercises of notebook 02."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib.experiments.experiment import epochs_to
from alexnet_lib.modules.build import build
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.notebook.exercise import Wrong, exercise
from alexnet_lib.training.optim import PaperSGD

Update = Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]


@exercise
def tanh_derivative(attempt: Callable[[Tensor], Tensor]) -> None:
    """`attempt(y)`: the derivative of tanh at an input whose output is `y`."""
    x = torch.linspace(-3, 3, 61, dtype=torch.float64, requires_grad=True)
    y = x.tanh()
    (right,) = torch.autograd.grad(y.sum(), x)
    got = attempt(y.detach())
    if torch.allclose(got, right):
        return
    if torch.allclose(got, 1 - y.detach().tanh() ** 2):
        raise Wrong("It takes y for the input: tanh has been applied already.")
    worst = (got - right).abs().argmax()
    raise Wrong(
        f"At y = {y[worst]:.2f} it gives {got[worst]:.2f}, not {right[worst]:.2f}."
    )


@exercise
def epochs_to_target(
    attempt: Callable[[list[float], float], float | None],
) -> None:
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
        got = attempt(errors, 0.25)
        shown = ", ".join(f"{e:.2f}" for e in errors)
        if (got is None) != (right is None):
            raise Wrong(f"For {shown} the answer is {right}, yours is {got}.")
        if got is not None and right is not None and abs(got - right) > 1e-6:
            raise Wrong(f"For {shown} the answer is {right:.3f}, yours is {got:.3f}.")


@exercise
def paper_update(attempt: Update) -> None:
    """`attempt(w, v, g, lr)`: new weights and velocity, momentum .9, decay .0005."""
    start = torch.linspace(-1, 1, 7, dtype=torch.float64)
    w, v = start.clone(), torch.zeros_like(start)
    weights = nn.Parameter(start.clone())
    optimizer = PaperSGD([weights], lr=0.01, momentum=0.9, weight_decay=0.0005)
    for step in range(20):
        rate = 0.01 if step < 10 else 0.001
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        (weights**4).sum().backward()
        optimizer.step()
        w, v = attempt(w, v, 4 * w**3, rate)
        if torch.allclose(w, weights.detach(), rtol=0, atol=1e-12):
            continue
        if step >= 10:
            raise Wrong(
                "It agrees while the rate is constant and parts when the rate drops: "
                "in the paper the rate stands inside the velocity."
            )
        raise Wrong(f"It parts from the paper's rule in step {step + 1}.")


@exercise
def same_net_on_scaled_pixels(attempt: Callable[[float], tuple[float, float]]) -> None:
    """`attempt(s)`: factors on conv1's init and rate when pixels are divided by `s`.

    With both, the network passes through the same functions step by step.
    """
    s = 50.0
    init_factor, rate_factor = attempt(s)
    raw = _outputs(1.0, 1.0, 1.0)
    scaled = _outputs(1 / s, init_factor, rate_factor)
    if torch.allclose(raw[0], scaled[0], rtol=1e-6) and not torch.allclose(
        raw[-1], scaled[-1], rtol=1e-6
    ):
        raise Wrong("The untrained nets agree, but they part in training: the rate.")
    if not torch.allclose(raw[0], scaled[0], rtol=1e-6):
        raise Wrong("Already the untrained nets differ: the init.")


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


@exercise
def independent_rates(
    attempt: Callable[[dict[str, dict[float, float | None]]], dict[str, float]],
) -> None:
    """`attempt(grid)`: each unit's rate; `grid[unit][rate]` is epochs or None."""
    grids: list[dict[str, dict[float, float | None]]] = [
        {"relu": {0.001: 6.0, 0.01: None}, "tanh": {0.001: 40.0, 0.01: 20.0}},
        {"relu": {0.001: 9.0, 0.01: 8.0}, "tanh": {0.001: 12.0, 0.01: None}},
    ]
    for grid in grids:
        for unit, epochs in grid.items():
            reached = {r: e for r, e in epochs.items() if e is not None}
            right = min(reached, key=reached.__getitem__)
            got = attempt(grid)[unit]
            if got != right:
                raise Wrong(
                    f"{unit} is fastest at {right:g}, the race would run it at {got:g}."
                )


@exercise
def loss_from_logits(attempt: Callable[[Tensor, Tensor], Tensor]) -> None:
    """`attempt(logits, labels)`: mean negative log-probability of the labels."""
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(6, 10, generator=generator, dtype=torch.float64) * 3
    logits.requires_grad_()
    labels = torch.arange(6)
    (got,) = torch.autograd.grad(attempt(logits, labels), logits)
    right = (logits.softmax(1) - functional.one_hot(labels, 10)).detach() / 6
    if not torch.allclose(got, right):
        share = (got.norm() / right.norm()).item()
        raise Wrong(
            f"The gradient is {share:.0%} of what it should be: probability minus "
            "truth. How often is the softmax taken?"
        )


@exercise
def centring(
    attempt: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
) -> None:
    """`attempt(train, test)`: both minus the mean image; uint8 (N, C, H, W) in."""
    generator = torch.Generator().manual_seed(4)
    train = torch.randint(0, 200, (8, 3, 4, 4), generator=generator).byte()
    test = torch.randint(0, 200, (4, 3, 4, 4), generator=generator).byte()
    mean = train.float().mean(0)
    centred, tested = attempt(train, test)
    brighter, brighter_tested = attempt(train, test + 50)
    if not torch.allclose(centred, brighter):
        raise Wrong("The training images change when the test images do.")
    if not torch.allclose(brighter_tested - tested, torch.full_like(tested, 50.0)):
        raise Wrong("Brighter test images come out the same: whose mean is taken?")
    if not torch.allclose(tested, test.float() - mean):
        raise Wrong("The test images are not centred by the training images' mean.")
    if not torch.allclose(centred, train.float() - mean):
        raise Wrong("The training images are not centred by their mean image.")
