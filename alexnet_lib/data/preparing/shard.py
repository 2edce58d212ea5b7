"""One shard: a fixed list of files made into one array, by whoever comes to it."""

from __future__ import annotations

import hashlib
import io
import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from alexnet_lib.data.preparing.decode import SIDE, ImageError, decode, quiet
from alexnet_lib.data.sources.folders import Item
from alexnet_lib.data.statistics import RunningSums
from alexnet_lib.files import written_whole

IMAGE_BYTES = SIDE * SIDE * 3


@dataclass(frozen=True)
class Shard:
    """One piece of work: `items` to files in `folder` that begin with `name`.

    `name`.npy holds the squares (n, 256, 256, 3) uint8, `name`.total.npy their sum
    (256, 256, 3) uint32. `name`.json, written last, says that both are whole.
    """

    folder: Path
    name: str
    items: tuple[Item, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the shard is to be made of."""
        return hashlib.sha256(repr(self.items).encode()).hexdigest()

    def file(self, ending: str) -> Path:
        """The shard's file with that ending."""
        return self.folder / f"{self.name}{ending}"

    def said(self) -> dict[str, Any] | None:
        """What the shard's JSON says, or None if the shard is still to be made."""
        try:
            said = json.loads(self.file(".json").read_bytes())
            size = self.file(".npy").stat().st_size
        except (FileNotFoundError, ValueError):
            return None
        whole = size > len(said["labels"]) * IMAGE_BYTES
        return said if whole and said["digest"] == self.digest else None


def try_decode(item: Item) -> Tensor | str:
    """The item's square (256, 256, 3) uint8, or why there is none."""
    try:
        return decode(item.read())
    except ImageError as error:
        return str(error)
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def make_shard(shard: Shard) -> Shard:
    """Decode a shard's files and write it, whole or not at all; returns it.

    All that is done with an image is done while the processor still has it at hand:
    checksum, sums, writing. So a shard costs no memory, and no second look at it.
    """
    sums = RunningSums(SIDE, SIDE, 3)
    labels: list[int] = []
    skipped: list[tuple[str, str]] = []
    with quiet(), _written(shard.file(".npy")) as stream:
        array = _ArrayWriter(stream, (len(shard.items), SIDE, SIDE, 3))
        for item in shard.items:
            image = try_decode(item)
            if isinstance(image, str):
                skipped.append((item.name, image))
                continue
            square = image.contiguous().numpy()
            array.append(square)
            sums.add(square)
            labels.append(item.label)
        checksum = array.finish()
    said = {
        "digest": shard.digest,
        "sha256": checksum,
        "labels": labels,
        "skipped": skipped,
        "products": sums.products().tolist(),
    }
    save_array(shard.file(".total.npy"), sums.total().astype(np.uint32))
    write_whole(shard.file(".json"), json.dumps(said).encode())
    return shard


class _ArrayWriter:
    """A uint8 array as `.npy`, one part after another, and its SHA-256.

    `shape` is what it will have if all parts come; if some do not, the header is
    put right in the end and the checksum taken again. Not by `np.save`, which wants
    the whole array, and hides why a write failed.
    """

    def __init__(self, stream: io.BufferedRandom, shape: tuple[int, ...]) -> None:
        self._stream, self._shape, self._parts = stream, shape, 0
        header = _header(shape, np.dtype(np.uint8))
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
            # As long as the first: numpy leaves room for any number of digits.
            self._stream.seek(0)
            self._stream.write(_header((self._parts, *self._shape[1:]), np.dtype("u1")))
            self._stream.seek(0)
            self._sha = hashlib.file_digest(self._stream, "sha256")
        return self._sha.hexdigest()


def _header(shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    stream = io.BytesIO()
    about = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": False,
        "shape": shape,
    }
    np.lib.format.write_array_header_1_0(stream, about)
    return stream.getvalue()


def save_array(file: Path, array: np.ndarray) -> str:
    """Write a contiguous array as `.npy`, whole or not at all; its SHA-256."""
    data = _header(array.shape, array.dtype) + array.tobytes()
    write_whole(file, data)
    return hashlib.sha256(data).hexdigest()


def write_whole(file: Path, data: bytes) -> None:
    """Write `data` to `file`, whole or not at all."""
    with _written(file) as stream:
        stream.write(data)


def _written(file: Path) -> AbstractContextManager[io.BufferedRandom]:
    """Write without waiting for the disk.

    What a power cut left out of a shard is missed by its size when the work goes on,
    and by its checksum when it is read.
    """
    return written_whole(file, sync=False)
