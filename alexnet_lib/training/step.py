"""One step of training: forward, backward, update."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from alexnet_lib.config import Precision, TrainingConfig
from alexnet_lib.evaluation.errors import right
from alexnet_lib.modules.precision import autocast, channels_last, precise
from alexnet_lib.training.optim import PaperSGD


def train_step(
    net: nn.Module,
    images: Tensor,
    labels: Tensor,
    optimizer: PaperSGD,
    config: TrainingConfig,
) -> Tensor:
    """Update `net` once; returns the batch's summed loss and wrong answers.

    As (2,) float64, on the device of `images` (B, C, H, W).
    """
    copies = _copies(net, optimizer, config.precision)
    with autocast(images.device, config.precision):
        images = channels_last(images)
        logits = functional_call(net, copies, images) if copies else net(images)
    loss = functional.cross_entropy(precise(logits), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        wrong = len(labels) - right(logits, labels, k=1).sum()
        return torch.stack([loss.double() * len(labels), wrong])


def _copies(
    net: nn.Module, optimizer: PaperSGD, precision: Precision
) -> dict[str, Tensor]:
    """Copies that stand in for parameters in this step, by name.

    Nothing where gradients are averaged over replicas: that is done to those of the
    parameters themselves.
    """
    if precision == "float32" or isinstance(net, DistributedDataParallel):
        return {}
    return optimizer.copies(net)
