"""Photographs painted by a program, one, a data set, or a folder with odd and bad ones.

Sky, ground, a round sun and a fine fence: what squashing bends and careless
resampling spoils. Light varies from picture to picture more than hue does, as in
photographs. They are drawings all the same: no number measured on them is the
paper's.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import ExifTags, Image

from alexnet_lib.data.dataset import Dataset, Split

SKY_AND_GROUND = {
    "desert": ((150, 190, 225), (205, 165, 105)),
    "forest": ((165, 195, 210), (70, 110, 55)),
    "sea": ((120, 175, 225), (35, 90, 130)),
    "snow": ((180, 195, 210), (225, 230, 235)),
}
_SUN, _FENCE = (250, 225, 130), (60, 45, 35)


def photograph(kind: str, seed: int, height: int = 375, width: int = 500) -> np.ndarray:
    """One drawing, (height, width, 3) uint8; `kind` is a key of `SKY_AND_GROUND`."""
    rng = np.random.default_rng(seed)
    light = rng.uniform(0.35, 1.15)
    y = np.linspace(0, 1, height)[:, None]
    x = np.linspace(0, width / height, width)[None]
    sky, ground = (np.array(colour, float) for colour in SKY_AND_GROUND[kind])
    ridge = rng.uniform(0.45, 0.6) + 0.04 * np.sin(7 * x + rng.uniform(0, 6))
    image = np.where((y < ridge)[..., None], sky, ground * (0.6 + 0.4 * y)[..., None])
    sun = rng.uniform(0.15, 0.3), rng.uniform(0.2, width / height - 0.2)
    image[np.hypot(y - sun[0], x - sun[1]) < 0.1] = _SUN
    posts = (np.arange(width) % 5 < 2)[None]
    image[(np.abs(y - 0.78) < 0.1) & posts] = _FENCE
    image = image * light + rng.normal(0, 5, image.shape)
    return image.round().clip(0, 255).astype(np.uint8)


def data_set(of_each: int = 6, side: int = 256) -> Dataset:
    """Squares in memory: of each of four kinds `of_each` to train on, one to test."""
    kinds = tuple(SKY_AND_GROUND)

    def split(first_seed: int, count: int) -> Split:
        drawn = [
            photograph(kind, first_seed + 100 * k + i, side, side)
            for k, kind in enumerate(kinds)
            for i in range(count)
        ]
        images = torch.stack([torch.from_numpy(p).permute(2, 0, 1) for p in drawn])
        return Split(images, torch.arange(len(kinds)).repeat_interleave(count))

    train, test = split(2000, of_each), split(1000, 1)
    return Dataset.of("drawn photographs", train, test, kinds, real=False)


def folder(place: Path, train: int = 12, val: int = 4) -> Path:
    """Class folders of `train` (five or more) and `val` drawings a class at `place`.

    Of each class's training files four are odd but good: grey, CMYK, a PNG with the
    wrong ending, and one lying on its side with an EXIF note. Three more files, of
    the sea, are bad: an empty one, a torn one and a letter.
    """
    seed = 0
    for split, count in (("train", train), ("val", val)):
        for kind in SKY_AND_GROUND:
            (place / split / kind).mkdir(parents=True)
            for i in range(count):
                seed += 1
                size = [(300, 400), (400, 300), (288, 480)][i % 3]
                image = Image.fromarray(photograph(kind, seed, *size))
                odd = i if split == "train" else count
                file = place / split / kind / f"{kind}_{i:02}.JPEG"
                file.write_bytes(_encoded(image, odd))
    sea = place / "train" / "sea"
    (sea / "empty.JPEG").touch()
    (sea / "torn.JPEG").write_bytes((sea / "sea_04.JPEG").read_bytes()[:2000])
    (sea / "letter.JPEG").write_text(
        "Dear reader, I am not a photograph.\n", encoding="utf-8"
    )
    return place


def _encoded(image: Image.Image, odd: int) -> bytes:
    stream, kind = io.BytesIO(), "JPEG"
    options: dict[str, Any] = {"quality": 95}
    if odd == 0:
        image = image.convert("L")
    elif odd == 1:
        image = image.convert("CMYK")
    elif odd == 2:
        kind = "PNG"
    elif odd == 3:
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 6  # to be turned by 90 degrees clockwise
        image = image.transpose(Image.Transpose.ROTATE_90)
        options["exif"] = exif
    image.save(stream, kind, **options)
    return stream.getvalue()
