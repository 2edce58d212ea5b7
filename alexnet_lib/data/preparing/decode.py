"""One image file to a square of RGB, as §2 asks: shorter side to 256, its middle.

Pillow decodes; but JPEGs in colour, nearly all there are, simplejpeg does, to the same
pixels, for it asks the same libjpeg-turbo without two copies on the way (0.15 ms
instead of 0.26 at 224x224). torchvision's decoders are deprecated since 0.29. JPEGs are
decoded at full size: Pillow's draft mode could only help where the shorter side is 512
or more, and would give other pixels there.

Antialiased bicubic resampling (a = -0.5, Pillow's `BICUBIC`) is done by torch on uint8:
it is vectorised where Pillow is not, and differs from it by rounding alone, two grey
levels at most. Only Pillow 13 takes rows before columns in tall pictures, which clips
other pixels in between and shows at hard edges. What the authors resampled with is not
known (`convdata_jpeg.py` starts from 256x256 squares made elsewhere).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np
import simplejpeg
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from alexnet_lib.data.preparing import metadata
from alexnet_lib.data.shards import SIDE

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "PPM")
"""Kinds that photographs come in. Pillow would try more, EPS by running Ghostscript."""

_LONGEST = 16
_COLOURS = {"Gray": "GRAY", "CMYK": "CMYK", "YCCK": "CMYK"}
_FLIPS = {2: (1,), 3: (0, 1), 4: (0,), 5: (), 6: (1,), 7: (0, 1), 8: (0,)}
"""EXIF's orientation -> axes to flip; from 5 on rows and columns swap places first."""


class ImageError(ValueError):
    """Bytes that are no image, or none that can be used; the message says why."""


def decode(data: bytes, side: int = SIDE) -> Tensor:
    """The central square of the picture in `data`, (side, side, 3) uint8.

    Turned as its EXIF orientation says, if that can be read. Grey, palette, CMYK and
    other modes become RGB, 16 bits become 8, transparent pixels lie on white, and of an
    animation the first frame is taken. Raises `ImageError` for whatever cannot be read
    so. Pillow's warnings are the caller's affair: see `quiet`.
    """
    try:
        return central_square(_pixels(data), side)
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # a hostile file can make a decoder raise anything
        reason = " ".join(str(error).split()) or type(error).__name__
        if "cannot identify image file" in reason:
            reason = "not an image of a known kind" if data else "empty file"
        raise ImageError(reason) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Pillow's remarks on odd files unheard; a decompression bomb is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def central_square(pixels: Tensor, side: int = SIDE) -> Tensor:
    """Shorter side to `side`, then the middle: (H, W, 3) to (side, side, 3) uint8.

    The longer side is rounded to a whole pixel. Of a strip longer than 16 times
    its width the middle is taken first, so that no file can ask for a huge image.
    """
    short = min(pixels.shape[:2])
    pixels = _middle(pixels, _LONGEST * short)
    height, width = ((2 * n * side + short) // (2 * short) for n in pixels.shape[:2])
    # Batched before it is permuted: only so does torch see that it is channels last,
    # and neither splits the channels nor, in the end, has to interleave them again.
    image = pixels[None].permute(0, 3, 1, 2)
    if short != side:
        image = functional.interpolate(
            image, (height, width), mode="bicubic", antialias=True
        )
    return _middle(image[0].permute(1, 2, 0), side)


def _middle(pixels: Tensor, most: int) -> Tensor:
    """The central rows and columns of (H, W, C), at most `most` of each."""
    height, width = (min(n, most) for n in pixels.shape[:2])
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width]


def _pixels(data: bytes) -> Tensor:
    """Any picture as (H, W, 3) uint8, upright."""
    data = _with_end(data)
    with suppress(ValueError):  # its remarks on a file: Pillow has the last word
        if metadata.is_jpeg(data) and _colours(data) == "YCbCr":
            pixels = torch.from_numpy(simplejpeg.decode_jpeg(data))
            return _upright(pixels, metadata.orientation(data))
    plain = metadata.pixels_only(data)
    with Image.open(io.BytesIO(plain), formats=FORMATS) as image:
        pixels = torch.from_numpy(np.array(_rgb(image)))
        turned = 1 if image.format == "TIFF" else metadata.orientation(data)
    return _upright(pixels, turned)  # Pillow turns TIFFs itself


def _with_end(data: bytes) -> bytes:
    """A JPEG whose end mark alone is missing, with it; other data as they are."""
    if metadata.is_jpeg(data) and metadata.may_lack_end(data):
        with suppress(ValueError):  # what else is missing is remarked on
            whole = data + metadata.JPEG_END
            if colours := _colours(whole):
                simplejpeg.decode_jpeg(whole, _COLOURS.get(colours, "RGB"))
                return whole
    return data


def _colours(data: bytes) -> str | None:
    """The colours of a JPEG, as libjpeg calls them; None if it is too large."""
    height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
    most = Image.MAX_IMAGE_PIXELS or height * width
    return colours if height * width <= most else None


def _upright(pixels: Tensor, orientation: int) -> Tensor:
    """(H, W, 3) turned as EXIF's orientation says."""
    if orientation >= 5:
        pixels = pixels.transpose(0, 1)
    return pixels.flip(_FLIPS.get(orientation, ())).contiguous()


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise ImageError("floating-point pixels, whose range is not known")
    if image.mode.startswith("I"):
        return _eight_bits(image).convert("RGB")
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, coloured).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """A 16-bit grey image in 8 bits; Pillow's own conversion would clip it."""
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise ImageError("integer pixels beyond 16 bits, whose range is not known")
    return Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))
