"""Folders prepared by the first version of this library, told as today's are.

Photographs lay in the same arrays as today. CIFAR-10 lay in four arrays of its own,
the images with their channels first.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from alexnet_lib.data.errors import reading_prepared
from alexnet_lib.data.mapped import mapped
from alexnet_lib.files import sha256

CHANNELS_FIRST = ("train_images.npy", "test_images.npy")
_TOTAL = "train-total.npy"


def upgraded(folder: Path, said: dict[str, Any]) -> dict[str, Any]:
    """Today's manifest for what the first one said of `folder`."""
    whole = {key: said[key] for key in ("name", "classes", "fingerprint")}
    whole |= {"source": None, "version": 1}
    if "labels" in said:
        return whole | _photographs(folder, said)
    return whole | _cifar(folder, said["sha256"])


def _photographs(folder: Path, said: dict[str, Any]) -> dict[str, Any]:
    checksums = dict(said["sha256"])
    whole = {"side": 256, "total": checksums.pop(_TOTAL)}
    for split, labels in said["labels"].items():
        shards, at = [], 0
        for file in sorted(f for f in checksums if f.startswith(f"{split}-")):
            with reading_prepared(folder / file):
                end = at + len(mapped(folder / file))
            shards.append((file, checksums[file], labels[at:end]))
            at = end
        whole[split] = [_shard(*shard) for shard in shards]
        if at != len(labels):
            raise ValueError(f"{at} {split} images, {len(labels)} labels")
    return whole | {key: said[key] for key in ("products", "skipped")}


def _cifar(folder: Path, checksums: dict[str, str]) -> dict[str, Any]:
    whole: dict[str, Any] = {"side": 32, "total": "", "products": [], "skipped": []}
    for split, images in zip(("train", "test"), CHANNELS_FIRST, strict=True):
        file = folder / f"{split}_labels.npy"
        with reading_prepared(file):
            if sha256(file) != checksums[file.stem]:
                raise ValueError("wrong checksum")
            labels = np.load(io.BytesIO(file.read_bytes())).tolist()
        checksum = checksums[images.removesuffix(".npy")]
        whole[split] = [_shard(images, checksum, labels)]
    return whole


def _shard(file: str, checksum: str, labels: list[int]) -> dict[str, Any]:
    return {"file": file, "sha256": checksum, "labels": labels}
