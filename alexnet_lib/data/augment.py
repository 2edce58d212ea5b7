"""Training and test views of prepared squares as a network takes them (§2, §4.1).

What is random is drawn first, as small tensors, and then applied; so the same
draws give the same views wherever and by however many processes they are made.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor

from alexnet_lib.config import Augmentation, MeanWindow, Pixels
from alexnet_lib.data.dataset import Dataset
from alexnet_lib.data.views import centre_crop, crops, ten_views

PAPER = Augmentation(offsets=32, colour_scale="eigenvalue")
"""§4.1 to the letter: 32 x 32 x 2 views, alpha times lambda. In grey levels
that is noise far beyond the pixels' range; with `eigenvalue_unit` it is not."""

SOURCE = Augmentation(chunk=32, mean="centre", divisor=1.1)
"""The code's way (`convdata_jpeg.py:57-66,77,155-179,209-211,238-246`)."""


@dataclass(frozen=True)
class Draws:
    """Random draws for N images: offsets (N, 2), mirrored (N,), colours (N, 3)."""

    offsets: Tensor
    mirrored: Tensor
    colours: Tensor

    def __getitem__(self, part: slice) -> Draws:
        return Draws(self.offsets[part], self.mirrored[part], self.colours[part])


def random_draws(
    count: int, side: int, augmentation: Augmentation, generator: torch.Generator
) -> Draws:
    """Draws for `count` images of `side` x `side`; colours are normal variates.

    Raises `ValueError` if the windows do not fit into the images.
    """
    room = side - augmentation.size + 1
    offsets = room if augmentation.offsets is None else augmentation.offsets
    if not 1 <= offsets <= room:
        raise ValueError(
            f"{offsets} offsets of {augmentation.size}-pixel windows do not fit into "
            f"{side} pixels, which have room for {max(room, 0)}; prepare larger "
            "images or take smaller windows"
        )
    chunks = -(-count // augmentation.chunk)
    corners = torch.randint(offsets, (chunks, 2), generator=generator)
    if augmentation.centred:
        corners += (room - offsets) // 2
    mirrored = torch.rand(chunks, generator=generator) < 0.5
    colours = torch.randn(count, 3, generator=generator)
    return Draws(
        corners.repeat_interleave(augmentation.chunk, 0)[:count],
        mirrored.repeat_interleave(augmentation.chunk)[:count] & augmentation.mirror,
        colours,
    )


class TrainViews:
    """uint8 squares and their draws to training input on `device`.

    Cropped as uint8 where they are, then moved; what follows is done there in
    float32: minus the mean, plus colour noise, divided. With `pixels="unit"` also
    divided by the deviation of the training pixels.
    """

    def __init__(
        self,
        data: Dataset,
        augmentation: Augmentation,
        device: torch.device,
        pixels: Pixels = "raw",
    ) -> None:
        self.augmentation = augmentation
        mean = data.mean_image[None].to(device)
        self.mean = mean.contiguous(memory_format=torch.channels_last)[0]
        deviations, axes = data.statistics.colour_axes()
        sizes = {
            "deviation": deviations,
            "eigenvalue": deviations**2,
            "eigenvalue_unit": deviations**2 / 255,
        }[augmentation.colour_scale]
        self.colour_steps = (augmentation.colour * axes * sizes).float()  # (RGB, axis)
        unit = data.deviation if pixels == "unit" else 1.0
        self.factor = 1.0 / (augmentation.divisor * unit)

    @property
    def device(self) -> torch.device:
        """The device on which the views are made."""
        return self.mean.device

    def __call__(self, images: Tensor, draws: Draws) -> Tensor:
        """(B, 3, H, W) uint8 to (B, 3, size, size) float32, channels last."""
        size, device = self.augmentation.size, self.device
        views = crops(images, draws.offsets, draws.mirrored, size)
        if device.type == "cuda":
            views = views.pin_memory()
        centred = views.to(device, non_blocking=True) - self._means(draws)
        if self.augmentation.colour:
            shift = draws.colours @ self.colour_steps.T  # (B, RGB)
            centred += shift.to(device)[:, :, None, None]
        return centred.mul_(self.factor) if self.factor != 1.0 else centred

    def _means(self, draws: Draws) -> Tensor:
        size, device = self.augmentation.size, self.device
        if self.augmentation.mean == "centre":
            return centre_crop(self.mean, size)
        count = len(draws.mirrored)
        return crops(
            self.mean.expand(count, -1, -1, -1),
            draws.offsets.to(device),
            draws.mirrored.to(device),
            size,
        )


class CentreViews:
    """uint8 images to input on `device`: the centre, or all ten views (§4.1).

    Without `size` the centre is the whole image. The mean is subtracted as
    `Augmentation.mean` says; with `pixels="unit"` what is left is divided by the
    deviation of the training pixels. Raises `ValueError` for a centre larger than
    the images.
    """

    def __init__(
        self,
        data: Dataset,
        device: torch.device,
        *,
        size: int | None = None,
        mean: MeanWindow = "own",
        pixels: Pixels = "raw",
    ) -> None:
        self.mean = data.mean_image.to(device)
        side = min(self.mean.shape[-2:])
        self.size = side if size is None else size
        if self.size > side:
            raise ValueError(
                f"crops of {size} pixels do not fit into the {side}-pixel images of "
                f"{data.name}; take smaller crops, or prepare larger images"
            )
        self.mean_window = mean
        self.factor = 1.0 / data.deviation if pixels == "unit" else 1.0

    @property
    def device(self) -> torch.device:
        """The device on which the views are made."""
        return self.mean.device

    @property
    def crops(self) -> bool:
        """Whether the centre is smaller than the images: then there are ten views."""
        return self.size < min(self.mean.shape[-2:])

    def __call__(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) uint8 to the centres (B, 3, size, size) float32."""
        centre = centre_crop(images, self.size)
        centre = centre.to(self.device, non_blocking=True)
        return self._scaled(centre - centre_crop(self.mean, self.size))

    def ten(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) uint8 to (10, B, 3, size, size) float32; see `ten_views`."""
        images = images.to(self.device)
        if self.mean_window == "own":
            return self._scaled(ten_views(images - self.mean, self.size))
        views = ten_views(images, self.size)
        return self._scaled(views - centre_crop(self.mean, self.size))

    def shifted(self, colour: Tensor) -> CentreViews:
        """The same views of images that are brighter by `colour` (3,), in grey levels.

        Beyond white and below black too: nothing is clipped.
        """
        views = copy.copy(self)
        views.mean = self.mean - colour.to(self.mean)[:, None, None]
        return views

    def _scaled(self, centred: Tensor) -> Tensor:
        return centred.mul_(self.factor) if self.factor != 1.0 else centred
