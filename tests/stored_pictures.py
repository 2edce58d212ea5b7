"""Whether the pictures stored in a notebook are those that its cells draw now."""

import base64
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from PIL import Image

_IMAGE = re.compile(r'<img src="data:image/\w+;base64,([^"]+)"')
_BLOCK = 16  # pixels; letters set a pixel aside hardly change the mean of so many
# grey levels that a block may change: a curve moved by its width changes it by 6 and
# more; between matplotlib 3.9 and 3.11 letters and line ends changed blocks by up to 21
_SAME_VERSION, _OTHER_VERSION = 5, 25


def images(outputs: Iterable[Mapping[str, Any]]) -> list[Image.Image]:
    """The pictures among a cell's outputs."""
    html = (output.get("data", {}).get("text/html", "") for output in outputs)
    encoded = (found for text in html for found in _IMAGE.findall("".join(text)))
    return [Image.open(io.BytesIO(base64.b64decode(content))) for content in encoded]


def change(stored: Image.Image, drawn: Image.Image) -> float:
    """The largest change of a block, in grey levels; infinite for other sizes."""
    if max(abs(a - b) for a, b in zip(stored.size, drawn.size, strict=True)) > 2:
        return float("inf")
    size = tuple(pixels // _BLOCK for pixels in drawn.size)
    blocks = (
        np.asarray(image.convert("L").resize(size, Image.Resampling.BOX), float)
        for image in (stored, drawn)
    )
    return float(np.abs(np.subtract(*blocks)).max())


def alike(stored: Image.Image, drawn: Image.Image) -> bool:
    """Whether both show the same, apart from how this matplotlib sets letters."""
    software = drawn.info.get("Software")
    same = software is not None and stored.info.get("Software") == software
    return change(stored, drawn) <= (_SAME_VERSION if same else _OTHER_VERSION)
