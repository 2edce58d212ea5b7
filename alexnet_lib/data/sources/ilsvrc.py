"""ILSVRC's own files: a tar of tars to train on, a devkit that holds the labels."""

from __future__ import annotations

import fnmatch
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scipy.io import loadmat

from alexnet_lib.data.errors import DataError, reading_source
from alexnet_lib.data.sources.archives import plain_tar
from alexnet_lib.data.sources.folders import Classes, Item, Source
from alexnet_lib.data.sources.listing import (
    Found,
    list_folder,
    list_inner_tars,
    list_tar,
    names_in,
)

Refused = list[tuple[str, str]]
"""Files that are no images to take, and why."""


@dataclass(frozen=True)
class Release:
    """Files that hold one year's data: images, devkit, name of the labels' file.

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
    kind, kit = {"2012": ("img", "_t12"), "2010": ("images", "-1.0")}[year]
    stem = f"ILSVRC{year}_{kind}"
    train, val, test = (
        _tar_or_folder(place, f"{stem}_{split}", split)
        for split in ("train", "val", "test")
    )
    tested, truth = (test, "test") if year == "2010" and test else (val, "validation")
    if not train or not tested:
        return None
    kits = [name for name in names_in(place) if name.startswith(f"ILSVRC{year}_devkit")]
    if not (right := [name for name in kits if kit in name]):
        others = f", but {kits[0]}, which is of another task" if kits else ""
        raise DataError(
            f"{place}: no ILSVRC{year}_devkit{kit} archive{others}; put it there too, "
            f"it holds the labels of {tested.name}"
        )
    patch = place / "patch_images.tar"
    return Release(
        train,
        tested,
        place / right[0],
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
        if fnmatch.filter(names_in(folder), f"ILSVRC*_{split}_*.JPEG"):
            return folder
    return None


def open_release(files: Release, work: Path) -> Source:
    """Read what the release holds; labels count the classes in order of WordNet id.

    The devkit is decompressed into `work`. Raises `DataError` for archives that
    are damaged, are not whole or do not belong together.
    """
    devkit = read_devkit(files, work)
    order = sorted(devkit.wnids.values())
    label_of = {wnid: label for label, wnid in enumerate(order)}
    refused: Refused = []
    classes = _training(files.train, refused)
    _check_classes(files, devkit, classes)
    train: list[Item] = []
    while classes:  # a million images: each class is let go when it is taken over
        wnid, images = classes.popitem()
        train += [Item(label_of[wnid], *found) for found in images]
    labels = [label_of[devkit.wnids[number]] for number in devkit.truth]
    test = _numbered(files.test, labels, refused)
    if files.patch:
        split = "test" if "_test_" in files.truth else "val"
        train = _patched(train, files.patch, "train")
        test = _patched(test, files.patch, split)
    names = tuple(devkit.names[wnid] for wnid in order)
    train.sort()
    return Source(train, sorted(test), names, tuple(refused))


def _training(place: Path, refused: Refused) -> Classes:
    """The images of a tar of <wnid>.tar, or of class folders, named alike."""
    classes: Classes = {}
    if place.is_dir():
        listing = list_folder(place)
        refused += [(f"train/{path}", why) for path, why in listing.refused]
        for found in listing.files:
            wnid, *below = found.path.split("/")
            if below:
                classes.setdefault(wnid, []).append(_below(found, ""))
            else:
                refused.append((f"train/{found.path}", "in no class folder"))
        return classes
    for path, listing in list_inner_tars(place):
        wnid = PurePosixPath(path).stem
        refused += [(f"{path}/{inner}", why) for inner, why in listing.refused]
        if listing.files:
            images = [_below(found, f"{wnid}/") for found in listing.files]
            classes.setdefault(wnid, []).extend(images)
    return classes


def _below(found: Found, folder: str) -> Found:
    return found._replace(path=f"train/{folder}{found.path}")


def _check_classes(files: Release, devkit: Devkit, classes: Classes) -> None:
    """Compare the training images with the devkit: classes, and how many of each."""
    if unknown := sorted(set(classes) - set(devkit.names)):
        raise DataError(
            f"{files.train}: class {unknown[0]} is not in {files.devkit}; use the "
            "devkit of the same year"
        )
    if missing := sorted(w for w in devkit.names if not classes.get(w)):
        raise DataError(
            f"{files.train}: no images of {len(missing)} classes, among them "
            f"{missing[0]}; fetch it again"
        )
    for wnid, count in devkit.counts.items():
        if len(classes[wnid]) < count:
            raise DataError(
                f"{files.train}: {len(classes[wnid])} images of class {wnid}, of which "
                f"{files.devkit.name} counts {count}; fetch it again"
            )


def _numbered(place: Path, labels: list[int], refused: Refused) -> list[Item]:
    """Items of a tar or folder of images that are numbered from 1, a label each."""
    listing = list_folder(place) if place.is_dir() else list_tar(place).visible()
    refused += listing.refused
    images: dict[int, Found] = {}
    for found in listing.files:
        name = PurePosixPath(found.path).name
        number = re.search(r"_(\d+)\.jpe?g$", name, re.IGNORECASE)
        if number and images.setdefault(int(number[1]), found) is found:
            images[int(number[1])] = found._replace(path=name)
        else:
            refused.append((found.path, "not one of the numbered images"))
    wanted = range(1, len(labels) + 1)
    if odd := sorted(set(wanted) ^ set(images)):
        which = images[odd[0]].path if odd[0] in images else f"number {odd[0]}"
        raise DataError(
            f"{place}: {len(images)} images, but {len(labels)} labels in the ground "
            f"truth; {which} is {'surplus' if odd[0] in images else 'missing'}; fetch "
            "the images and the devkit again"
        )
    return [Item(labels[number - 1], *images[number]) for number in wanted]


def _patched(items: list[Item], patch: Path, split: str) -> list[Item]:
    """The items, those in `patch` under <split>/<file name> taken from there.

    ILSVRC2010's `patch_images.tar` holds the images that are blank, or say that they
    are not available, in the archives; the layout is as in Fuel's converter
    (`fuel/converters/ilsvrc2010.py`), which has read the real one.
    """
    better = {}
    for found in list_tar(patch).visible().files:
        *_, folder, name = ("", *found.path.split("/"))
        if folder == split and name.endswith(".JPEG"):
            better[name] = found
    patched = []
    for item in items:
        new = better.pop(PurePosixPath(item.name).name, None)
        patched.append(Item(item.label, *new._replace(path=item.name)) if new else item)
    if better:
        raise DataError(
            f"{patch}: {split}/{min(better)} replaces no image; use the "
            "patch_images.tar of the same year"
        )
    return patched


@dataclass(frozen=True)
class Devkit:
    """ILSVRC's development kit: number -> WordNet id, id -> name, test labels.

    `counts` has the number of training images by WordNet id, where the kit says it.
    """

    wnids: dict[int, str]
    names: dict[str, str]
    truth: list[int]
    counts: dict[str, int]


def read_devkit(files: Release, work: Path) -> Devkit:
    """The devkit from its `meta.mat` and the ground truth, which may lie beside it."""
    found = _files_of(files.devkit, work, ("meta.mat", files.truth))
    beside = files.devkit.parent / files.truth
    if beside.is_file():
        found[files.truth] = beside.read_bytes()
    for wanted in ("meta.mat", files.truth):
        if wanted not in found:
            raise DataError(f"{files.devkit}: no {wanted} in it; put it beside it")
    with reading_source(files.devkit):
        devkit = _parse(found["meta.mat"], found[files.truth])
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
    names = synsets.dtype.names
    number = next(name for name in names if name.endswith("_ID"))
    counted = leaves if "num_train_images" in names else []
    return Devkit(
        {int(s[number]): str(s["WNID"]) for s in leaves},
        {str(s["WNID"]): str(s["words"]).split(",")[0] for s in leaves},
        [int(line) for line in truth.split()],
        {str(s["WNID"]): int(s["num_train_images"]) for s in counted},
    )


def _files_of(devkit: Path, work: Path, wanted: Sequence[str]) -> dict[str, bytes]:
    """The wanted files, by name, wherever in the devkit they lie."""
    if devkit.is_dir():
        listing = list_folder(devkit)
    else:
        listing = list_tar(plain_tar(devkit, work)).visible()
    named = {PurePosixPath(found.path).name: found for found in listing.files}
    return {name: named[name].read() for name in wanted if name in named}
