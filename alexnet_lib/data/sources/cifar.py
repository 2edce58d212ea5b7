"""CIFAR-10 in whatever form it lies on disk.

Looked for under `$ALEXNET_DATA`, first found first taken: shards prepared
earlier, class folders `cifar10/{train,test}/<class>/*.png`, torchvision's
unpacked `cifar-10-batches-py/`, torchvision's archive; else it is downloaded.
Every form ends as the same checked shards, in the same order.
"""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import URLError

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torchvision.datasets import CIFAR10
from torchvision.datasets.utils import calculate_md5, download_url
from tqdm.auto import tqdm

from alexnet_lib import settings
from alexnet_lib.data import shards
from alexnet_lib.data.dataset import DataError, DataMissing, Dataset, Split

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
PER_CLASS = {"train": 5000, "test": 1000}
ARCHIVE = CIFAR10.filename
SIDE = 32


def load(root: Path | None = None) -> Dataset:
    """CIFAR-10: 50,000 training and 10,000 test images of 32x32.

    Raises `DataError` naming the file at fault, or all places looked in.
    """
    root = root or settings.data_root()
    prepared = root / "prepared" / "cifar10"
    if not shards.present(prepared):
        shards.write(prepared, read_any(root))
    return shards.read(prepared)


def found(root: Path | None = None) -> str | None:
    """Where `load` would take CIFAR-10 from without a download, or None."""
    root = root or settings.data_root()
    if shards.present(root / "prepared" / "cifar10"):
        return str(root / "prepared" / "cifar10")
    return next((str(path) for path in _places(root) if path.exists()), None)


def _places(root: Path) -> list[Path]:
    folders = [root / "cifar10", root / "cifar-10"]
    batches = [p / CIFAR10.base_folder for p in (root, *folders)]
    archives = [p / ARCHIVE for p in (root, *folders)]
    return [p / "train" for p in folders] + batches + archives


def read_any(root: Path) -> Dataset:
    """CIFAR-10 from the first form found under `root`, downloaded if none is."""
    for place in _places(root):
        if place.exists():
            break
    else:
        place = _download(root)
    if place.name == "train":
        train, test = (
            read_class_folders(place.parent / split, count)
            for split, count in PER_CLASS.items()
        )
    elif place.name == ARCHIVE:
        train, test = read_archive(place)
    else:
        train, test = read_batches(place.parent)
    return Dataset.of("cifar10", train, test, CLASSES)


def _download(root: Path) -> Path:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{root}: cannot be made ({error.strerror}); set ALEXNET_DATA to a "
            "folder that you can write to"
        ) from None
    try:
        download_url(CIFAR10.url, str(root), ARCHIVE, CIFAR10.tgz_md5)
    except URLError as error:
        tried = ", ".join(str(place) for place in _places(root))
        raise DataMissing(
            f"cifar10 not found and not to be fetched ({error.reason}): looked for "
            f"{tried}; put {ARCHIVE} or class folders there, or set ALEXNET_DATA"
        ) from None
    except (OSError, RuntimeError) as error:
        raise DataError(
            f"{root / ARCHIVE}: download failed ({error}); try again, or fetch "
            f"{CIFAR10.url} yourself"
        ) from None
    return root / ARCHIVE


def read_archive(path: Path) -> tuple[Split, Split]:
    """Train and test from torchvision's archive, its checksum verified first."""
    if calculate_md5(path) != CIFAR10.tgz_md5:
        raise DataError(
            f"{path}: wrong checksum (damaged or not CIFAR-10); delete the file, "
            "it is then downloaded again"
        )
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
        return read_batches(Path(folder))


def read_batches(root: Path) -> tuple[Split, Split]:
    """Train and test from `root/cifar-10-batches-py`, unpickled by torchvision.

    torchvision compares each file's checksum before it unpickles it.
    """
    try:
        sets = [CIFAR10(str(root), train=train) for train in (True, False)]
    except RuntimeError as error:
        raise DataError(
            f"{root / CIFAR10.base_folder}: a batch file is missing or damaged; "
            f"delete the folder and unpack {ARCHIVE} again"
        ) from error
    train, test = (
        Split(torch.from_numpy(s.data).permute(0, 3, 1, 2), torch.tensor(s.targets))
        for s in sets
    )
    return train, test


def read_class_folders(folder: Path, per_class: int) -> Split:
    """One split from `folder/<class>/*.png`, each class with `per_class` images."""
    files: list[Path] = []
    for name in CLASSES:
        here = sorted((folder / name).glob("*.png"))
        if len(here) != per_class:
            raise DataError(
                f"{folder / name}: {len(here)} PNG files, CIFAR-10 has {per_class}; "
                "copy the missing class again, or remove what is not its own"
            )
        files += here
    labels = torch.arange(len(CLASSES)).repeat_interleave(per_class)
    return Split(_read_images(files, f"reading {folder}"), labels)


def _read_images(files: Sequence[Path], title: str) -> torch.Tensor:
    images = np.empty((len(files), SIDE, SIDE, 3), dtype=np.uint8)
    with ThreadPoolExecutor(settings.cores()) as pool:
        decoded = pool.map(_read_image, files, chunksize=100)
        for i, image in enumerate(tqdm(decoded, title, len(files), mininterval=0.5)):
            images[i] = image
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def _read_image(file: Path) -> np.ndarray:
    mend = "copy it again from a good CIFAR-10"
    try:
        with Image.open(file) as image:
            pixels = np.asarray(image)
            mode = image.mode
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise DataError(f"{file}: cannot be read ({error}); {mend}") from error
    if mode != "RGB":
        raise DataError(f"{file}: {mode} image, CIFAR-10 is RGB; {mend}")
    if pixels.shape != (SIDE, SIDE, 3):
        height, width = pixels.shape[:2]
        raise DataError(f"{file}: {width}x{height}, CIFAR-10 is 32x32; {mend}")
    return pixels
