"""Any picture becomes a 256x256 RGB square; what is none is named as such."""

import io

import numpy as np
import pytest
import simplejpeg
import torch
from PIL import Image

from alexnet_lib.data.preparing.decode import ImageError, central_square, decode


def encoded(image, kind="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def smooth(width, height, seed=0):
    """A random picture without fine grain, which JPEG keeps."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (5, 7, 3), dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def by_pillow(image):
    """§2 by Pillow: shorter side to 256, central square."""
    scale = 256 / min(image.size)
    width, height = (int(n * scale + 0.5) for n in image.size)
    image = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = (width - 256) // 2, (height - 256) // 2
    return np.asarray(image.crop((left, top, left + 256, top + 256)))


def differ(a, b):
    return np.abs(np.asarray(a).astype(int) - np.asarray(b).astype(int)).max()


@pytest.mark.parametrize(
    "size", [(256, 256), (500, 375), (375, 500), (224, 224), (61, 33), (301, 1200)]
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_equals_pillow_but_for_rounding(size, kind):
    data = encoded(smooth(*size), kind)
    square = decode(data)
    assert square.shape == (256, 256, 3)
    assert square.dtype == torch.uint8
    expected = by_pillow(Image.open(io.BytesIO(data)))
    assert differ(square, expected) <= 2
    assert (square.numpy() != expected).mean() < 0.3


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"progressive": True},
        {"subsampling": 0},
        {"subsampling": 1, "quality": 50},
        {"subsampling": 2, "optimize": True},
    ],
)
def test_jpeg_pixels_are_pillows(options):
    data = encoded(smooth(256, 256), "JPEG", **options)
    assert differ(decode(data), Image.open(io.BytesIO(data))) == 0


def test_a_jpeg_too_large_is_refused_too(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(ImageError, match="bomb"):
        decode(encoded(smooth(64, 64), "JPEG"))


def test_a_jpeg_that_pillow_forgives_is_decoded_as_pillow_does():
    data = encoded(smooth(256, 256), "JPEG")
    odd = data[:-2] + b"\0" * 9 + data[-2:]  # bytes that belong to nothing
    with pytest.raises(ValueError, match=r"(?i)extraneous"):
        simplejpeg.decode_jpeg(odd)
    assert differ(decode(odd), Image.open(io.BytesIO(odd))) == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation):
    image = smooth(300, 256)
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = {
        1: image,
        2: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: image.transpose(Image.Transpose.ROTATE_180),
        4: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: image.transpose(Image.Transpose.TRANSPOSE),
        6: image.transpose(Image.Transpose.ROTATE_270),
        7: image.transpose(Image.Transpose.TRANSVERSE),
        8: image.transpose(Image.Transpose.ROTATE_90),
    }[orientation]
    data = encoded(image, "JPEG", exif=exif, quality=98, subsampling=0)
    assert differ(decode(data), by_pillow(turned)) <= 12  # JPEG's own loss


MODES = {
    "grey": (Image.new("L", (9, 9), 77), (77, 77, 77)),
    "bilevel": (Image.new("1", (9, 9), 1), (255, 255, 255)),
    "grey with alpha": (Image.new("LA", (9, 9), (77, 255)), (77, 77, 77)),
    "transparent": (Image.new("RGBA", (9, 9), (10, 20, 30, 0)), (255, 255, 255)),
    "half transparent": (
        Image.new("RGBA", (9, 9), (0, 100, 200, 128)),
        (127, 177, 227),
    ),
    "16 bits": (Image.fromarray(np.full((9, 9), 77 * 257, np.uint16)), (77, 77, 77)),
    "palette": (
        Image.new("RGB", (9, 9), (200, 10, 60)).convert(
            "P", palette=Image.Palette.ADAPTIVE
        ),
        (200, 10, 60),
    ),
}


@pytest.mark.parametrize("name", MODES)
def test_every_mode_becomes_rgb(name):
    image, colour = MODES[name]
    assert differ(decode(encoded(image)), np.full((256, 256, 3), colour)) <= 1


def test_transparent_palette_lies_on_white():
    image = Image.new("P", (9, 9), 0)
    image.putpalette([10, 20, 30] + [0] * 765)
    assert differ(decode(encoded(image, transparency=0)), 255) == 0


def test_cmyk_jpeg_becomes_rgb():
    data = encoded(Image.new("CMYK", (40, 40), (255, 0, 0, 0)), "JPEG", quality=95)
    red, green, blue = decode(data)[128, 128].tolist()
    assert red < 10
    assert min(green, blue) > 245


def test_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (9, 9), c) for c in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(data)[0, 0].tolist() == [255, 0, 0]


def test_one_pixel_fills_the_square():
    assert (decode(encoded(Image.new("RGB", (1, 1), (1, 2, 3))))[9, 9]).tolist() == [
        1,
        2,
        3,
    ]


def test_strip_is_cut_before_it_is_enlarged():
    strip = torch.zeros(2, 100_000, 3, dtype=torch.uint8)
    strip[:, 49_000:51_000] = 200
    assert (central_square(strip) == 200).all()


WHOLE = {kind: encoded(smooth(300, 200), kind) for kind in ("JPEG", "PNG", "GIF")}
BAD = {
    "empty": (b"", "empty"),
    "text": (b"not a picture at all", "not an image"),
    "cut JPEG": (WHOLE["JPEG"][: len(WHOLE["JPEG"]) // 2], "truncated"),
    "cut PNG": (WHOLE["PNG"][: len(WHOLE["PNG"]) // 2], "truncated"),
    "cut header": (WHOLE["JPEG"][:40], ""),
    "damaged PNG": (WHOLE["PNG"][:60] + b"\0" * 40 + WHOLE["PNG"][100:], ""),
    "float": (
        encoded(Image.fromarray(np.ones((9, 9), np.float32)), "TIFF"),
        "floating-point",
    ),
    "32 bits": (
        encoded(Image.fromarray(np.full((9, 9), 1 << 20, np.int32)), "TIFF"),
        "beyond 16 bits",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_bytes_are_refused_with_a_reason(name):
    data, reason = BAD[name]
    with pytest.raises(ImageError, match=reason or None) as caught:
        decode(data)
    assert "\n" not in str(caught.value)
    assert str(caught.value)


def test_decompression_bomb_is_refused(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(ImageError, match="bomb"):
        decode(encoded(Image.new("RGB", (40, 40))))
