"""Images too many for memory: several arrays on disk that index like one tensor."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor


def mapped(file: Path) -> np.ndarray:
    """The uint8 array in a `.npy` file, read from the disk as it is indexed.

    By torch's map, which holds no descriptor: numpy's holds one for each of ImageNet's
    2,602 shards, where many systems allow 1,024. What is written into the array stays
    in memory. Raises `ValueError` if the file is not what its header says.
    """
    with file.open("rb") as stream:
        np.lib.format.read_magic(stream)
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        start, size = stream.tell(), os.fstat(stream.fileno()).st_size
    end = start + math.prod(shape)
    if fortran or dtype != np.uint8 or size != end:
        raise ValueError(f"{size} bytes of {dtype} where {end} are due")
    whole = torch.from_file(str(file), shared=False, size=end, dtype=torch.uint8)
    return whole[start:].view(shape).numpy()


class ShardedImages:
    """Images (N, C, H, W) uint8 in arrays (n, H, W, C), usually memory-mapped.

    Indexed like a tensor in its first dimension, by a slice or a tensor of
    indices; what is chosen is copied into a tensor that is channels last. `rows` are
    the images that are meant, in order, by default all.
    """

    def __init__(
        self, shards: Sequence[np.ndarray], rows: np.ndarray | None = None
    ) -> None:
        self._shards = shards
        self._ends = np.cumsum([len(shard) for shard in shards])
        self._rows = np.arange(self._ends[-1]) if rows is None else rows

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def shape(self) -> torch.Size:
        """(N, C, H, W)."""
        height, width, channels = self._shards[0].shape[1:]
        return torch.Size((len(self), channels, height, width))

    def at(self, chosen: Tensor) -> ShardedImages:
        """The images at these indices, left where they are."""
        return ShardedImages(self._shards, self._rows[self._checked(chosen)])

    def __getitem__(self, chosen: Tensor | slice) -> Tensor:
        if isinstance(chosen, slice):
            chosen = torch.arange(*chosen.indices(len(self)))
        rows = self._rows[self._checked(chosen)]
        which = np.searchsorted(self._ends, rows, side="right")
        images = np.empty((len(rows), *self._shards[0].shape[1:]), np.uint8)
        for number in np.unique(which):
            shard, here = self._shards[number], np.flatnonzero(which == number)
            images[here] = shard[rows[here] - (self._ends[number] - len(shard))]
        return torch.from_numpy(images).permute(0, 3, 1, 2)

    def _checked(self, chosen: Tensor) -> np.ndarray:
        indices = chosen.numpy()
        if outside := indices[(indices < 0) | (indices >= len(self))].tolist():
            raise IndexError(f"image {outside[0]} of {len(self)}")
        return indices

    def split(self, size: int) -> Iterator[Tensor]:
        """All images in order, `size` at a time."""
        return (self[at : at + size] for at in range(0, len(self), size))
