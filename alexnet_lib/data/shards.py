"""The one prepared format: squares in arrays on disk, and a manifest that lists them.

A folder `prepared/<name>/` holds `train-00000.npy`, ... and `test-00000.npy`, ...,
(n, side, side, 3) uint8 each, the sum of the training images, and `about.json`, the
manifest: labels, class names, skipped files, checksums. The folder gets its name when
it is whole, so what is there is complete.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from alexnet_lib.data import earlier
from alexnet_lib.data.dataset import Dataset, Split
from alexnet_lib.data.errors import DataError, reading_prepared
from alexnet_lib.data.mapped import ShardedImages, mapped
from alexnet_lib.data.statistics import Statistics
from alexnet_lib.files import sha256, written_whole

MANIFEST = "about.json"
TOTAL = "train-total.npy"
VERSION = 2
SIDE = 256
"""Pixels of a square's side, unless asked otherwise (§2)."""

_VERIFY_BYTES = 4 << 30


@dataclass(frozen=True)
class StoredShard:
    """One array of a prepared folder: its file, checksum, and its images' labels."""

    file: str
    sha256: str
    labels: list[int]


@dataclass(frozen=True)
class Manifest:
    """Contents of a prepared folder.

    Squares of `side` pixels from `source`, None if that was not noted. `total` is the
    checksum of the sum of the training images, empty if it was not taken, `products`
    the sum of their channels' products (see `Statistics`). `skipped` are the files that
    could not be used, and why.
    """

    name: str
    classes: list[str]
    fingerprint: str
    side: int
    source: str | None
    train: list[StoredShard]
    test: list[StoredShard]
    total: str
    products: list[list[int]]
    skipped: list[list[str]]
    version: int = VERSION

    @property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of each file that belongs to the data."""
        shards = {shard.file: shard.sha256 for shard in (*self.train, *self.test)}
        return {**shards, TOTAL: self.total} if self.total else shards


def present(folder: Path) -> bool:
    """Whether `folder` holds prepared data. Raises `OSError` if that is not told."""
    try:
        (folder / MANIFEST).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def manifest(folder: Path) -> Manifest:
    """The manifest of `folder`; `DataError` if it is damaged or of a later version."""
    with reading_prepared(folder / MANIFEST):
        said = json.loads((folder / MANIFEST).read_bytes())
        version = said.get("version", 1)
        if version > VERSION:
            raise DataError(
                f"{folder}: prepared by a later version of this library; update it, "
                "or delete the folder and prepare again"
            )
        if version < VERSION:
            said = earlier.upgraded(folder, said)
        shards = {s: [StoredShard(**one) for one in said[s]] for s in ("train", "test")}
        whole = Manifest(**{**said, **shards})
        _check(whole)
        return whole


def _check(whole: Manifest) -> None:
    """Raise `ValueError` for what no manifest says, though its fields are one's."""
    stored = (*whole.train, *whole.test)
    files = [shard.file for shard in stored]
    words = [whole.name, whole.fingerprint, whole.total, *whole.classes, *files]
    if not all(isinstance(word, str) for word in words):
        raise ValueError("a name is no word")
    if not all(file and file == Path(file).name for file in files):
        raise ValueError("a shard is no file of this folder")
    if not (whole.train and whole.test):
        raise ValueError("no training or no test images")
    labels = {label for shard in stored for label in shard.labels}
    if not labels <= set(range(len(whole.classes))):
        raise ValueError(f"labels beyond its {len(whole.classes)} classes")
    if whole.total and np.shape(whole.products) != (3, 3):
        raise ValueError("products that are not those of three channels")
    if not all(len(pair) == 2 for pair in whole.skipped):
        raise ValueError("skipped files without a reason")


