"""The answer of a network that was applied densely (VGG, arXiv 1409.1556, §3.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


@torch.inference_mode()
def dense_probabilities(convolutions: nn.Module, images: Tensor) -> Tensor:
    """Probabilities of the classes for whole images: (B, C, H, W) to (B, classes).

    `convolutions` are those of `modules.dense.dense`, in evaluation mode. The scores
    are averaged over all places, and after the softmax over the image and its mirror.
    """
    both = [convolutions(seen) for seen in (images, images.flip(3))]
    each = [scores.float().mean((2, 3)).softmax(1) for scores in both]
    return (each[0] + each[1]) / 2
