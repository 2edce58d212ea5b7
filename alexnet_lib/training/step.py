"""One step of training: forward, backward, update."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib.config import TrainingConfig
from alexnet_lib.modules.precision import autocast, channels_last, precise


def train_step(
    net: nn.Module,
    images: Tensor,
    labels: Tensor,
    optimizer: torch.optim.Optimizer,
    config: TrainingConfig,
) -> Tensor:
    """Update `net` once; returns the batch's summed loss and wrong answers.

    As (2,) float64, on the device of `images` (B, C, H, W).
    """
    with autocast(images.device, config.precision):
        logits = net(channels_last(images))  # (B, classes)
    loss = functional.cross_entropy(precise(logits), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        wrong = (logits.argmax(1) != labels).sum()
        return torch.stack([loss.double() * len(labels), wrong.double()])
