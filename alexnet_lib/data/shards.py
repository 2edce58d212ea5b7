"""Prepared data on disk: `.npy` arrays and a JSON with their checksums.

A folder of shards is built under a temporary name and renamed when whole, so one
that is there is complete; what it says of its files is verified on reading.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch

from alexnet_lib.data.dataset import DataError, Dataset, Split
from alexnet_lib.files import sha256

_ABOUT = "about.json"


def present(folder: Path) -> bool:
    """Whether `folder` holds a prepared data set."""
    return (folder / _ABOUT).is_file()


def write(folder: Path, data: Dataset) -> None:
    """Write `data` to `folder`, all of it or nothing; `DataError` if it can't."""
    arrays = {
        "train_images": data.train.images[:],
        "train_labels": data.train.labels,
        "test_images": data.test.images[:],
        "test_labels": data.test.labels,
    }
    temporary = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder.parent))
        for name, array in arrays.items():
            np.save(temporary / f"{name}.npy", array.contiguous().numpy())
        about = {
            "name": data.name,
            "classes": data.classes,
            "fingerprint": data.fingerprint,
            "sha256": {name: sha256(temporary / f"{name}.npy") for name in arrays},
        }
        (temporary / _ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        os.rename(temporary, folder)
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be written ({error.strerror}); free or unlock it, or "
            "set ALEXNET_DATA to a folder that you can write to"
        ) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def read(folder: Path) -> Dataset:
    """The data set in `folder`; `DataError` if a file is not as it was written."""
    about = json.loads((folder / _ABOUT).read_bytes())
    tensors = {}
    for name, expected in about["sha256"].items():
        file = folder / f"{name}.npy"
        if not file.is_file() or sha256(file) != expected:
            raise DataError(
                f"{file}: missing or damaged; delete {folder} and run again"
            )
        tensors[name] = torch.from_numpy(np.load(file))
    images = {s: tensors[f"{s}_images"] for s in ("train", "test")}
    train, test = (Split(images[s], tensors[f"{s}_labels"]) for s in images)
    return Dataset(
        about["name"], train, test, tuple(about["classes"]), about["fingerprint"]
    )
