"""The one rule of which files count, in folders and in tars alike.

Hidden files and folders are none of the data's: the Finder's `._x.JPEG`, Jupyter's
`.ipynb_checkpoints`. Links are followed to what they lead to. Whatever else is no
file (a link to nowhere, a pipe, a device, part of a file) is refused with a reason,
so that nothing is lost without a word. An archive must end as archives end.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from alexnet_lib.data.errors import DataError, reading_source

_BLOCK, _RECORD = 512, 10240
_NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_NO_FILE = "neither a file nor a folder"


class Found(NamedTuple):
    """A file as it was found: `size` bytes of the file on disk, from `offset` on.

    `path` is its name in the folder or tar, parts joined by `/`, fit to be printed.
    `time` is when the file on disk was last changed, in nanoseconds.
    """

    path: str
    file: str
    offset: int
    size: int
    time: int

    def read(self) -> bytes:
        """Read its bytes; `OSError` if the file on disk cannot be read."""
        return read_part(self.file, self.offset, self.size)


def read_part(file: str, offset: int, size: int) -> bytes:
    """`size` bytes of a file from `offset` on; `DataError` if they are not there."""
    with open(file, "rb") as stream:
        stream.seek(offset)
        data = stream.read(size)
    if len(data) != size:
        raise DataError(
            f"{file}: it became shorter while it was read; run the same command again "
            "when it is at rest"
        )
    return data


@dataclass
class Listing:
    """All files and folders of a place, and what is no file, with the reason."""

    files: list[Found] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def renamed(self, rename: Callable[[str], str | None]) -> Listing:
        """The same under other paths, without those that become None."""
        return Listing(
            [f._replace(path=new) for f in self.files if (new := rename(f.path))],
            [new for path in self.folders if (new := rename(path))],
            [(new, why) for path, why in self.refused if (new := rename(path))],
        )

    def visible(self) -> Listing:
        """The same without what is hidden."""
        return self.renamed(lambda path: None if hidden(path) else path)


def hidden(path: str) -> bool:
    """Whether a part of the path begins with a dot."""
    return any(part.startswith(".") for part in path.split("/"))


def printable(name: str) -> str:
    """The name on one line, with what cannot be printed written as an escape."""
    if name.isprintable():
        return name
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in name
    )


def names_in(folder: Path) -> list[str]:
    """The names in a folder that are not hidden; none if there is no such folder.

    Raises `OSError` for a folder that cannot be listed.
    """
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(name for name in names if not hidden(name))


def list_folder(place: Path, *names: str) -> Listing:
    """All that is not hidden below `place`, or below its folders of these names.

    Raises `OSError` for a folder that cannot be listed.
    """
    listing = Listing()
    for name in names:
        _descend(place / name, f"{name}/", listing)
    if not names:
        _descend(place, "", listing)
    return listing


def _descend(folder: Path, above: str, listing: Listing) -> None:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if not hidden(entry.name):
                _enter(entry, above + printable(entry.name), listing)


def _enter(entry: os.DirEntry[str], path: str, listing: Listing) -> None:
    file = Path(entry.path)
    try:
        status = entry.stat()
    except OSError as error:
        if error.errno not in _NOWHERE:
            raise
        listing.refused.append((path, "a link to nowhere"))
        return
    if stat.S_ISREG(status.st_mode):
        found = Found(path, entry.path, 0, status.st_size, status.st_mtime_ns)
        listing.files.append(found)
    elif not stat.S_ISDIR(status.st_mode):
        listing.refused.append((path, _NO_FILE))
    elif entry.is_symlink() and file.parent.resolve().is_relative_to(file.resolve()):
        listing.refused.append((path, "a link to a folder that it lies in"))
    else:
        listing.folders.append(path)
        _descend(file, path + "/", listing)


def list_tar(archive: Path) -> Listing:
    """All in a plain tar. Raises `DataError` if it is damaged or not whole."""
    with reading_source(archive), tarfile.open(archive, "r:") as tar:
        return _members(tar, _whole(archive))


def list_inner_tars(archive: Path) -> Iterator[tuple[str, Listing]]:
    """Path and contents of each tar in a plain tar; whatever else is in it is refused.

    Raises `DataError` if one of them is damaged or not whole.
    """
    with reading_source(archive), tarfile.open(archive, "r:") as outer:
        listing = _members(outer, _whole(archive)).visible()
        members = {member.offset_data: member for member in outer.getmembers()}
        for path, why in listing.refused:
            yield path, Listing(refused=[(path, why)])
        for found in listing.files:
            if found.path.endswith(".tar"):
                part = outer.extractfile(members[found.offset])
                with tarfile.open(found.path, "r:", part) as inner:
                    yield found.path, _members(inner, found).visible()
            else:
                yield found.path, Listing(refused=[(found.path, "not a tar")])


def _whole(archive: Path) -> Found:
    status = archive.stat()
    return Found("", str(archive), 0, status.st_size, status.st_mtime_ns)


def _members(tar: tarfile.TarFile, place: Found) -> Listing:
    """All in the tar that lies at `place`; where a name comes twice the last counts."""
    files: dict[str, Found] = {}
    folders: list[str] = []
    links: dict[str, str] = {}
    refused: dict[str, str] = {}
    for member in tar:
        path = printable(PurePosixPath(member.name).as_posix())
        end = member.offset_data + member.size
        if member.size < 0 or (member.isreg() and end > place.size):
            raise tarfile.ReadError(f"{path} ends beyond the end")
        if member.isdir():
            folders.append(path)
        elif member.islnk() or member.issym():
            links[path] = _target(member, path)
        elif member.isreg() and not member.issparse():
            at = place.offset + member.offset_data
            files[path] = Found(path, place.file, at, member.size, place.time)
        else:
            refused[path] = "a sparse file" if member.isreg() else _NO_FILE
    _check_end(tar, place.size)
    for path in links:
        if found := _followed(path, links, files):
            files[path] = found._replace(path=path)
        else:
            refused[path] = f"a link to {links[path]}, which is not in the archive"
    return Listing(list(files.values()), folders, list(refused.items()))


def _target(member: tarfile.TarInfo, path: str) -> str:
    """The path a link leads to: a hard one from the top, a symbolic one from itself."""
    target = printable(member.linkname)
    if member.issym():
        target = posixpath.join(posixpath.dirname(path), target)
    return posixpath.normpath(target)


def _followed(
    path: str, links: dict[str, str], files: dict[str, Found]
) -> Found | None:
    """The file at the end of a chain of links, if there is one."""
    for _ in range(len(links)):
        path = links.get(path, path)
    return files.get(path)


def _check_end(tar: tarfile.TarFile, size: int) -> None:
    """Raise `ReadError` unless a tar of `size` bytes ends as it should.

    tarfile takes a damaged header for the end, and the end of the file too. The mark
    are two blocks of zeros, and what fills the record if the archive has records.
    Other zeros are left where a download that stopped had images to write.
    """
    assert tar.fileobj is not None
    end = tar.offset + 2 * _BLOCK
    tar.fileobj.seek(tar.offset)
    if tar.fileobj.read(end + _RECORD - tar.offset).strip(b"\0"):
        raise tarfile.ReadError(f"no header of a member at byte {tar.offset}")
    if size not in (end, -(-end // _RECORD) * _RECORD):
        raise tarfile.ReadError(f"it does not end where it should, at byte {end}")
