"""Errors of a network on a split."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib.config import Precision
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.data.dataset import Split
from alexnet_lib.modules.precision import autocast, channels_last

_BATCH = 250
TEN = 10


class Errors(NamedTuple):
    """Top-1 and top-5 error (fractions) and mean cross-entropy (nats)."""

    top1: float
    top5: float
    loss: float


@torch.no_grad()
def errors(
    net: nn.Module,
    split: Split,
    views: CentreViews,
    precision: Precision = "float32",
    *,
    ten: bool = False,
) -> Errors:
    """Errors over a whole split, from the centre of each image or from ten views.

    The probabilities of the ten are averaged, as §4.1 says and the code did
    (`layer.cu:1809-1838`); error and loss are those of the mean. Puts the network
    in evaluation mode for the time and back after it.
    """
    device = views.device
    was_training = net.training
    net.eval()
    size = _BATCH // TEN if ten else _BATCH
    wrong = torch.zeros(2, dtype=torch.int64, device=device)
    loss = torch.zeros((), dtype=torch.float64, device=device)
    for images, labels in zip(
        split.images.split(size), split.labels.split(size), strict=True
    ):
        labels = labels.to(device)
        seen = views.ten(images) if ten else views(images)[None]  # (views, B, 3, S, S)
        with autocast(device, precision):
            logits = net(channels_last(seen.flatten(0, 1)))
        scores = mean_of_views(logits, len(seen))
        wrong += torch.stack([wrong_answers(scores, labels, k) for k in (1, 5)])
        loss += functional.nll_loss(scores, labels, reduction="sum")
    net.train(was_training)
    top1, top5 = (wrong / len(split)).tolist()
    return Errors(top1, top5, loss.item() / len(split))


def mean_of_views(logits: Tensor, views: int) -> Tensor:
    """Log of the mean probabilities: (views * B, classes) to (B, classes) float32."""
    each = logits.float().log_softmax(1).unflatten(0, (views, -1))
    return each.logsumexp(0) - math.log(views)


def wrong_answers(scores: Tensor, labels: Tensor, k: int = 1) -> Tensor:
    """How many of B labels are not among their k highest scores; (B, classes)."""
    best = scores.topk(min(k, scores.shape[1]), dim=1).indices
    return len(labels) - (best == labels[:, None]).sum()
