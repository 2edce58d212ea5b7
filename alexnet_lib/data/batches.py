"""Batches of whole images, and of random views made ahead of the step that takes them.

One order and one set of draws per epoch, from seed and epoch alone. Batch k is the
k-th run of `batch_size` images in that order; of it process `rank` of `world` takes
its own consecutive part. So the parts of all processes together are the batch that
one process would have made, and no image is seen twice in an epoch.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

import torch
from torch import Tensor

from alexnet_lib.data.augment import CentreViews, TrainViews, random_draws
from alexnet_lib.data.dataset import Split

Batch = tuple[Tensor, Tensor]


def epoch_generator(seed: int, epoch: int) -> torch.Generator:
    """The source of all that is random in one epoch of a seed's data."""
    return torch.Generator().manual_seed(seed * 1_000_003 + epoch)


class Shuffled:
    """The images of each batch, and of each the part of process `rank`.

    `batch_size` counts the images of all processes and must be a multiple of
    `world` (`ValueError`). The last batch holds what is left over, as evenly as it
    goes; if that is less than one image a process, it is left out.
    """

    def __init__(self, split: Split, batch_size: int, seed: int) -> None:
        self.split, self.batch_size, self.seed = split, batch_size, seed
        self.rank, self.world = 0, 1

    def __len__(self) -> int:
        whole, over = divmod(len(self.split), self.batch_size)
        return whole + (over >= self.world)

    def shared(self, rank: int, world: int) -> Self:
        """Give process `rank` of `world` its part of each of the same batches."""
        if self.batch_size % world or not 0 <= rank < world:
            raise ValueError(
                f"process {rank} of {world} cannot have a part of batches of "
                f"{self.batch_size}; take a batch size that is a multiple of {world}"
            )
        shared = copy.copy(self)
        shared.rank, shared.world = rank, world
        return shared

    def part(self, batch: int) -> slice:
        """Slice of the epoch's order that this process gets of a batch.

        Consecutive, and as even among the processes as it goes.
        """
        first = batch * self.batch_size
        size = min(self.batch_size, len(self.split) - first)
        low, high = (size * r // self.world for r in (self.rank, self.rank + 1))
        return slice(first + low, first + high)

    def order(self, epoch: int) -> tuple[Tensor, torch.Generator]:
        """The images' order in an epoch, and the generator that drew it."""
        generator = epoch_generator(self.seed, epoch)
        return torch.randperm(len(self.split), generator=generator), generator


class Batches(Shuffled):
    """Shuffled batches of whole images; each image once an epoch.

    An epoch can be taken up in the middle: `epoch(e, start)` begins at batch
    `start`.
    """

    def __init__(
        self, split: Split, views: CentreViews, batch_size: int, seed: int
    ) -> None:
        super().__init__(split, batch_size, seed)
        self.views = views

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Yield this process's (images (B, C, H, W) float32, labels (B,)).

        On the device of the views, from batch `start` of the epoch on.
        """
        order, _ = self.order(epoch)
        for batch in range(start, len(self)):
            chosen = order[self.part(batch)]
            images, labels = self.split.images[chosen], self.split.labels[chosen]
            yield self.views(images), labels.to(self.views.device)


class Float64Batches(Batches):
    """The same in float64, for comparisons that rounding must not blur."""

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Yield this process's (images (B, C, H, W) float64, labels (B,))."""
        for images, labels in super().epoch(epoch, start):
            yield images.double(), labels


class ViewBatches(Shuffled):
    """Shuffled batches of random views; each image once an epoch.

    `workers` threads keep as many batches ready, and one more.
    """

    def __init__(
        self,
        split: Split,
        views: TrainViews,
        batch_size: int,
        seed: int,
        *,
        workers: int = 1,
    ) -> None:
        super().__init__(split, batch_size, seed)
        self.views, self.workers = views, workers

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Yield this process's (images (B, 3, S, S) float32, labels (B,)).

        On the device of the views, from batch `start` of the epoch on.
        """
        order, generator = self.order(epoch)
        side = min(self.split.images.shape[-2:])
        draws = random_draws(len(order), side, self.views.augmentation, generator)
        device = self.views.device

        def make(batch: int) -> Batch:
            part = self.part(batch)
            chosen = order[part]
            images = self.views(self.split.images[chosen], draws[part])
            return images, self.split.labels[chosen].to(device)

        return _ahead(make, range(start, len(self)), self.workers)


def _ahead(
    make: Callable[[int], Batch], numbers: range, workers: int
) -> Iterator[Batch]:
    """Yield `make(n)` in order, `workers` of them and one more under way."""
    waiting: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(workers, "prefetch") as pool:
        try:
            for number in numbers:
                waiting.append(pool.submit(make, number))
                if len(waiting) > workers + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
