"""Outputs of one layer for many images: the vectors of Figure 4."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from alexnet_lib.config import Precision
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.data.dataset import Split
from alexnet_lib.modules.precision import autocast, channels_last

_BATCH = 250


@torch.no_grad()
def outputs_of(
    net: nn.Sequential,
    layer: str,
    split: Split,
    views: CentreViews,
    precision: Precision = "float32",
) -> Tensor:
    """Outputs of the layer called `layer`, as its unit gives them: (N, units) float32.

    For every image of `split` at its centre, dropout off, on the CPU. Of a layer with
    a unit after it, such as fc7, the unit's outputs are meant. Raises `ValueError` for
    a layer that the network does not have.
    """
    names = [name for name, _ in net.named_children()]
    if layer not in names:
        raise ValueError(f"no layer {layer!r}; this network has {', '.join(names)}")
    end = names.index(layer) + 1
    if end < len(names) and names[end].startswith("unit"):
        end += 1
    part, was_training = net[:end], net.training
    net.eval()
    found = []
    for images in split.images.split(_BATCH):
        seen = channels_last(views(images))  # (B, 3, S, S)
        with autocast(seen.device, precision):
            found.append(part(seen).float().flatten(1).cpu())  # (B, units)
    net.train(was_training)
    return torch.cat(found)
