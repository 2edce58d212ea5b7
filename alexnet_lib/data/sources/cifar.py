"""CIFAR-10 in whatever form it lies on disk.

Looked for under `$ALEXNET_DATA`, first found first taken: class folders
`cifar10/{train,test}/<class>/*.png`, torchvision's unpacked `cifar-10-batches-py/`,
torchvision's archive. Every form gives the same images in the same order.
"""

from __future__ import annotations

import io
import re
import tarfile
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm.auto import tqdm

from alexnet_lib import settings
from alexnet_lib.data.dataset import Dataset, Split
from alexnet_lib.data.errors import DataError
from alexnet_lib.data.sources.listing import Found, list_folder
from alexnet_lib.files import reading

NAME = "cifar10"
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
ARCHIVE, BATCHES = "cifar-10-python.tar.gz", "cifar-10-batches-py"
"""What torchvision calls the archive and the folder in it."""
SIDE = 32
_MEND = "copy it again from a good CIFAR-10"


def places(root: Path) -> list[Path]:
    """The paths below `root` at which CIFAR-10 is looked for."""
    folders = [root / NAME, root / "cifar-10"]
    batches = [p / BATCHES for p in (root, *folders)]
    archives = [p / ARCHIVE for p in (root, *folders)]
    return [p / "train" for p in folders] + batches + archives


def found(root: Path) -> Path | None:
    """The first place below `root` that holds CIFAR-10, if there is one."""
    for place in places(root):
        if place.exists():
            return place.parent if place.name == "train" else place
    return None


def read(place: Path) -> Dataset:
    """CIFAR-10 at `place`: class folders, torchvision's batches, or its archive.

    50,000 training and 10,000 test images of 32x32. Raises `DataError` naming the file
    at fault.
    """
    if place.is_file():
        train, test = _read_archive(place)
    elif (place / "train").is_dir():
        train, test = (_read_folders(place, *split) for split in PER_CLASS.items())
    elif place.name == BATCHES:
        train, test = _read_batches(place.parent)
    elif (place / BATCHES).is_dir():
        train, test = _read_batches(place)
    else:
        raise DataError(
            f"{place}: no known layout of {NAME}; it should hold train/<class>/ and "
            f"test/<class>/, or {BATCHES}/, or be {ARCHIVE}"
        )
    return Dataset.of(NAME, train, test, CLASSES)


def _read_archive(path: Path) -> tuple[Split, Split]:
    """Train and test from torchvision's archive, its checksum verified first."""
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import calculate_md5

    if calculate_md5(path) != CIFAR10.tgz_md5:
        raise DataError(
            f"{path}: wrong checksum (damaged or not CIFAR-10); delete the file, "
            "it is then downloaded again"
        )
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
        return _read_batches(Path(folder))


def _read_batches(root: Path) -> tuple[Split, Split]:
    """Train and test from `root/cifar-10-batches-py`, unpickled by torchvision.

    torchvision compares each file's checksum before it unpickles it.
    """
    from torchvision.datasets import CIFAR10

    try:
        sets = [CIFAR10(str(root), train=train) for train in (True, False)]
    except RuntimeError as error:
        raise DataError(
            f"{root / BATCHES}: a batch file is missing or damaged; "
            f"delete the folder and unpack {ARCHIVE} again"
        ) from error
    train, test = (
        Split(torch.from_numpy(s.data).permute(0, 3, 1, 2), torch.tensor(s.targets))
        for s in sets
    )
    return train, test


def _read_folders(place: Path, split: str, per_class: int) -> Split:
    """One split from `place/<split>/<class>/*.png`, `per_class` images each."""
    there = list_folder(place, split)
    images: list[Found] = []
    for name in CLASSES:
        folder = f"{split}/{name}/"
        here = [found for found in there.files if found.path.startswith(folder)]
        images += _complete(place / folder, here, per_class)
    labels = torch.arange(len(CLASSES)).repeat_interleave(per_class)
    return Split(_read_images(images, f"reading {place / split}"), labels)


def _complete(folder: Path, files: list[Found], count: int) -> list[Found]:
    """The PNGs among the files of a class, which must be `count`."""
    images = [found for found in files if found.path.lower().endswith(".png")]
    if len(images) != count:
        odd = f", but not {_odd_one(images)}" if len(images) > count else ""
        raise DataError(
            f"{folder}: {len(images)} PNG files, CIFAR-10 has {count}{odd}; copy the "
            "missing ones again, or remove what is not its own"
        )
    return images


def _odd_one(files: Sequence[Found]) -> str:
    """The name that is formed least like the others: `7 copy.png` among numbers."""
    names = [found.path.rsplit("/", 1)[1] for found in files]
    forms = [re.sub(r"\d+", "0", name) for name in names]
    counts = Counter(forms)
    return min(zip(forms, names, strict=True), key=lambda pair: counts[pair[0]])[1]


def _read_images(files: Sequence[Found], title: str) -> torch.Tensor:
    images = np.empty((len(files), SIDE, SIDE, 3), dtype=np.uint8)
    with ThreadPoolExecutor(settings.cores()) as pool:
        decoded = pool.map(_read_image, files, chunksize=100)
        for i, image in enumerate(tqdm(decoded, title, len(files), mininterval=0.5)):
            images[i] = image
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def _read_image(found: Found) -> np.ndarray:
    """The pixels of one PNG, (32, 32, 3) uint8."""
    file = Path(found.file)
    with reading(file, DataError, _MEND):
        data = file.read_bytes()
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            pixels = np.asarray(image)
            if image.mode != "RGB":
                raise ValueError(f"{image.mode} image, CIFAR-10 is RGB")
        if pixels.shape != (SIDE, SIDE, 3):
            height, width = pixels.shape[:2]
            raise ValueError(f"{width}x{height}, CIFAR-10 is 32x32")
    return pixels
