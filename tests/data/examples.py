"""Small examples of what data sets come in."""

import io
import tarfile

import numpy as np
from PIL import Image
from scipy.io import savemat

PER_CLASS = {"train": 3, "test": 2}
"""Images of each class in a small CIFAR-10."""

WNIDS = ("n01440764", "n02102040")

# In the devkit's order, which is not that of the WordNet ids.
CLASSES = {1: ("n03", "chair, seat"), 2: ("n01", "tench, Tinca"), 3: ("n02", "cup")}
NAMES = ("tench", "cup", "chair")
TRUTH = [3, 1, 2, 1]


def picture(seed, size=(24, 16), kind="JPEG"):
    rng = np.random.default_rng(seed)
    stream = io.BytesIO()
    pixels = rng.integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def tar(files, mode="w"):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def train_images():
    return {
        wnid: {f"{wnid}_{i}.JPEG": picture(10 * n + i) for i in range(3)}
        for n, (wnid, _) in CLASSES.items()
    }


def test_images():
    return [picture(100 + i) for i in range(len(TRUTH))]


test_images.__test__ = False


def devkit(year, truth=TRUTH, counts=(3, 3, 3)):
    """The development kit of a year; `counts` are the training images of a class."""
    fields = [
        (f"ILSVRC{year}_ID", "O"),
        ("WNID", "O"),
        ("words", "O"),
        ("num_children", "O"),
        ("num_train_images", "O"),
    ]
    rows = [
        (number, *CLASSES[number], 0, count)
        for number, count in zip(CLASSES, counts, strict=True)
    ]
    synsets = np.array([*rows, (4, "n00", "entity", 3, 0)], dtype=fields)
    meta = io.BytesIO()
    savemat(meta, {"synsets": synsets.reshape(-1, 1)})
    top = {"2012": "ILSVRC2012_devkit_t12", "2010": "devkit-1.0"}[year]
    labels = "".join(f"{n}\n" for n in truth).encode()
    names = {
        f"{top}/readme.txt": b"...",
        f"{top}/data/meta.mat": meta.getvalue(),
        f"{top}/data/ILSVRC{year}_validation_ground_truth.txt": labels,
    }
    return tar(names, "w:gz")
