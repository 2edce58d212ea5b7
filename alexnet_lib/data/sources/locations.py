"""Where each data set of photographs is looked for, and how it is fetched."""

from __future__ import annotations

from pathlib import Path
from urllib.error import URLError

from torchvision.datasets import Imagenette
from torchvision.datasets.utils import download_url
from torchvision.models import AlexNet_Weights

from alexnet_lib.data.dataset import DataError, DataMissing
from alexnet_lib.data.sources import ilsvrc
from alexnet_lib.data.sources.archives import plain_tar
from alexnet_lib.data.sources.folders import (
    Source,
    archive_folders,
    disk_folders,
    from_folders,
)

_URL, _MD5 = Imagenette._ARCHIVES["full"]
_ARCHIVE = _URL.rsplit("/", 1)[1]
PLACES = {
    "imagenette": (
        "imagenette",
        "imagenette2",
        _ARCHIVE,
        "imagenette2-320",
        "imagenette2-320.tgz",
        "imagenette2-160",
        "imagenette2-160.tgz",
    ),
    "imagenet": ("imagenet", "ILSVRC2012", "ilsvrc2012", "."),
    "imagenet2010": ("imagenet2010", "ILSVRC2010", "ilsvrc2010", "."),
}
_YEARS = {"imagenette": (), "imagenet": ("2012",), "imagenet2010": ("2010",)}


def find(name: str, root: Path) -> Path:
    """The first place under `root` that holds `name`; Imagenette is downloaded.

    Raises `DataMissing` that lists where it looked.
    """
    places = [root / place for place in PLACES[name]]
    for place in places:
        if place.is_file() or (place / "train").is_dir():
            return place
        if any(ilsvrc.release(place, year) for year in _YEARS[name]):
            return place
    tried = ", ".join(str(place) for place in places)
    if name == "imagenette":
        return _download(root, tried)
    raise DataMissing(
        f"{name} not found: looked for class folders or ILSVRC's archives in {tried}; "
        f"run `alexnet data prepare {name} --from PATH`, or set ALEXNET_DATA"
    )


def _download(root: Path, tried: str) -> Path:
    try:
        root.mkdir(parents=True, exist_ok=True)
        download_url(_URL, str(root), _ARCHIVE, _MD5)
    except URLError as error:
        raise DataMissing(
            f"imagenette not found and not to be fetched ({error.reason}): looked for "
            f"{tried}; put {_ARCHIVE} or class folders there, or set ALEXNET_DATA"
        ) from None
    except (OSError, RuntimeError) as error:
        raise DataError(
            f"{root / _ARCHIVE}: download failed ({error}); try again, or fetch {_URL} "
            "yourself"
        ) from None
    return root / _ARCHIVE


def open_source(name: str, place: Path, work: Path) -> Source:
    """The source at `place`: a folder of a known layout, or a .tar or .tgz of one.

    A compressed archive is first decompressed into the folder `work`. Raises
    `DataError` naming what is missing or damaged.
    """
    if place.is_file():
        folders = archive_folders(plain_tar(place, work))
    else:
        # With class folders in val/ too no devkit is needed.
        if not any(file.is_dir() for file in (place / "val").glob("[!.]*")):
            for year in _YEARS[name]:
                if found := ilsvrc.release(place, year):
                    return ilsvrc.open_release(found, work)
        if not (place / "train").is_dir():
            raise DataError(
                f"{place}: no known layout of {name}; it should hold train/<class>/ "
                "and val/<class>/ with images, or the archives as ILSVRC names them, "
                "or be a .tar or .tgz of class folders"
            )
        folders = disk_folders(place)
    return from_folders(folders, place, class_names(name, sorted(folders["train"])))


def class_names(name: str, wnids: list[str]) -> tuple[str, ...]:
    """English names for WordNet ids in order, as torchvision knows them.

    The ids themselves where it does not.
    """
    if name == "imagenette":
        known = Imagenette._WNID_TO_CLASS
        return tuple(known[w][0] if w in known else w for w in wnids)
    categories = AlexNet_Weights.IMAGENET1K_V1.meta["categories"]
    if name == "imagenet" and len(wnids) == len(categories):
        return tuple(categories)
    return tuple(wnids)
