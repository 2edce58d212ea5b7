"""The share of a kernel that is colour (§6.1, Figure 3)."""

from __future__ import annotations

import torch
from torch import Tensor


def colour_shares(kernels: Tensor) -> Tensor:
    """Share of each kernel that is colour: (maps, 3, H, W) to (maps,), from 0 to 1.

    The share of the squared weights that is left when the mean of red, green and
    blue is taken away at each place: 0 for a kernel that sees grey values only, or
    nothing, 1 for one that does not see them; two thirds, on average, for one drawn at
    random.
    A tower's mean over its kernels says whether it is the one that the paper calls
    colour-specific (§6.1, Figure 3).
    """
    chroma = kernels - kernels.mean(1, keepdim=True)
    whole = kernels.square().sum((1, 2, 3)).clamp_min(torch.finfo(kernels.dtype).tiny)
    return chroma.square().sum((1, 2, 3)) / whole
