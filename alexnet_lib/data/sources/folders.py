"""What there is to prepare, and class folders of it, on disk or in an archive.

Every form becomes the same list of `Item`s: a piece of a file, with its label.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from alexnet_lib.data.dataset import DataError
from alexnet_lib.data.sources.archives import tar_files

SPLITS = ("train", "val")


@dataclass(frozen=True, order=True, slots=True)
class Item:
    """One encoded image: `size` bytes of `file` from `offset` on.

    `name` is what reports call it; items are ordered by label and name.
    """

    label: int
    name: str
    file: str
    offset: int
    size: int

    def read(self) -> bytes:
        """The encoded bytes; `OSError` if the file cannot be read."""
        with open(self.file, "rb") as stream:
            stream.seek(self.offset)
            return stream.read(self.size)


@dataclass(frozen=True)
class Source:
    """What there is to prepare, each split in order, and the class names."""

    train: list[Item]
    test: list[Item]
    classes: tuple[str, ...]


Piece = tuple[str, str, int, int]
"""(name, file, offset, size) of one encoded image."""

Classes = dict[str, list[Piece]]
"""Class -> its images."""

Folders = dict[str, Classes]
"""Split -> class -> its images."""


def disk_folders(place: Path) -> Folders:
    """All files but hidden ones, at any depth under `place`/<split>/<class>/."""
    return {split: disk_classes(place / split) for split in SPLITS}


def disk_classes(split: Path) -> Classes:
    """The same under `split`/<class>/."""
    return {
        folder.name: [
            disk_piece(file.relative_to(split.parent).as_posix(), file)
            for file in folder.rglob("[!.]*")
            if file.is_file() or file.is_symlink()
        ]
        for folder in split.glob("[!.]*")
        if folder.is_dir()
    }


def disk_piece(name: str, file: Path) -> Piece:
    """A whole file; a link to nowhere has size 0, is skipped and reported later."""
    return name, str(file), 0, file.stat().st_size if file.exists() else 0


def archive_folders(archive: Path) -> Folders:
    """The same from a plain tar of <anything>/<split>/<class>/<file>."""
    folders: Folders = {split: {} for split in SPLITS}
    for name, offset, size in tar_files(archive):
        parts = PurePosixPath(name).parts
        if len(parts) < 3 or parts[-3] not in folders or parts[-1].startswith("."):
            continue
        split, wnid = parts[-3:-1]
        piece = ("/".join(parts[-3:]), str(archive), offset, size)
        folders[split].setdefault(wnid, []).append(piece)
    return folders


def from_folders(folders: Folders, place: Path, classes: tuple[str, ...]) -> Source:
    """The source in class folders at `place`; labels count the folders in order.

    Raises `DataError` for an empty class, or one that only one split has.
    """
    for split in SPLITS:
        if not folders[split]:
            raise DataError(
                f"{place}: no classes in {split}/; it should hold {split}/<class>/"
            )
        for name, files in folders[split].items():
            if not files:
                raise DataError(
                    f"{place}: class {split}/{name} is empty; copy its images, or "
                    "remove the class from train and val"
                )
    train, test = (folders[split] for split in SPLITS)
    if odd := set(train) ^ set(test):
        raise DataError(
            f"{place}: class {min(odd)} is in one of train and val only; both need "
            "the same classes"
        )
    return Source(_items(train), _items(test), classes)


def _items(split: Classes) -> list[Item]:
    """The split's items in order; empties it, for it may be a million."""
    return sorted(
        Item(label, *piece)
        for label, wnid in enumerate(sorted(split))
        for piece in split.pop(wnid)
    )
