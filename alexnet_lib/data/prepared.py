"""Prepared photographs on disk: shards of 256x256 squares, read by memory map.

A folder `prepared/<name>/` holds `train-00000.npy`, ... and `test-00000.npy`, ...,
(n, 256, 256, 3) uint8 each, the sums for mean and covariance, and `about.json` with
labels, class names, skipped files and checksums. The folder gets its name when it
is whole, so what is there is complete.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from alexnet_lib.data.dataset import DataError, Dataset, Split
from alexnet_lib.data.sharded import ShardedImages
from alexnet_lib.data.statistics import Statistics
from alexnet_lib.files import sha256

ABOUT = "about.json"
TOTAL = "train-total.npy"
_VERIFY_BYTES = 4 << 30


def present(folder: Path) -> bool:
    """Whether `folder` holds prepared photographs."""
    return (folder / ABOUT).is_file()


def about(folder: Path) -> dict[str, Any]:
    """What is said of the data in `folder`; `DataError` if it cannot be read."""
    try:
        return json.loads((folder / ABOUT).read_bytes())
    except (OSError, ValueError):
        raise _damaged(folder / ABOUT) from None


def read(folder: Path, verify: bool | None = None) -> Dataset:
    """The data set in `folder`, its images left on disk.

    Shapes are always compared; checksums if `verify`, by default for sets of up to
    4 GB. Raises `DataError` naming a file that is not as it was written.
    """
    said = about(folder)
    arrays = {file: _array(folder / file) for file in said["sha256"]}
    if verify is None:
        verify = sum(array.nbytes for array in arrays.values()) <= _VERIFY_BYTES
    for file, expected in said["sha256"].items() if verify else ():
        if sha256(folder / file) != expected:
            raise _damaged(folder / file)
    splits = {}
    for name, labels in said["labels"].items():
        shards = [arrays[file] for file in sorted(arrays) if _shard_of(file, name)]
        if sum(map(len, shards)) != len(labels):
            raise _damaged(folder / ABOUT)
        splits[name] = Split(ShardedImages(shards), torch.tensor(labels))
    return Dataset(
        said["name"],
        splits["train"],
        splits["test"],
        tuple(said["classes"]),
        said["fingerprint"],
        sums=Statistics(
            len(splits["train"]),
            torch.from_numpy(np.array(arrays[TOTAL])).permute(2, 0, 1),
            torch.tensor(said["products"]),
        ),
    )


def _shard_of(file: str, split: str) -> bool:
    return file.startswith(f"{split}-") and file != TOTAL


def _array(file: Path) -> np.ndarray:
    """The array in `file`, mapped; refused if the file is shorter than it says."""
    try:
        # Copy on write: torch warns of tensors that share memory it cannot write.
        return np.load(file, mmap_mode="c")
    except (OSError, ValueError, EOFError):
        raise _damaged(file) from None


def _damaged(file: Path) -> DataError:
    return DataError(
        f"{file}: missing or damaged; delete {file.parent} and prepare again"
    )
