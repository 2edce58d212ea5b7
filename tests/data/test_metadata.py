"""Readable pixels are read, whatever stands beside them; how they are turned, too."""

import random
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import EpsImagePlugin, Image

from alexnet_lib.data.preparing import metadata
from alexnet_lib.data.preparing.decode import ImageError, decode
from tests.data.test_decode import encoded, smooth

PICTURE = smooth(300, 256)


def exif(order="II", tags=(), tail=b""):
    """A TIFF directory of (tag, kind, count, four bytes)."""
    mark = "<" if order == "II" else ">"
    head = order.encode() + struct.pack(mark + "HI", 42, 8)
    entries = b"".join(struct.pack(mark + "HHI", *tag[:3]) + tag[3] for tag in tags)
    return head + struct.pack(mark + "H", len(tags)) + entries + bytes(4) + tail


def turned(order, value, kind=3):
    mark, code = ("<" if order == "II" else ">"), {1: "B", 3: "H", 4: "I"}[kind]
    return (0x112, kind, 1, struct.pack(mark + code, value).ljust(4, b"\0"))


def segment(marker, payload):
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def jpeg(*segments, picture=PICTURE, **options):
    """A JPEG with more segments at its beginning."""
    data = encoded(picture, "JPEG", **options)
    return data[:2] + b"".join(segments) + data[2:]


def chunk(kind, payload):
    checksum = zlib.crc32(kind + payload)
    return (
        struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", checksum)
    )


