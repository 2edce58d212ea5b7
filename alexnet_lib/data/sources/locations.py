"""The places and forms in which each data set is looked for, and its fetching."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from alexnet_lib import settings
from alexnet_lib.data import shards
from alexnet_lib.data.errors import DataError, DataMissing
from alexnet_lib.data.shards import SIDE
from alexnet_lib.data.sources import cifar, ilsvrc
from alexnet_lib.data.sources.archives import plain_tar
from alexnet_lib.data.sources.fetch import fetch
from alexnet_lib.data.sources.folders import (
    SPLITS,
    Source,
    from_folders,
    in_archive,
)
from alexnet_lib.data.sources.listing import list_folder, names_in

_IMAGENETTE = (
    "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2.tgz",
    "fe2fc210e6bb7c5664d602c3cd71e612",
)
"""Where it can be downloaded, and its MD5."""

IMAGENETTE_CLASSES = {
    "n01440764": "tench",
    "n02102040": "English springer",
    "n02979186": "cassette player",
    "n03000684": "chain saw",
    "n03028079": "church",
    "n03394916": "French horn",
    "n03417042": "garbage truck",
    "n03425413": "gas pump",
    "n03445777": "golf ball",
    "n03888257": "parachute",
}


@dataclass(frozen=True)
class Photographs:
    """A data set of photographs: the `places` below the data folder it may lie in.

    There it has class folders, or the archives of ILSVRC's `year`. `words` are English
    names of its classes by WordNet id.
    """

    places: tuple[str, ...] = ()
    words: Mapping[str, str] | None = None
    year: str | None = None


PHOTOGRAPHS = {
    "imagenette": Photographs(
        (
            "imagenette",
            "imagenette2",
            "imagenette2.tgz",
            "imagenette2-320",
            "imagenette2-320.tgz",
            "imagenette2-160",
            "imagenette2-160.tgz",
        ),
        IMAGENETTE_CLASSES,
    ),
    "imagenette-subset": Photographs(("imagenette-subset",), IMAGENETTE_CLASSES),
    "imagenet": Photographs(("imagenet", "ILSVRC2012", "ilsvrc2012", "."), year="2012"),
    "imagenet2010": Photographs(
        ("imagenet2010", "ILSVRC2010", "ilsvrc2010", "."), year="2010"
    ),
}
"""`imagenette-subset` are 650 + 150 images a class of Imagenette, which the first
published runs on photographs were trained on."""


def names() -> list[str]:
    """The data sets that can be prepared."""
    return [cifar.NAME, *PHOTOGRAPHS]


def split_name(name: str) -> tuple[str, int]:
    """A data set and the side of its images: imagenette-384 -> imagenette, 384.

    Raises `DataError` for a name that is not known.
    """
    if name == cifar.NAME:
        return name, cifar.SIDE
    base, side = name, SIDE
    if found := re.fullmatch(r"(.+)-([1-9]\d*)", name):
        base, side = found[1], int(found[2])
    if base not in PHOTOGRAPHS:
        raise DataError(
            f"no data set is called {name!r}; known: {', '.join(names())}, and the "
            "photographs with a side behind their name, as in imagenette-384"
        )
    return base, side


def found(name: str, root: Path) -> Path | None:
    """The first place under `root` that holds the data set, if there is one."""
    if name == cifar.NAME:
        return cifar.found(root)
    known = PHOTOGRAPHS[name]
    for place in _places(name, root):
        if place.is_file() or (place / "train").is_dir():
            return place
        if known.year and ilsvrc.release(place, known.year):
            return place
    return None


def find(name: str, root: Path) -> Path:
    """The first place under `root` that holds the data set; else it is downloaded.

    CIFAR-10 and Imagenette are, that is; of others `DataMissing` lists where it looked.
    """
    if place := found(name, root):
        return place
    tried = ", ".join(map(str, _places(name, root)))
    if name == cifar.NAME:
        from torchvision.datasets import CIFAR10

        return fetch(CIFAR10.url, CIFAR10.tgz_md5, root, name, tried)
    if name == "imagenette":
        return fetch(*_IMAGENETTE, root, name, tried)
    raise DataMissing(
        f"{name} not found: looked for class folders or ILSVRC's archives in {tried}; "
        f"run `alexnet data prepare {name} --from PATH`, or set ALEXNET_DATA"
    )


def where(name: str) -> Path | None:
    """The data set's path under `$ALEXNET_DATA`, prepared or not, if it is there."""
    root = settings.data_root()
    prepared = root / "prepared" / name
    return prepared if shards.present(prepared) else found(name, root)


def _places(name: str, root: Path) -> list[Path]:
    if name == cifar.NAME:
        return cifar.places(root)
    return [root / place for place in PHOTOGRAPHS[name].places]


def open_source(place: Path, work: Path, name: str | None = None) -> Source:
    """The source at `place`: a folder of a known layout, or an archive of one.

    Class folders in train/ and val/; of the data set `name` also ILSVRC's archives of
    its year. A compressed archive is first decompressed into the folder `work`. Raises
    `DataError` naming what is missing or damaged.
    """
    known = PHOTOGRAPHS[split_name(name)[0]] if name else Photographs()
    if place.is_file():
        source = from_folders(in_archive(plain_tar(place, work)), place)
    elif (release := _release(place, known)) is not None:
        return ilsvrc.open_release(release, work)
    elif (place / "train").is_dir():
        there = [split for split in SPLITS if (place / split).is_dir()]
        source = from_folders(list_folder(place, *there), place)
    else:
        raise DataError(
            f"{place}: no known layout of {name or 'photographs'}; it should hold "
            "train/<class>/ and val/<class>/ with images, or the archives as ILSVRC "
            "names them, or be a .tar or .tgz of class folders"
        )
    return replace(source, classes=_words(known, source.classes))


def _release(place: Path, known: Photographs) -> ilsvrc.Release | None:
    """ILSVRC's own files, unless val/ has class folders too: they need no devkit."""
    val = place / "val"
    if not known.year or any((val / name).is_dir() for name in names_in(val)):
        return None
    return ilsvrc.release(place, known.year)


def _words(known: Photographs, wnids: tuple[str, ...]) -> tuple[str, ...]:
    """English names for WordNet ids in order, as far as they are known."""
    if known.words:
        return tuple(known.words.get(wnid, wnid) for wnid in wnids)
    if known.year != "2012":
        return wnids
    from torchvision.models import AlexNet_Weights

    categories = AlexNet_Weights.IMAGENET1K_V1.meta["categories"]
    return tuple(categories) if len(wnids) == len(categories) else wnids
