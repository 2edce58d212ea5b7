"""`load(name)`: one way to every data set."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import torch
from torch.nn import functional

from alexnet_lib import settings
from alexnet_lib.data import prepared, synthetic
from alexnet_lib.data.dataset import DataError, Dataset, Split
from alexnet_lib.data.preparing import prepare
from alexnet_lib.data.sources import cifar, locations

_SYNTHETIC = {"synthetic": (2000, 500, 32), "synthetic256": (400, 100, 256)}
_HALVED = {"imagenette128": "imagenette", "synthetic128": "synthetic256"}


@lru_cache(maxsize=2)
def load(name: str) -> Dataset:
    """The data set `name`.

    `cifar10`, `imagenette`, which are prepared first if need be; `imagenet`,
    `imagenet2010`, which must have been, for that takes hours; or drawn:
    `synthetic`, `synthetic256`. `imagenette128` and `synthetic128` are the 256x256
    ones at half the side, in memory. Raises `DataError` if it cannot be found,
    fetched or read.
    """
    if name in _SYNTHETIC:
        train, test, size = _SYNTHETIC[name]
        return Dataset.of(
            name,
            Split(*synthetic.images(train, size, seed=1)),
            Split(*synthetic.images(test, size, seed=2)),
            synthetic.CLASSES,
            real=False,
        )
    if name == "cifar10":
        return cifar.load()
    if name in locations.PLACES:
        return _photographs(name)
    if name in _HALVED:
        return _halved(name, load(_HALVED[name]))
    known = ", ".join([*_SYNTHETIC, "cifar10", *locations.PLACES, *_HALVED])
    raise DataError(f"no data set is called {name!r}; known: {known}")


def _photographs(name: str) -> Dataset:
    folder = settings.data_root() / "prepared" / name
    if name == "imagenette":
        prepare.prepare(name)
    elif not prepared.present(folder):
        raise DataError(
            f"{folder}: {name} is not prepared; run `alexnet data prepare {name} "
            "--from PATH`, or set ALEXNET_DATA"
        )
    return prepared.read(folder)


def _halved(name: str, whole: Dataset) -> Dataset:
    """Every 2x2 pixels become their mean, rounded; four times cheaper to train on."""

    def halve(split: Split) -> Split:
        parts = (
            functional.avg_pool2d(images.float(), 2).round().to(torch.uint8)
            for images in split.images.split(256)
        )
        return Split(torch.cat(list(parts)), split.labels)

    fingerprint = hashlib.sha256(f"{whole.fingerprint} halved".encode()).hexdigest()
    return Dataset(
        name,
        halve(whole.train),
        halve(whole.test),
        whole.classes,
        fingerprint[:16],
        whole.real,
    )
