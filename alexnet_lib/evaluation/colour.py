"""Colour in the first layer: of its kernels, and of what they answer (§6.1, Figure 3).

A picture is the sum of its grey part, the mean of red, green and blue at each pixel,
and its colour part, what is left. The first convolution is linear, so its answers are
such sums too.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from alexnet_lib.config import Precision
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.data.dataset import Split
from alexnet_lib.evaluation.errors import Answers, Errors
from alexnet_lib.modules.precision import autocast, channels_last

_BATCH = 250


def colour_shares(kernels: Tensor) -> Tensor:
    """Share of each kernel that is colour: (maps, 3, H, W) to (maps,), from 0 to 1.

    The share of the squared weights that is left when the mean of red, green and
    blue is taken away at each place: 0 for a kernel that sees grey values only, or
    nothing, 1 for one that does not see them; two thirds, on average, for one drawn at
    random.
    A tower's mean over its kernels says whether it is the one that the paper calls
    colour-specific (§6.1, Figure 3).
    """
    chroma = kernels - grey(kernels)
    whole = kernels.square().sum((1, 2, 3)).clamp_min(torch.finfo(kernels.dtype).tiny)
    return chroma.square().sum((1, 2, 3)) / whole


def grey(pictures: Tensor) -> Tensor:
    """The grey part, (B, 3, H, W): red, green and blue become their mean."""
    return pictures.mean(1, keepdim=True).expand_as(pictures)


@torch.inference_mode()
def response_shares(net: nn.Sequential, split: Split, views: CentreViews) -> Tensor:
    """Share of each map of conv1 that answers to colour: (maps,), from 0 to 1.

    Over all positions of all images of `split`, at their centre and in float32: the
    variance that their colour parts make, of that and the grey parts' together. Real
    pictures vary far more in grey than in colour, so a share is far below that of the
    kernel's weights; 0 for a map that does not answer at all.
    """
    first, sums, count = _conv1(net), [], 0
    for images in split.images.split(_BATCH):
        seen = channels_last(views(images))
        parts = (grey(seen), seen - grey(seen))
        answers = torch.stack([first(channels_last(part)) for part in parts])
        answers = answers.transpose(1, 2).flatten(2).double()  # (2, maps, positions)
        sums.append(torch.stack([answers.sum(2), answers.square().sum(2)]).cpu())
        count += answers.shape[2]
    mean, square = torch.stack(sums).sum(0) / count  # (2, maps) each
    of_grey, of_colour = (square - mean.square()).clamp_min(0.0)
    whole = (of_grey + of_colour).clamp_min(torch.finfo(torch.float64).tiny)
    return (of_colour / whole).float()


@torch.inference_mode()
def errors_in_grey(
    net: nn.Sequential,
    split: Split,
    views: CentreViews,
    halves: Sequence[int],
    precision: Precision = "float32",
) -> Errors:
    """Errors at the centre if these `halves` of conv1's kernels see a grey picture.

    0 is the first half, which are tower 0's; the others see the picture as it is. What
    a half answers to the grey part is put in the place of its own answers; from there
    on the network is as always. Dropout is off for the time.
    """
    first, was_training = _conv1(net), net.training
    rest = net[len(first) :]
    net.eval()
    found = []
    for images in split.images.split(_BATCH):
        seen = channels_last(views(images))
        with autocast(views.device, precision):
            answers, in_grey = first(seen), first(channels_last(grey(seen)))
            middle = answers.shape[1] // 2
            for half in halves:
                maps = slice(half * middle, (half + 1) * middle)
                answers[:, maps] = in_grey[:, maps]
            found.append(rest(answers).float().log_softmax(1))
    net.train(was_training)
    given = torch.cat(found)
    return Answers(given, split.labels.to(views.device), given.argmax(1)[None]).errors()


def _conv1(net: nn.Sequential) -> nn.Sequential:
    """The first convolution, with the padding before it if there is some."""
    names = [name for name, _ in net.named_children()]
    return net[: names.index("conv1") + 1]
