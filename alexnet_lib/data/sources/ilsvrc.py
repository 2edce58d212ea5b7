"""ILSVRC's own files: a tar of tars to train on, a devkit that holds the labels."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scipy.io import loadmat

from alexnet_lib.data.dataset import DataError
from alexnet_lib.data.sources.archives import Window, plain_tar, tar_files
from alexnet_lib.data.sources.folders import (
    Classes,
    Item,
    Source,
    disk_classes,
    disk_piece,
)


@dataclass(frozen=True)
class Release:
    """What one year's data lie in: images, devkit, name of the labels' file.

    `train` is a tar of tars or a folder of class folders, `test` a tar or a folder
    of images; `patch` is the tar of images that replace some of these, or None.
    """

    train: Path
    test: Path
    devkit: Path
    truth: str
    patch: Path | None = None


def release(place: Path, year: str) -> Release | None:
    """ILSVRC's data of `year` in the folder `place`, or None.

    The archives as ILSVRC names them, or in place of one what it unpacks to: class
    folders in `train/`; the images without class folders in `val/`, `test/` or a
    folder of the archive's name. 2012 is tested on the validation set. 2010 on the
    test set, whose labels are public, if it is there; else on the validation set
    too. Raises `DataError` if the images are there but the devkit is not.
    """
    kind, devkit = {"2012": ("img", "t12"), "2010": ("images", "1.0")}[year]
    stem = f"ILSVRC{year}_{kind}"
    train, val, test = (
        _tar_or_folder(place, f"{stem}_{split}", split)
        for split in ("train", "val", "test")
    )
    tested, truth = (test, "test") if year == "2010" and test else (val, "validation")
    if not train or not tested:
        return None
    found = sorted(place.glob(f"ILSVRC{year}_devkit*{devkit}*"))
    if not found:
        raise DataError(
            f"{place}: no ILSVRC{year}_devkit archive, which holds the labels of "
            f"{tested.name}; put it there too"
        )
    patch = place / "patch_images.tar"
    return Release(
        train,
        tested,
        found[0],
        f"ILSVRC{year}_{truth}_ground_truth.txt",
        patch if year == "2010" and patch.is_file() else None,
    )


def _tar_or_folder(place: Path, name: str, split: str) -> Path | None:
    """The archive, or a folder that holds class folders (`train`) or images."""
    if (archive := place / f"{name}.tar").is_file():
        return archive
    for folder in (place / name, place / split):
        if split == "train" and folder.is_dir():
            return folder
        if next(folder.glob(f"ILSVRC*_{split}_*.JPEG"), None):
            return folder
    return None


def open_release(files: Release, work: Path) -> Source:
    """What the release holds; labels count the classes in order of WordNet id.

    The devkit is decompressed into `work`. Raises `DataError` for archives that
    are damaged or do not belong together.
    """
    devkit = read_devkit(files, work)
    order = sorted(devkit.wnids.values())
    label_of = {wnid: label for label, wnid in enumerate(order)}
    train: list[Item] = []
    classes = _training(files.train)
    while classes:  # a million pieces: each class is let go when it is taken over
        wnid, pieces = classes.popitem()
        if wnid not in label_of:
            raise DataError(
                f"{files.train}: class {wnid} is not in {files.devkit}; use the "
                "devkit of the same year"
            )
        train += [Item(label_of[wnid], *piece) for piece in pieces]
    missing = set(range(len(order))) - {item.label for item in train}
    if missing:
        raise DataError(
            f"{files.train}: no images of {len(missing)} classes, among them "
            f"{order[min(missing)]}; fetch it again"
        )
    labels = [label_of[devkit.wnids[number]] for number in devkit.truth]
    test = _numbered(files.test, labels)
    if files.patch:
        split = "test" if "_test_" in files.truth else "val"
        train = _patched(train, files.patch, "train")
        test = _patched(test, files.patch, split)
    names = tuple(devkit.names[wnid] for wnid in order)
    train.sort()
    return Source(train, sorted(test), names)


def _training(place: Path) -> Classes:
    """The images of a tar of <wnid>.tar, or of class folders."""
    if place.is_dir():
        # Named as in the archive, so that they are prepared in the same order.
        return {
            wnid: [
                (f"train/{wnid}/{PurePosixPath(name).name}", file, offset, size)
                for name, file, offset, size in pieces
            ]
            for wnid, pieces in disk_classes(place).items()
        }
    classes: Classes = {}
    with place.open("rb") as stream:
        for name, offset, size in tar_files(place):
            path = PurePosixPath(name)
            if path.suffix != ".tar":
                continue
            inner = Window(stream, offset, size)
            for file, start, length in tar_files(place, inner, offset):
                name = f"train/{path.stem}/{PurePosixPath(file).name}"
                piece = (name, str(place), start, length)
                classes.setdefault(path.stem, []).append(piece)
    return classes


def _numbered(place: Path, labels: list[int]) -> list[Item]:
    """Items of a tar or folder of images whose order by name is that of `labels`."""
    if place.is_dir():
        pieces = [disk_piece(file.name, file) for file in place.glob("*.JPEG")]
    else:
        pieces = [
            (PurePosixPath(name).name, str(place), offset, size)
            for name, offset, size in tar_files(place)
        ]
    if len(pieces) != len(labels):
        raise DataError(
            f"{place}: {len(pieces)} images, but {len(labels)} labels in the ground "
            "truth; fetch the images and the devkit again"
        )
    pairs = zip(labels, sorted(pieces), strict=True)
    return [Item(label, *piece) for label, piece in pairs]


def _patched(items: list[Item], patch: Path, split: str) -> list[Item]:
    """The items, those in `patch` under <split>/<file name> taken from there.

    ILSVRC2010's `patch_images.tar` holds the images that are blank, or say that they
    are not available, in the archives; the layout is as in Fuel's converter
    (`fuel/converters/ilsvrc2010.py`), which has read the real one.
    """
    better = {}
    for name, offset, size in tar_files(patch):
        parts = PurePosixPath(name).parts
        if parts[-2:-1] == (split,) and parts[-1].endswith(".JPEG"):
            better[parts[-1]] = (str(patch), offset, size)
    patched = []
    for item in items:
        found = better.pop(PurePosixPath(item.name).name, None)
        patched.append(Item(item.label, item.name, *found) if found else item)
    if better:
        raise DataError(
            f"{patch}: {split}/{min(better)} replaces no image; use the "
            "patch_images.tar of the same year"
        )
    return patched


@dataclass(frozen=True)
class Devkit:
    """ILSVRC's development kit: number -> WordNet id, id -> name, test labels."""

    wnids: dict[int, str]
    names: dict[str, str]
    truth: list[int]


