"""Windows on 256x256 squares: random crops and mirrors, the centre, ten views (§4.1).

All take (B, C, H, W) of any type on any device, whole batches at a time, and give
channels-last tensors.
"""

from __future__ import annotations

import torch
from torch import Tensor


def crops(images: Tensor, offsets: Tensor, mirrored: Tensor, size: int) -> Tensor:
    """Cut from each image the window at its own offset, mirrored where asked.

    `offsets` (B, 2) are rows and columns of the upper left corners, `mirrored` (B,)
    is bool. Returns (B, C, size, size).
    """
    windows = images.permute(0, 2, 3, 1).unfold(1, size, 1).unfold(2, size, 1)
    windows = windows.permute(0, 1, 2, 4, 5, 3)  # (B, rows, columns, size, size, C)
    which = torch.arange(len(images), device=images.device)
    views = windows[which, offsets[:, 0], offsets[:, 1]]  # (B, size, size, C)
    views[mirrored] = views[mirrored].flip(2)
    return views.permute(0, 3, 1, 2)


def centre_crop(images: Tensor, size: int) -> Tensor:
    """The middle of each image, (..., size, size); a view, nothing is copied."""
    top, left = ((n - size) // 2 for n in images.shape[-2:])
    return images[..., top : top + size, left : left + size]


def ten_views(images: Tensor, size: int) -> Tensor:
    """Corners (upper ones first), centre, then the mirrors: (10, B, C, size, size)."""
    down, across = (n - size for n in images.shape[-2:])
    corners = [(0, 0), (0, across), (down, 0), (down, across)]
    places = [*corners, (down // 2, across // 2)]
    five = [images[..., y : y + size, x : x + size] for y, x in places]
    return torch.stack([*five, *(view.flip(-1) for view in five)])
