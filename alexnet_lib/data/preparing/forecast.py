"""Forecast of what preparing takes, from a few of the files: disk, time, memory."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alexnet_lib.data.preparing.shard import Shard, make_shard
from alexnet_lib.data.sources.folders import Item

_SAMPLE = 64
_LISTED_BYTES = 500
"""Memory of one file's name, place, time and label in the list of all, in class folders
of ILSVRC's names."""

_CORES = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Forecast:
    """`images` of `image_bytes` each to prepare in a folder with `free` bytes.

    `seconds` is the processor time of one, from the file to the shard: reading,
    decoding, resizing, sums, checksum, writing.
    """

    name: str
    images: int
    image_bytes: int
    free: int
    seconds: float

    @property
    def disk(self) -> int:
        """Bytes of the shards."""
        return self.images * self.image_bytes

    def hours(self, cores: int) -> float:
        """Hours of work, if each core has a process to itself and the disk keeps up."""
        return self.images * self.seconds / cores / 3600

    def line(self, workers: int) -> str:
        """Disk and time, in one line."""
        return (
            f"{self.name}: {self.images:,} images to prepare: {self.disk / 1e9:.2f} GB "
            f"of disk ({self.free / 1e9:.2f} GB free), about "
            f"{60 * self.hours(workers):.1f} min in {workers} processes"
        )

    def table(self) -> str:
        """Disk, memory, and time by number of cores."""
        times = "\n".join(
            f"  {cores:2} cores  {self.hours(cores):7.2f} h, "
            f"writing {cores * self.image_bytes / self.seconds / 1e6:5.0f} MB/s"
            for cores in _CORES
        )
        return (
            f"{self.name}: {self.images:,} images\n"
            f"disk    {self.disk / 1e9:.1f} GB ({self.free / 1e9:.1f} GB free)\n"
            f"memory  {self.images * _LISTED_BYTES / 1e9:.2f} GB for the list of "
            "files, beside the libraries; each process holds one image at a time\n"
            f"rate    {1 / self.seconds:.0f} images a second and core, by processor "
            f"time on up to {_SAMPLE} of the files\n"
            f"time    if the disk keeps up:\n{times}"
        )


def measure(
    name: str, folder: Path, items: Sequence[Item], images: int, side: int
) -> Forecast:
    """The forecast for `images` files like `items`, of which a few are really prepared.

    In a folder of their own within `folder`, which is then removed.
    """
    sample = tuple(items[:: max(1, len(items) // _SAMPLE)][:_SAMPLE])
    free = shutil.disk_usage(folder).free
    with tempfile.TemporaryDirectory(prefix=".forecast-", dir=folder) as scratch:
        make_shard(Shard(Path(scratch), "train", 0, side, sample[:2]))
        shard = Shard(Path(scratch), "train", 1, side, sample)
        started = time.process_time()
        make_shard(shard)
        spent = time.process_time() - started
    return Forecast(name, images, shard.image_bytes, free, spent / len(sample))
