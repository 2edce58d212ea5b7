"""Sources to prepare, and class folders of images, on disk or in an archive.

Every form becomes the same list of `Item`s: a piece of a file, with its label.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alexnet_lib.data.errors import DataError
from alexnet_lib.data.sources.listing import (
    Found,
    Listing,
    hidden,
    list_tar,
    read_part,
)

SPLITS = ("train", "val")


@dataclass(frozen=True, order=True, slots=True)
class Item:
    """One encoded image: `size` bytes of `file` from `offset` on.

    `name` is what reports call it; items are ordered by label and name. `time` is when
    the file was last changed, in nanoseconds.
    """

    label: int
    name: str
    file: str
    offset: int
    size: int
    time: int

    def read(self) -> bytes:
        """The encoded bytes; `OSError` if the file cannot be read."""
        return read_part(self.file, self.offset, self.size)


@dataclass(frozen=True)
class Source:
    """Images to prepare: each split in order, the class names.

    `refused` are the files that are no images to take, with the reason.
    """

    train: list[Item]
    test: list[Item]
    classes: tuple[str, ...]
    refused: tuple[tuple[str, str], ...] = ()


Classes = dict[str, list[Found]]
"""Class -> its images."""


def in_archive(archive: Path) -> Listing:
    """All that is not hidden below <anything>/<split>/ in a plain tar.

    Raises `DataError` if there are two such folders.
    """
    tops: dict[str, str] = {}

    def below(path: str) -> str | None:
        parts = path.split("/")
        at = next((i for i, part in enumerate(parts[:-1]) if part in SPLITS), None)
        if at is None or hidden("/".join(parts[at:])):
            return None
        top = "/".join(parts[: at + 1])
        if tops.setdefault(parts[at], top) != top:
            raise DataError(
                f"{archive}: both {tops[parts[at]]}/ and {top}/ in it; unpack it and "
                "give the folder that holds the right one"
            )
        return "/".join(parts[at:])

    return list_tar(archive).renamed(below)


def from_folders(listing: Listing, place: Path) -> Source:
    """The source in <split>/<class>/ at `place`; labels count the folders in order.

    Classes are named after their folders. Raises `DataError` for an empty class, or
    one that only one split has.
    """
    refused = list(listing.refused)
    splits = {split: _classes(listing, split, refused) for split in SPLITS}
    for split, classes in splits.items():
        if not classes:
            raise DataError(
                f"{place}: no classes in {split}/; it should hold {split}/<class>/"
            )
        if empty := sorted(name for name, files in classes.items() if not files):
            raise DataError(
                f"{place}: class {split}/{empty[0]} is empty; copy its images, or "
                "remove the class from train and val"
            )
    train, test = splits.values()
    if odd := set(train) ^ set(test):
        raise DataError(
            f"{place}: class {min(odd)} is in one of train and val only; both need "
            "the same classes"
        )
    names = tuple(sorted(train))
    return Source(_items(train), _items(test), names, tuple(refused))


def _classes(listing: Listing, split: str, refused: list[tuple[str, str]]) -> Classes:
    """Class -> its images; what lies beside the class folders is refused."""
    classes: Classes = {}
    for path in listing.folders:
        if path.startswith(f"{split}/") and path.count("/") == 1:
            classes[path.split("/")[1]] = []
    for found in listing.files:
        if not found.path.startswith(f"{split}/"):
            continue
        parts = found.path.split("/")
        if len(parts) > 2:
            classes.setdefault(parts[1], []).append(found)
        else:
            refused.append((found.path, "in no class folder"))
    return classes


def _items(split: Classes) -> list[Item]:
    """The split's items in order; empties it, for it may be a million."""
    return sorted(
        Item(label, *found)
        for label, wnid in enumerate(sorted(split))
        for found in split.pop(wnid)
    )