def read_devkit(files: Release, work: Path) -> Devkit:
    """The devkit from its `meta.mat` and the ground truth, which may lie beside it."""
    found = _files_of(files.devkit, work)
    beside = files.devkit.parent / files.truth
    if beside.is_file():
        found[files.truth] = beside.read_bytes()
    for wanted in ("meta.mat", files.truth):
        if wanted not in found:
            raise DataError(f"{files.devkit}: no {wanted} in it; put it beside it")
    try:
        devkit = _parse(found["meta.mat"], found[files.truth])
    except Exception as error:  # a damaged file can make loadmat raise anything
        raise DataError(f"{files.devkit}: damaged ({error}); fetch it again") from error
    if unknown := set(devkit.truth) - set(devkit.wnids):
        raise DataError(
            f"{files.devkit}: the ground truth has a class {min(unknown)}, meta.mat "
            "has not; fetch it again"
        )
    return devkit


def _parse(meta: bytes, truth: bytes) -> Devkit:
    """Classes are the synsets without children; the rest are their ancestors."""
    synsets = loadmat(io.BytesIO(meta), squeeze_me=True)["synsets"]
    leaves = [s for s in synsets if int(s["num_children"]) == 0]
    number = next(name for name in synsets.dtype.names if name.endswith("_ID"))
    return Devkit(
        {int(s[number]): str(s["WNID"]) for s in leaves},
        {str(s["WNID"]): str(s["words"]).split(",")[0] for s in leaves},
        [int(line) for line in truth.split()],
    )


def _files_of(devkit: Path, work: Path) -> dict[str, bytes]:
    if devkit.is_dir():
        return {f.name: f.read_bytes() for f in devkit.rglob("*") if f.is_file()}
    plain = plain_tar(devkit, work)
    with plain.open("rb") as stream:
        return {
            PurePosixPath(name).name: Window(stream, offset, size).read()
            for name, offset, size in tar_files(plain)
        }
