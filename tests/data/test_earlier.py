"""Folders that the first version prepared: read as they are, and never wrongly."""

import json

import numpy as np
import pytest
import torch

from alexnet_lib.data import DataError, load, shards
from alexnet_lib.data.preparing.prepare import prepare
from alexnet_lib.data.sources import cifar
from alexnet_lib.files import sha256


def rewritten(folder, said):
    (folder / shards.MANIFEST).write_bytes(json.dumps(said).encode())
    return folder


@pytest.fixture
def photographs(source):
    """The same folder with the manifest that it had."""
    folder = prepare("imagenette", source, workers=1, shard=4, show=False).folder
    whole = shards.manifest(folder)
    said = {
        "name": whole.name,
        "classes": whole.classes,
        "fingerprint": whole.fingerprint,
        "sha256": whole.checksums,
        "products": whole.products,
        "skipped": [["train/n01440764/bad.JPEG", "empty file"]],
        "labels": {
            name: [label for shard in split for label in shard.labels]
            for name, split in (("train", whole.train), ("test", whole.test))
        },
    }
    new = shards.read(folder)
    return rewritten(folder, said), new


@pytest.fixture
def cifar10(cifar_folders, monkeypatch):
    """CIFAR-10 as it was stored: four arrays, the images' channels first."""
    monkeypatch.setenv("ALEXNET_DATA", str(cifar_folders))
    data = cifar.read(cifar_folders / "cifar10")
    folder = cifar_folders / "prepared" / "cifar10"
    folder.mkdir(parents=True)
    for name, split in (("train", data.train), ("test", data.test)):
        images = split.images.contiguous().numpy()
        np.save(folder / f"{name}_images.npy", images)
        np.save(folder / f"{name}_labels.npy", split.labels.numpy())
    said = {
        "name": data.name,
        "classes": data.classes,
        "fingerprint": data.fingerprint,
        "sha256": {file.stem: sha256(file) for file in folder.glob("*.npy")},
    }
    return rewritten(folder, said), data


def same(a, b):
    for one, other in ((a.train, b.train), (a.test, b.test)):
        assert torch.equal(one.images[:], other.images[:])
        assert torch.equal(one.labels, other.labels)
    assert torch.equal(a.mean_image, b.mean_image)
    assert torch.equal(a.statistics.products, b.statistics.products)
    return (a.name, a.classes, a.fingerprint) == (b.name, b.classes, b.fingerprint)


def test_photographs_are_those_they_were(photographs, source):
    folder, new = photographs
    assert same(shards.read(folder), new)
    report = prepare("imagenette", show=False)
    assert (report.train, report.test, len(report.skipped)) == (14, 6, 1)
    with pytest.raises(DataError, match="prepared already, from a place not noted"):
        prepare("imagenette", source, show=False)


def test_cifar_is_what_it_was_and_lies_in_memory_as_it_did(cifar10):
    _, data = cifar10
    assert same(load("cifar10"), data)
    assert load("cifar10").train.images.is_contiguous()
    assert load("cifar10").train.images.shape == (30, 3, 32, 32)
    assert prepare("cifar10").train == 30


@pytest.mark.parametrize("which", ["train_images", "train_labels", "test_images"])
@pytest.mark.parametrize("at", [-1, 40, 300])
def test_a_damaged_array_of_cifar_is_not_read(cifar10, which, at):
    file = cifar10[0] / f"{which}.npy"
    content = bytearray(file.read_bytes())
    content[at] ^= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match=f"{which}.npy: damaged"):
        shards.read(cifar10[0])


@pytest.mark.parametrize("which", ["train-00001.npy", "test-00000.npy"])
def test_a_damaged_array_of_photographs_is_not_read(photographs, which):
    file = photographs[0] / which
    content = file.read_bytes()
    for bad in (content[:-1] + bytes([content[-1] ^ 1]), content[:-1], b""):
        file.write_bytes(bad)
        with pytest.raises(DataError, match=f"{which}: damaged"):
            shards.read(photographs[0])
    file.unlink()
    with pytest.raises(DataError, match=f"{which}: missing"):
        shards.read(photographs[0])


@pytest.mark.parametrize("shift", [-1, 1])
def test_labels_that_do_not_fit_the_arrays_are_no_data(photographs, shift):
    folder, _ = photographs
    said = json.loads((folder / shards.MANIFEST).read_bytes())
    labels = said["labels"]["train"]
    said["labels"]["train"] = labels[:-1] if shift < 0 else [*labels, 0]
    rewritten(folder, said)
    with pytest.raises(DataError, match=r"about\.json: damaged"):
        shards.read(folder)
