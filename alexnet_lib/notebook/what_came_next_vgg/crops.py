"""A network by crops, place by place, to hold its dense answers against."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from alexnet_lib.nets.layers import Activation, Conv, Linear, Pool
from alexnet_lib.nets.network import NetworkConfig, changed, with_input_side

SMALL = NetworkConfig(
    layers=(
        *(Conv(8, 3, std=0.3, padding=1), Activation(), Pool("max", size=2)),
        *(Conv(16, 3, std=0.15, padding=1), Activation(), Pool("max", size=2)),
        *(Linear(32, std=0.06), Activation(), Linear(10, std=0.2)),
    ),
    input_shape=(3, 32, 32),
)
"""A small net as VGG builds them: padded 3x3, poolings 2/2, fully connected layers."""
UNPADDED = with_input_side(changed(SMALL, Conv, padding=0), 30)
"""The same without padding, on 30 pixels: its poolings meet sides of 28 and 12."""


@torch.inference_mode()
def scores_of_crops(net: nn.Module, images: Tensor, side: int, step: int) -> Tensor:
    """Scores of every crop of `side` pixels, each `step` pixels from its neighbours.

    (B, C, H, W) to (B, classes, rows, columns), a pass of the net for each crop.
    """
    rows, columns = (range(0, n - side + 1, step) for n in images.shape[2:])
    scores = [
        torch.stack(
            [net(images[..., y : y + side, x : x + side]) for x in columns], dim=-1
        )
        for y in rows
    ]
    return torch.stack(scores, dim=-2)
