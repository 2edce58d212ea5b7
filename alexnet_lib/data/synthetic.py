"""Ten procedurally drawn classes: the embedded data set for tests and no network.

Each image is one bright-on-dark or dark-on-bright pattern with random place,
size, turn, colours and pixel noise. The numbers reached on it are not the
paper's, and whatever runs on it says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

CLASSES = (
    "disc",
    "ring",
    "square",
    "frame",
    "cross",
    "triangle",
    "stripes",
    "checks",
    "waves",
    "dots",
)
_CHUNK = 1000


def images(count: int, size: int, seed: int) -> tuple[Tensor, Tensor]:
    """`count` images (count, 3, size, size) uint8 and labels (count,) int64.

    The classes take turns, so each is present `count / 10` times.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % len(CLASSES)
    chunk = max(1, _CHUNK * 32 * 32 // size**2)
    drawn = [_render(part, size, generator) for part in labels.split(chunk)]
    return torch.cat(drawn), labels


def _render(labels: Tensor, size: int, generator: torch.Generator) -> Tensor:
    def uniform(low: float, high: float, *shape: int) -> Tensor:
        draw = torch.rand(len(labels), *shape, generator=generator)
        return low + (high - low) * draw

    mask = _masks(labels, size, uniform)[:, None]  # (B, 1, size, size)
    inside, outside = uniform(0, 255, 3, 1, 1), uniform(0, 255, 3, 1, 1)
    image = mask * inside + (1 - mask) * outside
    noise = torch.randn(image.shape, generator=generator) * uniform(5, 40, 1, 1, 1)
    return (image + noise).round().clamp(0, 255).to(torch.uint8)


def _masks(labels: Tensor, size: int, uniform: Callable[..., Tensor]) -> Tensor:
    """(B, size, size) of 0 and 1: where the pattern of each image is."""
    axis = torch.linspace(-1, 1, size)
    angle = uniform(0, math.pi, 1, 1)
    dx = axis[None, None, :] - uniform(-0.3, 0.3, 1, 1)
    dy = axis[None, :, None] - uniform(-0.3, 0.3, 1, 1)
    u = angle.cos() * dx + angle.sin() * dy
    v = angle.cos() * dy - angle.sin() * dx
    radius = uniform(0.35, 0.75, 1, 1)
    r = (u * u + v * v).sqrt() / radius
    box = torch.maximum(u.abs(), v.abs()) / radius
    period = 2 * math.pi / uniform(0.35, 0.6, 1, 1)
    su, sv = (period * u).sin(), (period * v).sin()
    patterns = torch.stack(
        [
            r < 1,
            (r < 1) & (r > 0.6),
            box < 0.85,
            (box < 0.85) & (box > 0.5),
            (box < 1) & (torch.minimum(u.abs(), v.abs()) < 0.25 * radius),
            (v > -0.6 * radius) & (v + 1.8 * u.abs() < 0.9 * radius),
            su > 0,
            su * sv > 0,
            (period * (u + 0.2 * (3 * period * v / 2).sin())).sin() > 0,
            su * sv > 0.3,
        ]
    )
    return patterns[labels, torch.arange(len(labels))].float()
