"""Archives read in place: a plain tar is a list of pieces of a file.

Nothing is unpacked, so no member's name can say where something is written.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from alexnet_lib.data.dataset import DataError


def plain_tar(archive: Path, work: Path) -> Path:
    """`archive` itself if it is uncompressed, else decompressed in `work`.

    Decompression checks gzip's own checksum.
    """
    with archive.open("rb") as stream:
        if stream.read(2) != b"\x1f\x8b":
            return archive
    plain = work / (archive.name.split(".")[0] + ".tar")
    if not plain.exists():
        work.mkdir(parents=True, exist_ok=True)
        partial = plain.with_suffix(".partial")
        try:
            with gzip.open(archive) as packed, partial.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked, 1 << 20)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            partial.unlink()
            raise DataError(f"{archive}: damaged ({error}); fetch it again") from error
        os.rename(partial, plain)
    return plain


def tar_files(
    archive: Path, stream: io.RawIOBase | None = None, base: int = 0
) -> Iterator[tuple[str, int, int]]:
    """Name, offset in `archive` and size of each regular file in a plain tar.

    `stream` is a tar within the archive, whose bytes start at `base`. Raises
    `DataError` if it is damaged or ends too early.
    """
    end = archive.stat().st_size
    try:
        with tarfile.open(archive, "r:", cast("IO[bytes] | None", stream)) as tar:
            for member in tar:
                offset = base + member.offset_data
                if offset + member.size > end:
                    raise tarfile.ReadError("unexpected end of data")
                if member.isreg() and not member.issparse():
                    yield member.name, offset, member.size
    except tarfile.TarError as error:
        raise DataError(f"{archive}: damaged tar ({error}); fetch it again") from error


class Window(io.RawIOBase):
    """`size` bytes of a stream from `offset` on, as a stream of their own."""

    def __init__(self, stream: IO[bytes], offset: int, size: int) -> None:
        self._stream, self._offset, self._size, self._at = stream, offset, size, 0

    def tell(self) -> int:
        """Place in the window."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move within the window; returns the new place."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}
        self._at = start[whence] + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, none beyond the window."""
        left = max(0, self._size - self._at)
        self._stream.seek(self._offset + self._at)
        data = self._stream.read(left if size < 0 else min(size, left))
        self._at += len(data)
        return data
