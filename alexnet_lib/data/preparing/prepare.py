"""Shards of squares made from a folder of JPEGs, or from ILSVRC's archives (§2).

Work is cut into shards of a fixed number of files, each made by one process and
independent of all others: so the result does not depend on how many processes there
are, and work that was killed goes on with the shards that are missing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alexnet_lib import settings
from alexnet_lib.data import shards
from alexnet_lib.data.errors import DataError
from alexnet_lib.data.preparing import forecast
from alexnet_lib.data.preparing.job import Job, listing_of, shards_of
from alexnet_lib.data.shards import SIDE
from alexnet_lib.data.sources import cifar, locations
from alexnet_lib.files import explained, locked

SHARD = 512
MAX_SKIPPED = 0.01


@dataclass(frozen=True)
class Report:
    """Result of preparing: folder, images per split, files skipped and why."""

    folder: Path
    train: int
    test: int
    skipped: tuple[tuple[str, str], ...]


def prepare(
    name: str,
    source: Path | None = None,
    *,
    workers: int | None = None,
    shard: int = SHARD,
    max_skipped: float = MAX_SKIPPED,
    show: bool = True,
) -> Report:
    """Prepare the data set `name` under `$ALEXNET_DATA`, from `source` or where it is.

    `cifar10`, `imagenette`, `imagenette-subset`, `imagenet` or `imagenet2010`; of the
    photographs squares of 256 pixels a side, or of as many as stand behind the name, as
    in `imagenet-384`. `source` and the rest are as `prepare_folder` takes them.
    """
    _check(max_skipped, workers=workers, shard=shard)
    base, side = locations.split_name(name)
    folder = settings.data_root() / "prepared" / name
    if shards.present(folder):
        return _report(folder, source, side)
    place = _absolute(source or locations.find(base, settings.data_root()))
    if base == cifar.NAME:

        def write() -> None:
            shards.write(folder, cifar.read(place), place)

        return _once(folder, place, side, write)
    return prepare_folder(
        place,
        folder,
        name=name,
        side=side,
        workers=workers,
        shard=shard,
        max_skipped=max_skipped,
        show=show,
    )


def prepare_folder(
    source: Path,
    folder: Path,
    *,
    name: str | None = None,
    side: int = SIDE,
    workers: int | None = None,
    shard: int = SHARD,
    max_skipped: float = MAX_SKIPPED,
    show: bool = True,
) -> Report:
    """Prepare the photographs at `source` in `folder`, as squares of `side` pixels.

    `source` holds train/<class>/ and val/<class>/, or is an archive of that; of the
    data set `name` it may also be what ILSVRC publishes. `workers` processes, by
    default one a core; `shard` files make one shard. Files that are no images are
    skipped and reported; more than the share `max_skipped` of them is an error. What
    is prepared already is only reported. Raises `DataError`, which tells an error of
    the operating system as what it is; after any error or kill the same call goes on
    from there. Raises `ValueError` for numbers that make no sense.
    """
    _check(max_skipped, side=side, workers=workers, shard=shard)
    place, work = _absolute(source), shards.partial(folder)

    def make() -> None:
        work.mkdir(parents=True, exist_ok=True)
        if not _finished(work, place):
            found = locations.open_source(place, work, name)
            job = Job(
                name or folder.name,
                folder,
                shards_of(work, found, shard, side),
                found.refused,
                workers or settings.cores(),
                max_skipped,
                show,
            )
            made = job.make_missing()
            shards.write_manifest(work, job.manifest(found.classes, place, made))
        shards.finish(work, folder)
        listing_of(folder).unlink(missing_ok=True)

    return _once(folder, place, side, make)


def estimate(
    name: str, source: Path | None = None, images: int | None = None
) -> forecast.Forecast:
    """Forecast what `prepare` takes for `images` files like those, by default all.

    Lists them and prepares a few, in a temporary folder. Raises `DataError`, and
    `ValueError` for no images.
    """
    _check(images=images)
    base, side = locations.split_name(name)
    if base == cifar.NAME:
        raise DataError(f"there is nothing to plan for {name}: it takes a minute")
    root = settings.data_root()
    place = _absolute(source or locations.find(base, root))
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".forecast-", dir=root) as scratch:
        found = locations.open_source(place, Path(scratch), name)
        items = found.train + found.test
        return forecast.measure(name, Path(scratch), items, images or len(items), side)


def _check(max_skipped: float = 0, **numbers: int | None) -> None:
    if not 0 <= max_skipped <= 1:
        raise ValueError(f"max_skipped must be from 0 to 1, not {max_skipped}")
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise ValueError(f"{name} must be at least 1, not {number}")


def _absolute(source: Path) -> Path:
    return source.expanduser().resolve()


def _once(folder: Path, source: Path, side: int, make: Callable[[], None]) -> Report:
    """Have the folder made of the source by one process, unless it is there."""
    try:
        if not shards.present(folder):
            if not source.exists():
                raise DataError(f"{source}: there is no such file or folder")
            with locked(folder):
                if not shards.present(folder):  # nor did it come while we waited
                    make()
    except OSError as error:
        place = "" if error.filename else f"{folder}: "
        raise DataError(
            f"{place}{explained(error)}; what is done is kept, the same command goes "
            "on from there"
        ) from error
    return _report(folder, source, side)


def _report(folder: Path, source: Path | None, side: int) -> Report:
    """Report on a prepared folder, if it is what was asked for."""
    whole = shards.manifest(folder)
    if source and whole.source != str(_absolute(source)):
        raise DataError(
            f"{folder}: prepared already, from {whole.source or 'a place not noted'}; "
            f"leave {source} out, or delete the folder to prepare it from there"
        )
    if whole.side != side:
        raise DataError(
            f"{folder}: prepared already, as squares of {whole.side} pixels; delete it "
            f"to prepare it as squares of {side}, or choose another folder"
        )
    train, test = (
        sum(len(s.labels) for s in split) for split in (whole.train, whole.test)
    )
    return Report(folder, train, test, tuple((n, why) for n, why in whole.skipped))


def _finished(work: Path, place: Path) -> bool:
    """Whether all is made but for its name; what is made of another source goes."""
    if shards.present(work):
        whole = shards.manifest(work)
        if (whole.version, whole.source) == (shards.VERSION, str(place)):
            return True
        (work / shards.MANIFEST).unlink()
    return False
