"""A network's answers on a split, and their errors (§2, §4.1)."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

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


class Answers(NamedTuple):
    """A network's answer to each image: `log_probabilities` (N, classes) float32.

    Of ten views they are the logarithms of the mean probabilities. With `labels` (N,),
    and the class that each view alone would have chosen, `chosen` (views, N).
    """

    log_probabilities: Tensor
    labels: Tensor
    chosen: Tensor

    @property
    def probabilities(self) -> Tensor:
        """(N, classes) float32."""
        return self.log_probabilities.exp()

    def right(self, k: int) -> Tensor:
        """Whether each label is among the k likeliest, 0 or 1, ties between: (N,)."""
        return right(self.log_probabilities, self.labels, k)

    def errors(self) -> Errors:
        """Compute the errors over all images."""
        top1, top5 = (1 - self.right(k).mean().item() for k in (1, 5))
        chosen = self.log_probabilities.gather(1, self.labels[:, None])
        return Errors(top1, top5, -chosen.double().mean().item())


def errors(
    net: nn.Module,
    split: Split,
    views: CentreViews,
    precision: Precision = "float32",
    *,
    ten: bool = False,
) -> Errors:
    """Measure the errors over a whole split; arguments as for `answers`."""
    return answers(net, split, views, precision, ten=ten).errors()


@torch.inference_mode()
def answers(
    net: nn.Module,
    split: Split,
    views: CentreViews,
    precision: Precision = "float32",
    *,
    ten: bool = False,
) -> Answers:
    """Ask `net` for each image of a split, by its centre or by ten views.

    The probabilities of the ten are averaged, as §4.1 says and the code did
    (`layer.cu:1809-1838`). Puts the network in evaluation mode for the time and back
    after it.
    """
    was_training = net.training
    net.eval()
    given, chosen = [], []
    for images in split.images.split(_BATCH // TEN if ten else _BATCH):
        seen = views.ten(images) if ten else views(images)[None]  # (views, B, 3, S, S)
        with autocast(views.device, precision):
            logits = net(channels_last(seen.flatten(0, 1)))  # (views * B, classes)
        given.append(mean_of_views(logits, len(seen)))
        chosen.append(logits.argmax(1).unflatten(0, (len(seen), -1)))
    net.train(was_training)
    labels = split.labels.to(views.device)
    return Answers(torch.cat(given), labels, torch.cat(chosen, 1))


def mean_of_views(logits: Tensor, views: int) -> Tensor:
    """Log of the mean probabilities: (views * B, classes) to (B, classes) float32."""
    each = logits.float().log_softmax(1).unflatten(0, (views, -1))
    return each.logsumexp(0) - math.log(views)


def top_k_error(scores: Tensor, labels: Tensor, k: int) -> float:
    """Share of labels not among the `k` highest scores (§2); see `right`."""
    return 1 - right(scores, labels, k).mean().item()


def right(scores: Tensor, labels: Tensor, k: int) -> Tensor:
    """Whether each of N labels is among the `k` highest of its scores (N, classes).

    1 or 0, as (N,) float64; a label that ties with others for the last places is
    right with the share of them that fits in. A score that is NaN ranks above every
    label, and a label whose own score is NaN is wrong.
    """
    own = scores.gather(1, labels[:, None])  # (N, 1)
    better = (~(scores <= own)).sum(1)  # (N,), NaN among them
    tied = (scores == own).sum(1).clamp(min=1)  # (N,)
    share = ((k - better) / tied).double().clamp(0, 1)
    return share.where(~own.squeeze(1).isnan(), 0.0)
