"""A data set: uint8 images, labels, mean image, fingerprint."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from alexnet_lib.data.mapped import ShardedImages
from alexnet_lib.data.statistics import Statistics


@dataclass(frozen=True)
class Split:
    """Images (N, C, H, W) uint8, in memory or on disk, and labels (N,) int64."""

    images: Tensor | ShardedImages
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, chosen: Tensor) -> Split:
        """The images at these indices (n,); those on disk stay there."""
        images = self.images
        some = (
            images.at(chosen) if isinstance(images, ShardedImages) else images[chosen]
        )
        return Split(some, self.labels[chosen])

    def first(self, count: int) -> Split:
        """The first `count` images, or all there are."""
        return Split(self.images[:count], self.labels[:count])

    def every_nth(self, count: int) -> Split:
        """`count` images at even distances, or all there are.

        Photographs are prepared class by class: the first thousand would be of the
        first few classes, whereas these have every class in proportion.
        """
        count = min(count, len(self))
        chosen = torch.arange(count) * len(self) // max(count, 1)
        return Split(self.images[chosen], self.labels[chosen])

    def in_memory(self) -> Split:
        """The same images as one contiguous tensor."""
        return Split(self.images[:].contiguous(), self.labels)

    def ordered(self) -> tuple[Split, str]:
        """The same images in an order that depends on nothing but themselves.

        Sorted by the SHA-256 of label and pixels, so that a seed gives the same
        batches whether the data came as an archive or as class folders. Also
        returns the SHA-256 of all of them in that order.
        """
        images = self.images[:]
        pixels = images.contiguous().numpy()
        digests = [
            hashlib.sha256(bytes([label]) + image.tobytes()).digest()
            for image, label in zip(pixels, self.labels.tolist(), strict=True)
        ]
        order = sorted(range(len(digests)), key=digests.__getitem__)
        whole = hashlib.sha256(b"".join(digests[i] for i in order)).hexdigest()
        chosen = torch.tensor(order, dtype=torch.int64)
        return Split(images[chosen], self.labels[chosen]), whole


@dataclass(frozen=True)
class Dataset:
    """Train and test splits under a name; `fingerprint` identifies the pixels.

    `real` is false for synthetic images, whose numbers are not the paper's. `sums` are
    those of the training images, if they were taken when the data was prepared.
    `validation` are images cut from the training set, see `with_held_out`.
    """

    name: str
    train: Split
    test: Split
    classes: tuple[str, ...]
    fingerprint: str
    real: bool = True
    sums: Statistics | None = None
    validation: Split | None = None

    @classmethod
    def of(
        cls,
        name: str,
        train: Split,
        test: Split,
        classes: tuple[str, ...],
        real: bool = True,
    ) -> Dataset:
        """Put both splits in their own order and fingerprint them."""
        train, train_digest = train.ordered()
        test, test_digest = test.ordered()
        whole = derived(train_digest + test_digest)
        return cls(name, train, test, classes, whole, real)

    @cached_property
    def statistics(self) -> Statistics:
        """Exact sums over the training images: mean, deviation, covariance."""
        return self.sums or Statistics.of(self.train.images[:])

    @property
    def mean_image(self) -> Tensor:
        """Mean over the training images, (C, H, W) float32 in 0..255 (§2)."""
        return self.statistics.mean_image

    @property
    def deviation(self) -> float:
        """Standard deviation of all centred training pixels, in grey levels."""
        return self.statistics.deviation

    def in_memory(self) -> Dataset:
        """The same data, both splits held as tensors."""
        train, test = self.train.in_memory(), self.test.in_memory()
        return dataclasses.replace(self, train=train, test=test)

    def with_held_out(self, per_class: int) -> Dataset:
        """Move the last `per_class` training images of each class to `validation`.

        To choose a rate by, or an epoch, so that the test images stay unseen. The mean
        image and the other statistics stay those of all training images, so that the
        pixels are those of the final training. The fingerprint is another one. Raises
        `ValueError` unless each class keeps an image to train on.
        """
        labels = self.train.labels
        counts = labels.bincount(minlength=len(self.classes))
        if not 0 < per_class < int(counts.min()):
            raise ValueError(
                f"{per_class} images a class cannot be held out of {self.name}; take "
                f"1 to {int(counts.min()) - 1}"
            )
        held = torch.zeros(len(labels), dtype=torch.bool)
        for label in range(len(self.classes)):
            held[(labels == label).nonzero()[-per_class:, 0]] = True
        return dataclasses.replace(
            self,
            train=self.train.at((~held).nonzero()[:, 0]),
            validation=self.train.at(held.nonzero()[:, 0]),
            fingerprint=derived(f"{self.fingerprint} held out {per_class}"),
            sums=self.statistics,
        )


def derived(identity: str) -> str:
    """A fingerprint: the first 16 digits of the SHA-256 of what identifies data."""
    return hashlib.sha256(identity.encode()).hexdigest()[:16]
