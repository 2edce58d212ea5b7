"""One shard: a fixed list of files made into one array, by whoever comes to it."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from alexnet_lib.data.preparing.decode import ImageError, decode, quiet
from alexnet_lib.data.shards import array_header, save_array
from alexnet_lib.data.sources.folders import Item
from alexnet_lib.data.statistics import RunningSums, Statistics
from alexnet_lib.files import written_whole

SplitName = Literal["train", "test"]


@dataclass(frozen=True)
class Shard:
    """One piece of work: `items` of a split to squares of `side` pixels in `folder`.

    `name`.npy holds the squares (n, side, side, 3) uint8, `name`.total.npy their sum
    (side, side, 3) uint32. `name`.json, written last, says that both are whole.
    """

    folder: Path
    split: SplitName
    number: int
    side: int
    items: tuple[Item, ...]

    @property
    def name(self) -> str:
        """The name of its files, without their endings."""
        return f"{self.split}-{self.number:05d}"

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the shard is to be made of."""
        return hashlib.sha256(repr((self.side, self.items)).encode()).hexdigest()

    @property
    def image_bytes(self) -> int:
        """Bytes of one square."""
        return self.side * self.side * 3

    def file(self, ending: str) -> Path:
        """The shard's file with that ending."""
        return self.folder / f"{self.name}{ending}"

    def made(self) -> Made | None:
        """The result for these very items, if it was made before and is all there."""
        try:
            made = Made(**json.loads(self.file(".json").read_bytes()))
            size = self.file(".npy").stat().st_size
        except (FileNotFoundError, ValueError, TypeError):
            return None
        whole = size > len(made.labels) * self.image_bytes
        return made if whole and made.digest == self.digest else None

    def sums(self, made: Made) -> Statistics:
        """The sums over the shard's images."""
        total = torch.from_numpy(np.load(self.file(".total.npy")).astype(np.int64))
        products = torch.tensor(made.products)
        return Statistics(len(made.labels), total.permute(2, 0, 1), products)


@dataclass(frozen=True)
class Made:
    """Result of a shard: `digest` of what it was made of, `sha256` of its array.

    `skipped` holds the files that could not be used, and why.
    """

    digest: str
    sha256: str
    labels: list[int]
    skipped: list[list[str]]
    products: list[list[int]]


def try_decode(item: Item, side: int) -> Tensor | str:
    """The item's square (side, side, 3) uint8, or why there is none in its bytes.

    Raises `OSError` if they cannot be read, which says nothing against them.
    """
    data = item.read()
    try:
        return decode(data, side)
    except ImageError as error:
        return str(error)


def make_shard(shard: Shard) -> tuple[Shard, Made]:
    """Decode a shard's files and write it, whole or not at all; also returns it.

    All that is done with an image is done while the processor still has it at hand:
    checksum, sums, writing. So a shard costs no memory, and no second look at it.
    """
    side = shard.side
    sums = RunningSums(side, side, 3)
    labels: list[int] = []
    skipped: list[list[str]] = []
    # Not waiting for the disk: what a power cut left out of a shard is missed by its
    # size when the work goes on, and by its checksum when it is read.
    with quiet(), written_whole(shard.file(".npy"), sync=False) as stream:
        array = _ArrayWriter(stream, (len(shard.items), side, side, 3))
        for item in shard.items:
            image = try_decode(item, side)
            if isinstance(image, str):
                skipped.append([item.name, image])
                continue
            square = image.contiguous().numpy()
            array.append(square)
            sums.add(square)
            labels.append(item.label)
        checksum = array.finish()
    products = sums.products().tolist()
    made = Made(shard.digest, checksum, labels, skipped, products)
    save_array(shard.file(".total.npy"), sums.total().astype(np.uint32))
    with written_whole(shard.file(".json"), sync=False) as stream:
        stream.write(json.dumps(dataclasses.asdict(made)).encode())
    return shard, made


class _ArrayWriter:
    """A uint8 array as `.npy`, one part after another, and its SHA-256.

    `shape` is what it will have if all parts come; if some do not, the header is
    put right in the end and the checksum taken again. Not by `np.save`, which wants
    the whole array, and hides why a write failed.
    """

    def __init__(self, stream: io.BufferedRandom, shape: tuple[int, ...]) -> None:
        self._stream, self._shape, self._parts = stream, shape, 0
        header = array_header(shape, np.dtype(np.uint8))
        stream.write(header)
        self._sha = hashlib.sha256(header)

    def append(self, part: np.ndarray) -> None:
        """Write the next part, contiguous, of the shape without its first number."""
        self._stream.write(part.data)
        self._sha.update(part.data)
        self._parts += 1

    def finish(self) -> str:
        """The SHA-256 of the whole file, which may be closed now."""
        if self._parts != self._shape[0]:
            shape = (self._parts, *self._shape[1:])
            self._stream.seek(0)
            self._stream.write(array_header(shape, np.dtype(np.uint8)))
            self._stream.seek(0)
            self._sha = hashlib.file_digest(self._stream, "sha256")
        return self._sha.hexdigest()
