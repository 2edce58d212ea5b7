"""`load(name)`: one way to every data set."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch
from torch.nn import functional

from alexnet_lib import settings
from alexnet_lib.data import shards, synthetic
from alexnet_lib.data.dataset import Dataset, Split, derived
from alexnet_lib.data.errors import DataError
from alexnet_lib.data.preparing.prepare import prepare
from alexnet_lib.data.sources import locations

_SYNTHETIC = {"synthetic": (2000, 500, 32), "synthetic256": (400, 100, 256)}
_HALVED = {
    "imagenette128": "imagenette",
    "imagenette-subset128": "imagenette-subset",
    "synthetic128": "synthetic256",
}
_LONG = ("imagenet", "imagenet2010")
"""Data that take hours to prepare, and so are prepared only when asked for."""


def load(name: str) -> Dataset:
    """The data set `name`.

    `cifar10`, `imagenette` and `imagenette-subset`, which are prepared first if need
    be; `imagenet`, `imagenet2010`, which must have been, for that takes hours; or
    drawn: `synthetic`, `synthetic256`. Photographs have 256 pixels a side; with a
    number after their name, as in `imagenette-384`, that many. `imagenette128`,
    `imagenette-subset128` and `synthetic128` are the 256x256 ones at half the side,
    in memory. Raises `DataError` if it cannot be found, fetched or read.
    """
    whole = _HALVED.get(name, name)
    return _loaded(name, None if whole in _SYNTHETIC else _prepared(whole))


@lru_cache(maxsize=2)
def _loaded(name: str, manifest: tuple[Path, int] | None) -> Dataset:
    """The data set, kept while its manifest stays the same: its path and time."""
    if name in _HALVED:
        return _halved(name, load(_HALVED[name]))
    if manifest is None:
        return _drawn(name)
    data = shards.read(manifest[0].parent)
    return data.in_memory() if name == "cifar10" else data


def _prepared(name: str) -> tuple[Path, int]:
    """The manifest of data that is prepared, or is now: its path and time."""
    folder = settings.data_root() / "prepared" / name
    try:
        base, _ = locations.split_name(name)
    except DataError:
        known = ", ".join([*_SYNTHETIC, *locations.names(), *_HALVED])
        raise DataError(f"no data set is called {name!r}; known: {known}") from None
    if not shards.present(folder):
        if base in _LONG:
            raise DataError(
                f"{folder}: {name} is not prepared; run `alexnet data prepare {name} "
                "--from PATH`, or set ALEXNET_DATA"
            )
        prepare(name)
    file = folder / shards.MANIFEST
    return file, file.stat().st_mtime_ns


def _drawn(name: str) -> Dataset:
    train, test, size = _SYNTHETIC[name]
    return Dataset.of(
        name,
        Split(*synthetic.images(train, size, seed=1)),
        Split(*synthetic.images(test, size, seed=2)),
        synthetic.CLASSES,
        real=False,
    )


def _halved(name: str, whole: Dataset) -> Dataset:
    """Every 2x2 pixels become their mean, rounded; four times cheaper to train on."""

    def halve(split: Split) -> Split:
        parts = (
            functional.avg_pool2d(images.float(), 2).round().to(torch.uint8)
            for images in split.images.split(256)
        )
        return Split(torch.cat(list(parts)), split.labels)

    return Dataset(
        name,
        halve(whole.train),
        halve(whole.test),
        whole.classes,
        derived(f"{whole.fingerprint} halved"),
        whole.real,
    )
