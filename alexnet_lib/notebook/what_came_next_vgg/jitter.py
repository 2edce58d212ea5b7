"""Scale jitter (VGG, §3.1): a crop of one size from images of many."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.transforms.v2 import functional

SMALLEST, LARGEST, CROP = 256, 512, 224
"""Pixels: the scales S of which one is drawn for each image, and the crop's side."""


@dataclass(frozen=True)
class Jittered:
    """A rescaled image (3, H, W), the upper left corner of a crop, and the crop."""

    image: Tensor
    corner: tuple[int, int]
    crop: Tensor

    @property
    def share(self) -> float:
        """The share of the image's area that the crop shows."""
        return self.crop[0].numel() / self.image[0].numel()


def rescaled(image: Tensor, scale: int) -> Tensor:
    """Give (3, H, W) uint8 a shorter side of `scale` pixels; its shape stays."""
    return functional.resize(image, [scale], antialias=True)


def crop_of(
    image: Tensor, generator: torch.Generator
) -> tuple[tuple[int, int], Tensor]:
    """Cut a crop at random: its corner (row, column), and (3, CROP, CROP)."""
    rooms = (side - CROP + 1 for side in image.shape[1:])
    row, column = (int(torch.randint(room, (), generator=generator)) for room in rooms)
    return (row, column), image[:, row : row + CROP, column : column + CROP]


def jittered(image: Tensor, scale: int, seed: int = 1) -> Jittered:
    """Rescale (3, H, W) uint8 and cut a random crop of it."""
    larger = rescaled(image, scale)
    corner, crop = crop_of(larger, torch.Generator().manual_seed(seed))
    return Jittered(larger, corner, crop)


def drawn_scales(count: int, seed: int = 1) -> Tensor:
    """Draw so many training scales S, each as likely as the others: (count,)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(SMALLEST, LARGEST + 1, (count,), generator=generator)
