"""Measurements of notebook 01: resampling and the first layer's input."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib.data.dataset import Dataset

FILTERS: dict[str, dict[str, Any]] = {
    "nearest": {"mode": "nearest-exact"},
    "bilinear": {"mode": "bilinear"},
    "box": {"mode": "area"},
    "antialiased bicubic": {"mode": "bicubic", "antialias": True},
}


def reduced(image: Tensor, side: int, name: str) -> Tensor:
    """(C, H, W) in float to (C, side, side), squashed by one of `FILTERS`."""
    return functional.interpolate(image[None], (side, side), **FILTERS[name])[0]


def grating(side: int, period: float) -> Tensor:
    """Vertical waves of `period` pixels between 0 and 255, (1, side, side)."""
    wave = 127.5 + 127.5 * torch.sin(2 * math.pi * torch.arange(side) / period)
    return wave.expand(1, side, side)


def pixel_scales(data: Dataset, images: Tensor) -> dict[str, Tensor]:
    """Images (N, 3, H, W) uint8 on three scales: 0..255, centred, unit variance."""
    centred = images - data.mean_image
    return {
        "0..255": images.float(),
        "centred": centred,
        "unit variance": centred / data.deviation,
    }


def first_layer(images: Tensor, seed: int = 1) -> tuple[Tensor, Tensor]:
    """Untrained conv1 of §3.5 on (N, 3, 224, 224): its sums and its gradients.

    96 kernels, 11x11, stride 4, weights N(0, .01). Returns what the kernels put out,
    (96, N * 54 * 54), and for each image the gradient of the loss of a softmax over
    ten spatial means of ReLUs, (N, 96 * 363); the labels take turns.
    """
    generator = torch.Generator().manual_seed(seed)
    conv = nn.Conv2d(3, 96, 11, stride=4, bias=False)
    with torch.no_grad():
        conv.weight.copy_(0.01 * torch.randn(conv.weight.shape, generator=generator))
    top = 0.01 * torch.randn(96, 10, generator=generator)
    sums, gradients = [], []
    for i in range(len(images)):
        put_out = conv(images[i : i + 1])  # (1, 96, 54, 54)
        logits = put_out.relu().mean((2, 3)) @ top
        loss = functional.cross_entropy(logits, torch.tensor([i % 10]))
        gradients.append(torch.autograd.grad(loss, conv.weight)[0].flatten())
        sums.append(put_out[0].detach().flatten(1))
    return torch.cat(sums, 1), torch.stack(gradients)


def alikeness(gradients: Tensor) -> float:
    """Mean size of the cosine between two rows of (N, weights), 0 to 1."""
    unit = functional.normalize(gradients, dim=1)
    count = len(unit)
    return ((unit @ unit.T).abs().sum().item() - count) / (count * (count - 1))
