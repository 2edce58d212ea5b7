"""Outputs of layers for many images: the vectors of Figure 4."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from alexnet_lib.config import Precision
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.data.dataset import Split
from alexnet_lib.data.views import centre_crop
from alexnet_lib.modules.dropout import ClassicDropout
from alexnet_lib.modules.precision import autocast, channels_last

_BATCH = 250


@torch.no_grad()
def outputs_of(
    net: nn.Sequential,
    layers: Sequence[str],
    split: Split,
    views: CentreViews,
    precision: Precision = "float32",
) -> dict[str, Tensor]:
    """Outputs of each of `layers` as its unit gives them: (N, units) float32, by name.

    For every image of `split` at its centre, dropout off, on the CPU. Of a layer with
    a unit after it, such as fc7, the unit's outputs are meant; `flatten` is what fc6
    reads. Raises `ValueError` for a layer that the network does not have.
    """
    ends = {_end_of(net, layer): layer for layer in layers}
    was_training = net.training
    net.eval()
    found = defaultdict(list)
    for images in split.images.split(_BATCH):
        seen = channels_last(views(images))  # (B, 3, S, S)
        with autocast(seen.device, precision):
            for place, module in enumerate(net[: max(ends) + 1]):
                seen = module(seen)
                if place in ends:  # a copy: units after it may work in place
                    outputs = seen.flatten(1).to("cpu", torch.float32, copy=True)
                    found[ends[place]].append(outputs)  # (B, units)
    net.train(was_training)
    return {layer: torch.cat(batches) for layer, batches in found.items()}


def pixels_of(split: Split, views: CentreViews) -> Tensor:
    """The pixels of the centre of every image, as a network sees it: (N, D) uint8."""
    centres = (
        centre_crop(images, views.size).flatten(1)
        for images in split.images.split(_BATCH)
    )
    return torch.cat(list(centres))


def _end_of(net: nn.Sequential, layer: str) -> int:
    """The place of the last module of `layer`, its unit if that follows at once."""
    names = [name for name, _ in net.named_children()]
    if layer not in names:
        raise ValueError(f"no layer {layer!r}; this network has {', '.join(names)}")
    end = names.index(layer)
    follows = names[end + 1 : end + 2]
    return end + 1 if follows and follows[0].startswith("unit") else end


def last_hidden(net: nn.Sequential) -> str:
    """The name of what the last layer with weights reads, before any dropout.

    In AlexNet that are fc7's outputs, the vectors of Figure 4.
    """
    modules = dict(net.named_children())
    names = list(modules)
    last = max(i for i, m in enumerate(net) if any(True for _ in m.parameters()))
    hidden = last - 1
    while isinstance(modules[names[hidden]], nn.Dropout | ClassicDropout):
        hidden -= 1
    return names[hidden]
