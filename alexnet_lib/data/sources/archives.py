"""Archives of one file: plain tars as they are, compressed ones decompressed once.

A tar is read in place. Nothing is unpacked, so no member's name can say where
something is written.
"""

from __future__ import annotations

import bz2
import glob
import gzip
import hashlib
import lzma
from collections.abc import Iterator
from pathlib import Path

from alexnet_lib.data.errors import DataError, reading_source
from alexnet_lib.files import written_whole

Compressed = type[gzip.GzipFile] | type[bz2.BZ2File] | type[lzma.LZMAFile]

_COMPRESSED: dict[bytes, Compressed] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
_OTHER = {
    b"PK\x03\x04": "zip",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!": "RAR",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}


def plain_tar(archive: Path, work: Path) -> Path:
    """`archive` itself if it is a tar, else its contents, decompressed in `work`.

    Decompression checks gzip's, bzip2's or xz's own checksum; what was decompressed
    before from the same file is used again. Raises `DataError` for other archives.
    """
    with archive.open("rb") as stream:
        start = stream.read(8)
    for magic, kind in _OTHER.items():
        if start.startswith(magic):
            raise DataError(
                f"{archive}: a {kind} archive, which is not read; unpack it and give "
                "the folder"
            )
    if not start.startswith(tuple(_COMPRESSED)):
        return archive
    plain = work / f"{archive.name}.{_mark(archive)}.tar"
    if not plain.exists():
        work.mkdir(parents=True, exist_ok=True)
        for other in work.glob(f"{glob.escape(archive.name)}.*.tar"):
            other.unlink()
        with written_whole(plain, sync=False) as unpacked:
            unpacked.writelines(_decompressed(archive, start))
    return plain


def _mark(archive: Path) -> str:
    """A mark of the file that is at this path now."""
    status = archive.stat()
    now = f"{archive.resolve()} {status.st_size} {status.st_mtime_ns}"
    return hashlib.sha256(now.encode(errors="surrogateescape")).hexdigest()[:16]


def _decompressed(archive: Path, start: bytes) -> Iterator[bytes]:
    kind = next(magic for magic in _COMPRESSED if start.startswith(magic))
    with reading_source(archive), _COMPRESSED[kind](archive, "rb") as stream:
        while chunk := stream.read(1 << 20):
            yield chunk