def read(folder: Path, verify: bool | None = None) -> Dataset:
    """The data set in `folder`, its images left on disk.

    Shapes are always compared; checksums if `verify`, by default for sets of up to
    4 GB. Raises `DataError` naming a file that is not as it was written, `OSError`
    for one that cannot be read.
    """
    whole = manifest(folder)
    train, test = (_split(folder, s, whole.side) for s in (whole.train, whole.test))
    if verify is None:
        verify = (len(train) + len(test)) * whole.side**2 * 3 <= _VERIFY_BYTES
    for file, expected in whole.checksums.items() if verify else ():
        with reading_prepared(folder / file):
            if sha256(folder / file) != expected:
                raise ValueError("wrong checksum")
    sums = _sums(folder, whole, len(train)) if whole.total else None
    classes = tuple(whole.classes)
    return Dataset(whole.name, train, test, classes, whole.fingerprint, sums=sums)


def write(folder: Path, data: Dataset, source: Path) -> None:
    """Write `data`, read from `source`, to `folder`: a shard a split, whole or not."""
    work = partial(folder)
    work.mkdir(parents=True, exist_ok=True)
    stored = {}
    for name, split in (("train", data.train), ("test", data.test)):
        images = split.images[:].permute(0, 2, 3, 1).contiguous()  # (N, H, W, C)
        file = f"{name}-00000.npy"
        checksum = save_array(work / file, images.numpy())
        stored[name] = [StoredShard(file, checksum, split.labels.tolist())]
    whole = Manifest(
        name=data.name,
        classes=list(data.classes),
        fingerprint=data.fingerprint,
        side=data.train.images.shape[-1],
        source=str(source),
        train=stored["train"],
        test=stored["test"],
        total=save_total(work, data.statistics),
        products=data.statistics.products.tolist(),
        skipped=[],
    )
    write_manifest(work, whole)
    finish(work, folder)


def partial(folder: Path) -> Path:
    """The folder that holds the data of `folder` until it is whole."""
    return folder.with_name(f".{folder.name}.partial")


def write_manifest(folder: Path, whole: Manifest) -> None:
    """Say in `folder` what it holds, which makes it whole."""
    with written_whole(folder / MANIFEST) as stream:
        stream.write(json.dumps(dataclasses.asdict(whole)).encode())


def finish(work: Path, folder: Path) -> None:
    """Give whole data its name, without what was only needed on the way."""
    kept = {MANIFEST, *manifest(work).checksums}
    for file in work.iterdir():
        if file.is_dir():  # a forecast's, if it was killed
            shutil.rmtree(file)
        elif file.name not in kept:
            file.unlink()
    os.rename(work, folder)


def save_array(file: Path, array: np.ndarray) -> str:
    """Write a contiguous array as `.npy`, whole or not at all; its SHA-256.

    Not by `np.save`, which hides why a write failed.
    """
    header = array_header(array.shape, array.dtype)
    digest = hashlib.sha256(header)
    with written_whole(file, sync=False) as stream:
        stream.write(header)
        stream.write(array.data)
    digest.update(array.data)
    return digest.hexdigest()


def save_total(folder: Path, sums: Statistics) -> str:
    """Write the sum of the training images, (H, W, C) int64; its SHA-256."""
    total = sums.total.permute(1, 2, 0).contiguous()
    return save_array(folder / TOTAL, total.numpy())


def array_header(shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """The first bytes of a `.npy` file, as many for any number of images."""
    stream = io.BytesIO()
    about = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": False,
        "shape": shape,
    }
    np.lib.format.write_array_header_1_0(stream, about)
    return stream.getvalue()


def _split(folder: Path, shards: Sequence[StoredShard], side: int) -> Split:
    arrays = []
    for shard in shards:
        with reading_prepared(folder / shard.file):
            array = mapped(folder / shard.file)
            if shard.file in earlier.CHANNELS_FIRST:
                array = array.transpose(0, 2, 3, 1)
            if array.shape != (len(shard.labels), side, side, 3):
                raise ValueError(f"shape {array.shape}")
            arrays.append(array)
    labels = torch.tensor([label for shard in shards for label in shard.labels])
    return Split(ShardedImages(arrays), labels)


def _sums(folder: Path, whole: Manifest, count: int) -> Statistics:
    with reading_prepared(folder / TOTAL):
        total = torch.from_numpy(np.load(folder / TOTAL)).permute(2, 0, 1)
        return Statistics(count, total.contiguous(), torch.tensor(whole.products))