def png(*chunks):
    data = encoded(PICTURE, "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


def webp(payload):
    """A WebP whose EXIF is these bytes."""
    return encoded(PICTURE, "WEBP", lossless=True, exif=payload)


ODD_JPEG = {
    "short ICC": [segment(0xE2, b"ICC_PROFILE\0")],
    "ICC of no profile": [segment(0xE2, b"ICC_PROFILE\0\x07\x01" + b"x" * 9)],
    "short JFIF": [segment(0xE0, b"JFIF\0")],
    "short Adobe": [segment(0xEE, b"Adobe")],
    "broken MPO index": [segment(0xE2, b"MPF\0II*\0\xff\xff\xff\xff")],
    "broken Photoshop": [segment(0xED, b"Photoshop 3.0\x008BIM\x03\xed")],
    "broken XMP": [segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta \xff<")],
    "empty comment": [segment(0xFE, b"")],
    "EXIF of nothing": [segment(0xE1, b"Exif\0\0")],
    "EXIF of noise": [segment(0xE1, b"Exif\0\0" + bytes(range(200)))],
    "EXIF far beyond": [segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\x7f")],
    "EXIF and short ICC": [
        segment(0xE1, b"Exif\0\0" + exif(tags=[turned("II", 1)])),
        segment(0xE2, b"ICC_PROFILE\0"),
    ],
}
KINDS = {
    "colour": {},
    "grey": {"picture": PICTURE.convert("L")},
    "CMYK": {"picture": PICTURE.convert("CMYK")},
    "progressive": {"progressive": True},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("odd", ODD_JPEG)
def test_a_jpeg_is_read_whatever_its_metadata(kind, odd):
    plain = decode(jpeg(**KINDS[kind]))
    assert torch.equal(decode(jpeg(*ODD_JPEG[odd], **KINDS[kind])), plain)


ODD_PNG = {
    "broken eXIf": chunk(b"eXIf", b"II*\0\xff\xff\xff\xff"),
    "eXIf of noise": chunk(b"eXIf", bytes(range(99))),
    "iCCP of noise": chunk(b"iCCP", b"name\0\0noise"),
    "text bomb": chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(70 << 20))),
    "broken XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:"),
    "wrong checksum": chunk(b"tEXt", b"a\0b")[:-1] + b"?",
    "animation of none": chunk(b"acTL", bytes(8)),
}


@pytest.mark.parametrize("odd", ODD_PNG)
def test_a_png_is_read_whatever_its_metadata(odd):
    assert torch.equal(decode(png(ODD_PNG[odd])), decode(png()))


def test_a_webp_is_read_whatever_its_metadata():
    assert torch.equal(decode(webp(b"Exif\0\0noise")), decode(webp(b"")))


FORMS = {
    "JPEG": lambda tiff: jpeg(segment(0xE1, b"Exif\0\0" + tiff), quality=100),
    "PNG": lambda tiff: png(chunk(b"eXIf", tiff)),
    "WEBP": webp,
}


def by_numpy(orientation):
    """The picture turned, from the eight cases of the EXIF standard."""
    pixels = np.asarray(PICTURE)
    turns = {1: 0, 2: 0, 3: 2, 4: 2, 5: 3, 6: 3, 7: 1, 8: 1}
    pixels = np.rot90(pixels, turns[orientation])
    mirrored = orientation in (2, 4, 5, 7)
    return np.ascontiguousarray(pixels[:, ::-1] if mirrored else pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_turned_as_its_exif_says(form, orientation):
    order = "II" if orientation % 2 else "MM"
    tiff = exif(order, [turned(order, orientation)])
    expected = decode(encoded(Image.fromarray(by_numpy(orientation))))
    difference = decode(FORMS[form](tiff)).int() - expected.int()
    assert difference.abs().max() <= (16 if form == "JPEG" else 0)


@pytest.mark.parametrize("kind", [1, 3, 4])
def test_orientation_may_be_of_any_whole_type_beside_broken_tags(kind):
    odd = (0x111, 5, 1, b"\xff\xff\xff\xff")  # a RATIONAL that lies beyond
    tiff = exif("II", [odd, turned("II", 6, kind)])
    assert metadata.orientation(FORMS["JPEG"](tiff)) == 6


@pytest.mark.parametrize("value", [0, 9, 255])
def test_an_orientation_that_does_not_exist_is_upright(value):
    assert metadata.orientation(FORMS["JPEG"](exif("II", [turned("II", value)]))) == 1


def test_xmp_turns_what_exif_does_not():
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation=%s/>"
    one = segment(0xE1, xmp % b'"8"')
    assert metadata.orientation(jpeg(one)) == 8
    both = segment(0xE1, b"Exif\0\0" + exif(tags=[turned("II", 3)]))
    assert metadata.orientation(jpeg(one, both)) == 3
    assert metadata.orientation(jpeg(segment(0xE1, xmp % b'"9"'))) == 1


def test_a_tiff_is_turned_once():
    data = encoded(PICTURE, "TIFF", tiffinfo={0x112: 6})
    expected = decode(encoded(Image.fromarray(by_numpy(6))))
    assert torch.equal(decode(data), expected)


@pytest.mark.parametrize("seed", range(4))
def test_any_bytes_are_a_picture_or_a_reason(seed):
    """Whole files with bits changed, pieces moved, cut and doubled."""
    rng = random.Random(seed)
    whole = [
        jpeg(segment(0xE1, b"Exif\0\0" + exif(tags=[turned("II", 6)]))),
        jpeg(progressive=True),
        png(chunk(b"eXIf", exif(tags=[turned("II", 3)]))),
        webp(exif(tags=[turned("II", 2)])),
        encoded(smooth(40, 30), "GIF"),
        encoded(smooth(40, 30), "TIFF"),
        encoded(smooth(40, 30), "BMP"),
    ]
    reasons, squares = [], []
    for _ in range(150):
        data = bytearray(rng.choice(whole))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(min(len(data), rng.choice((40, 700, 1 << 20))))
            change = rng.randrange(3)
            if change == 0:
                data[at] ^= 1 << rng.randrange(8)
            elif change == 1:
                del data[at : at + rng.randrange(1, 50)]
            else:
                data[at:at] = data[at : at + rng.randrange(1, 50)]
            data = data or bytearray(b"?")
        try:
            squares.append(decode(bytes(data)))
        except ImageError as error:
            reasons.append(str(error))
    assert all(reasons)
    assert not any("\n" in reason for reason in reasons)
    assert {square.shape for square in squares} == {(256, 256, 3)}
    assert len(reasons) + len(squares) == 150


@pytest.mark.parametrize("kind", ["colour", "grey", "CMYK"])
@pytest.mark.parametrize("rest", [b"", b"\0\0\0", b"\n"])
def test_a_jpeg_complete_but_for_its_end_mark_is_read(kind, rest):
    whole = jpeg(**KINDS[kind])
    assert whole.endswith(b"\xff\xd9")
    assert torch.equal(decode(whole[:-2] + rest), decode(whole))


@pytest.mark.parametrize("kind", KINDS)
def test_a_jpeg_that_lacks_more_is_not(kind):
    whole = jpeg(**KINDS[kind])
    scan = whole.rindex(b"\xff\xda")
    for cut in random.Random(0).sample(range(scan + 20, len(whole) - 12), 25):
        with pytest.raises(ImageError, match=r"truncated|broken"):
            decode(whole[:cut])


def test_a_progressive_jpeg_of_some_scans_is_not_taken_for_whole():
    """Its scans are whole, and each refines the picture: a coarse one is no picture."""
    whole = jpeg(progressive=True)
    scans = [i for i in range(len(whole)) if whole[i : i + 2] == b"\xff\xda"]
    for cut in scans[1:]:
        with pytest.raises(ImageError, match="truncated"):
            decode(whole[:cut])


@pytest.mark.parametrize("kind", ["EPS", "PCX", "TGA", "ICO"])
def test_kinds_that_photographs_do_not_come_in_are_not_tried(kind, monkeypatch):
    """EPS would be drawn by Ghostscript: a program, run on what a file says."""

    def run(*_, **__):
        raise RuntimeError("ran a program")

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", run)
    with pytest.raises(ImageError, match="not an image of a known kind"):
        decode(encoded(PICTURE, kind))
