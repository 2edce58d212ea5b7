"""Small data sets as they lie on a disk."""

from urllib.error import URLError

import numpy as np
import pytest
from PIL import Image

from alexnet_lib.data.sources import cifar
from tests.data.examples import (
    PER_CLASS,
    WNIDS,
    devkit,
    picture,
    tar,
    test_images,
    train_images,
)


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """No test of data needs a network, or gets one."""

    def download(*_):
        raise URLError("no network")

    monkeypatch.setattr("torchvision.datasets.utils.download_url", download)


@pytest.fixture
def source(tmp_path):
    """Class folders of 2 x 7 training and 2 x 3 test images."""
    folder = tmp_path / "source"
    seed = 0
    for split, count in (("train", 7), ("val", 3)):
        for wnid in WNIDS:
            (folder / split / wnid).mkdir(parents=True)
            for i in range(count):
                seed += 1
                file = folder / split / wnid / f"{wnid}_{i}.JPEG"
                file.write_bytes(picture(seed, kind="PNG" if i == 2 else "JPEG"))
    return folder


@pytest.fixture
def ilsvrc2012(tmp_path):
    folder = tmp_path / "2012"
    folder.mkdir()
    inner = {f"{wnid}.tar": tar(files) for wnid, files in train_images().items()}
    (folder / "ILSVRC2012_img_train.tar").write_bytes(tar(inner))
    images = {
        f"ILSVRC2012_val_{i + 1:08d}.JPEG": data
        for i, data in reversed(list(enumerate(test_images())))
    }
    (folder / "ILSVRC2012_img_val.tar").write_bytes(tar(images))
    (folder / "ILSVRC2012_devkit_t12.tar.gz").write_bytes(devkit("2012"))
    return folder


@pytest.fixture
def small_cifar(monkeypatch):
    """Have CIFAR-10 be of three training and two test images a class."""
    monkeypatch.setattr(cifar, "PER_CLASS", PER_CLASS)


@pytest.fixture
def pixels():
    rng = np.random.default_rng(0)
    return {
        split: rng.integers(0, 256, (10 * n, 32, 32, 3), dtype=np.uint8)
        for split, n in PER_CLASS.items()
    }


@pytest.fixture
def cifar_folders(tmp_path, pixels, small_cifar):
    """Class folders under a root; image i belongs to class i % 10."""
    for split, images in pixels.items():
        for i, image in enumerate(images):
            folder = tmp_path / "cifar10" / split / cifar.CLASSES[i % 10]
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(folder / f"{i}.png")
    return tmp_path
