"""Mean image and RGB covariance, from integer sums: exact, in whatever order.

Sums of disjoint parts add up to the sums of the whole, so shards can be made by
any number of workers and still give the same mean to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

_EXACT = 256
"""So many grey levels add up to less than 2^16, so many products to less than 2^24."""


@dataclass(frozen=True)
class Statistics:
    """Sums over `count` uint8 images of C channels, all int64.

    `total` (C, H, W) is the sum of the images; `products` (C, C) holds the sum over
    all images and places of channel i times channel j.
    """

    count: int
    total: Tensor
    products: Tensor

    @classmethod
    def of(cls, images: Tensor) -> Statistics:
        """Statistics of (N, C, H, W) uint8."""
        channels, height, width = images.shape[1:]
        total = torch.zeros(channels, height, width, dtype=torch.int64)
        products = torch.zeros(channels, channels, dtype=torch.int64)
        for image in images.split(max(1, (1 << 22) // (height * width))):
            total += image.sum(0, dtype=torch.int64)
            products += channel_products(image)
        return cls(len(images), total, products)

    def __add__(self, other: Statistics) -> Statistics:
        return Statistics(
            self.count + other.count,
            self.total + other.total,
            self.products + other.products,
        )

    @cached_property
    def mean_image(self) -> Tensor:
        """Mean over the images, (C, H, W) float32 in 0..255 (§2)."""
        return (self.total.double() / self.count).float()

    @cached_property
    def deviation(self) -> float:
        """Standard deviation of all centred pixels, in grey levels."""
        squares = int(self.products.trace())
        mean_square = self.mean_image.double().square().mean().item()
        variance = squares / (self.count * self.total.numel()) - mean_square
        return max(variance, 0.0) ** 0.5

    @cached_property
    def covariance(self) -> Tensor:
        """Covariance of the channels over all pixels, (C, C) float64 (§4.1).

        In squared grey levels, about the channels' means over all places.
        """
        pixels = self.count * self.total[0].numel()
        mean = self.total.sum((1, 2)).double() / pixels
        return self.products.double() / pixels - mean.outer(mean)

    def colour_axes(self) -> tuple[Tensor, Tensor]:
        """Principal components of the RGB values: deviations (C,), axes (C, C).

        Largest first, in grey levels; column k of the axes is the direction of
        component k, its sign such that its entries sum to no less than 0.
        """
        variances, axes = torch.linalg.eigh(self.covariance)
        axes = axes * torch.where(axes.sum(0) < 0, -1.0, 1.0)
        return variances.flip(0).clamp(min=0).sqrt(), axes.flip(1)


class RunningSums:
    """Sums as above over images that come one at a time, (H, W, C) uint8 each."""

    def __init__(self, height: int, width: int, channels: int) -> None:
        self._count = 0
        self._recent = np.zeros((height, width, channels), np.uint16)
        self._total = np.zeros((height, width, channels), np.int64)
        self._products = np.zeros((channels, channels), np.int64)

    def add(self, image: np.ndarray) -> None:
        """One more image."""
        np.add(self._recent, image, out=self._recent)
        self._products += _products(image.transpose(2, 0, 1))
        self._count += 1
        if self._count % _EXACT == 0:
            self._settle()

    def total(self) -> np.ndarray:
        """Sum of the images, (H, W, C) int64."""
        self._settle()
        return self._total

    def products(self) -> np.ndarray:
        """Sum over all images and places of channel i times channel j, (C, C) int64."""
        return self._products

    def _settle(self) -> None:
        """Move the sum on to large numbers before the small, faster ones run over."""
        self._total += self._recent
        self._recent[:] = 0


def channel_products(images: Tensor) -> Tensor:
    """Sum over all pixels of channel i times channel j, (C, C) int64.

    Of (N, C, H, W) uint8.
    """
    return torch.from_numpy(_products(images.movedim(1, 0).numpy()))


def _products(planes: np.ndarray) -> np.ndarray:
    """Sum over all places of channel i times channel j, of (C, ...) uint8.

    Products of 256 pixels at most stay below 2^24, where float32 is exact; their
    sums are taken in float64, exact up to 2^53.
    """
    channels = len(planes)
    flat = planes.astype(np.float32, order="C").reshape(channels, -1)
    if ragged := flat.shape[1] % _EXACT:
        flat = np.pad(flat, ((0, 0), (0, _EXACT - ragged)))
    rows = flat.reshape(channels, -1, _EXACT)
    products = np.empty((channels, channels))
    for i in range(channels):
        dots = np.einsum("crp,rp->cr", rows[: i + 1], rows[i])
        products[i, : i + 1] = products[: i + 1, i] = dots.sum(1, dtype=np.float64)
    return products.astype(np.int64)
