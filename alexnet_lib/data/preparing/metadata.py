"""JPEG, PNG, WebP taken apart: how a picture is turned, and its pixels alone.

What a camera or a program wrote beside the pixels is often broken, and each release
of Pillow refuses, or believes, other parts of it. So it is read here, and only for
the orientation; the decoder is given the pixels and what says their colours.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import suppress

JPEG_END = b"\xff\xd9"
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_SEQUENTIAL, _SCAN = (0xC0, 0xC1), 0xDA
_JFIF, _EXIF, _ADOBE, _COMMENT = 0xE0, 0xE1, 0xEE, 0xFE
_COLOURS = {_JFIF: 16, _ADOBE: 14}
"""Segments that say what a JPEG's colours are, if they are as long as this."""

_ORIENTATION, _INTEGERS = 0x0112, {1: "B", 3: "H", 4: "I"}
_XMP = re.compile(rb"tiff:Orientation(?:=[\"']|>)\s*([1-8])")


def is_jpeg(data: bytes) -> bool:
    """Whether `data` begins as a JPEG."""
    return data.startswith(_JPEG)


def may_lack_end(data: bytes) -> bool:
    """Whether a JPEG has no end mark, and is whole if all of its one scan is there.

    Of several scans, those that are missing would not be missed.
    """
    components = b""
    for marker, start, _ in _segments(data) if not data.endswith(JPEG_END) else ():
        if marker in _SEQUENTIAL:
            components = data[start + 9 : start + 10]
        elif marker == _SCAN:
            return data[start + 4 : start + 5] == components
    return False


def orientation(data: bytes) -> int:
    """EXIF's orientation of a picture, else XMP's, 1 to 8; 1 if none can be read."""
    for exif in _exif(data):
        if turned := _tiff_orientation(exif.removeprefix(b"Exif\0\0")):
            return turned
    found = _XMP.search(data)
    return int(found[1]) if found else 1


def pixels_only(data: bytes) -> bytes:
    """A JPEG or PNG without what says nothing of its pixels; other data as they are."""
    kept, at = [], 0
    for start, end in _remarks(data):
        kept.append(data[at:start])
        at = end
    return b"".join([*kept, data[at:]])


def _remarks(data: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each part of a JPEG or PNG that is beside the pixels."""
    if data.startswith(_JPEG):
        for marker, start, end in _segments(data):
            beside = _JFIF <= marker <= _JFIF + 15 or marker == _COMMENT
            if beside and end - start < _COLOURS.get(marker, len(data)):
                yield start, end
    elif data.startswith(_PNG):
        for kind, start, end in _chunks(data):
            if kind[:1].islower() and kind != b"tRNS":
                yield start, end + 4  # the checksum


def _exif(data: bytes) -> Iterator[bytes]:
    """The EXIF data of a JPEG, PNG or WebP: a TIFF, perhaps behind a mark."""
    if data.startswith(_JPEG):
        for marker, start, end in _segments(data):
            if marker == _EXIF and data.startswith(b"Exif\0\0", start + 4):
                yield data[start + 4 : end]
    elif data.startswith(_PNG):
        for kind, start, end in _chunks(data):
            if kind == b"eXIf":
                yield data[start + 8 : end]
    elif data.startswith(b"RIFF"):
        for kind, start, end in _riff_chunks(data):
            if kind == b"EXIF":
                yield data[start + 8 : end]


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment of a JPEG, up to the first scan."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = struct.unpack_from(">xBH", data, at)
        if marker == 0xFF:  # filled up
            at += 1
            continue
        if length < 2 or at + 2 + length > len(data):
            return
        yield marker, at, at + 2 + length
        if marker == _SCAN:
            return
        at += 2 + length


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk of a PNG, its checksum left out."""
    at = len(_PNG)
    while at + 12 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + size > len(data):
            return
        yield kind, at, at + 8 + size
        at += 12 + size


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk of a WebP."""
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        yield kind, at, at + 8 + size
        at += 8 + size + size % 2


def _tiff_orientation(tiff: bytes) -> int | None:
    """The orientation in the first directory of a TIFF, if it can be read."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2], "<")
    with suppress(struct.error):
        (first,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, first)
        for at in range(first + 2, first + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(order + "HH", tiff, at)
            if tag == _ORIENTATION and kind in _INTEGERS:
                (value,) = struct.unpack_from(order + _INTEGERS[kind], tiff, at + 8)
                return value if 1 <= value <= 8 else None
    return None
