"""Measurements and computations of notebook 00 beside its pictures."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib.data import synthetic
from alexnet_lib.modules.units import Unit
from alexnet_lib.nets.network import ActivationName

KINDS = ("disc", "cross", "stripes", "dots")
"""The classes of the synthetic data that notebook 00 learns to tell apart."""

KERNELS = {
    "vertical edge": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "horizontal edge": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "bright spot": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "sum": [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
}
"""Kernels made by hand, by the name of what they answer to."""

WIDTH = 100
"""Units in each layer of the stacks that `gradients_by_depth` measures."""


def kernel(name: str) -> Tensor:
    """One of `KERNELS`, (3, 3) float32."""
    return torch.tensor(KERNELS[name]).float()


def shapes(count: int, seed: int, side: int = 16) -> tuple[Tensor, Tensor]:
    """`count` synthetic images of `KINDS`, (count, 3, side, side), and their labels.

    Each image minus its own mean, in units of 64 grey levels.
    """
    rounds = -(-count // len(KINDS))
    images, labels = synthetic.images(rounds * len(synthetic.CLASSES), side, seed)
    numbers = torch.tensor([synthetic.CLASSES.index(kind) for kind in KINDS])
    wanted = torch.isin(labels, numbers)
    chosen = images[wanted][:count].float()
    centred = (chosen - chosen.mean((1, 2, 3), keepdim=True)) / 64
    return centred, torch.searchsorted(numbers, labels[wanted][:count])


def small_net(seed: int, dropout: float = 0.0) -> nn.Sequential:
    """The untrained net of notebook 00: two convolutions and a layer of `KINDS`.

    The first kernels start at a tenth of PyTorch's size, as the paper's start small:
    what they learn then shows through what they were.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(
            nn.Conv2d(3, 8, 5, padding=2),  # (B, 8, 16, 16)
            nn.ReLU(),
            nn.MaxPool2d(2),  # (B, 8, 8, 8)
            nn.Conv2d(8, 16, 3, padding=1),  # (B, 16, 8, 8)
            nn.ReLU(),
            nn.MaxPool2d(2),  # (B, 16, 4, 4)
            nn.Flatten(),  # (B, 256)
            nn.Dropout(dropout),
            nn.Linear(256, len(KINDS)),
        )
    with torch.no_grad():
        net.get_parameter("0.weight").mul_(0.1)
    return net


@torch.no_grad()
def error_rate(net: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share of the images whose largest score is not their label's; dropout is off."""
    net.eval()
    return (net(images).argmax(1) != labels).float().mean().item()


def gradient_of_one_output(layers: Sequence[tuple[int, int]], side: int) -> Tensor:
    """Gradient of a stack's middle output by each input pixel, (side, side).

    `layers` are (kernel size, stride), first to last, all weights positive and the
    same, without padding.
    """
    image = torch.zeros(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    x: Tensor = image
    for size, stride in layers:
        weight = torch.full((1, 1, size, size), size**-2.0, dtype=torch.float64)
        x = functional.conv2d(x, weight, stride=stride)
    middle = x[0, 0, x.shape[2] // 2, x.shape[3] // 2]
    return torch.autograd.grad(middle, image)[0][0, 0]


def gradients_by_depth(unit: ActivationName, depth: int, seed: int = 1) -> list[float]:
    """Mean size of the gradient at the input of each layer, over that at the output.

    A stack of `depth` fully connected layers of `WIDTH` units on Gaussian inputs.
    Weights are Gaussian, of deviation 1/sqrt(WIDTH), for ReLUs sqrt(2) of it, so that
    linear units, or ReLUs, would hand on gradients of the same size.
    """
    generator = torch.Generator().manual_seed(seed)
    scale = (2 / WIDTH if unit == "relu" else 1 / WIDTH) ** 0.5

    def gaussian(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    layers = [gaussian(WIDTH, 50).requires_grad_()]  # (features, examples)
    for _ in range(depth):
        layers.append(Unit(unit)(scale * gaussian(WIDTH, WIDTH) @ layers[-1]))
    gradients = torch.autograd.grad((layers[-1] * gaussian(WIDTH, 50)).sum(), layers)
    sizes = [gradient.square().mean().sqrt().item() for gradient in gradients]
    return [size / sizes[-1] for size in sizes[:-1]]


def pooled(x: Tensor, kind: str, size: int) -> Tensor:
    """(B, C, H, W) pooled by windows side by side; `kind` max, average or L2."""
    match kind:
        case "max":
            return functional.max_pool2d(x, size)
        case "average":
            return functional.avg_pool2d(x, size)
        case "L2":
            return functional.lp_pool2d(x, 2.0, size)
        case _:
            raise ValueError(f"no pooling is called {kind!r}: max, average, L2")


def noisy_points(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """`count` points (x, y), x in -1..1: a wave and Gaussian noise, in float64."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.linspace(-1, 1, count, dtype=torch.float64)
    noise = torch.randn(count, generator=generator, dtype=torch.float64)
    return x, (2.5 * x).sin() + 0.25 * noise
