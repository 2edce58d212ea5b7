"""From a folder of JPEGs, or ILSVRC's archives, to shards of squares (§2).

Work is cut into shards of a fixed number of files, each made by one process and
independent of all others: so the result does not depend on how many processes
there are, and a run that was killed goes on with the shards that are missing.
"""

from __future__ import annotations

import json
import operator
import shutil
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from tqdm.auto import tqdm

from alexnet_lib import settings
from alexnet_lib.data import shards
from alexnet_lib.data.dataset import derived
from alexnet_lib.data.errors import DataError
from alexnet_lib.data.preparing import forecast
from alexnet_lib.data.preparing.shard import Made, Shard, SplitName, make_shard
from alexnet_lib.data.preparing.workers import run_all
from alexnet_lib.data.shards import SIDE, Manifest, StoredShard
from alexnet_lib.data.sources import cifar, locations
from alexnet_lib.data.sources.folders import Item, Source
from alexnet_lib.files import explained, locked, written_whole

SHARD = 512
MAX_SKIPPED = 0.01
_FEW = 8


@dataclass(frozen=True)
class Report:
    """What is prepared: folder, images per split, files skipped and why."""

    folder: Path
    train: int
    test: int
    skipped: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Job:
    """What is to be done for a folder: shards to make, by so many workers.

    `refused` are the files that are known to be no images, and why; if more than the
    share `max_skipped` of all files cannot be used, it is an error. `show` progress.
    """

    name: str
    folder: Path
    shards: list[Shard]
    refused: tuple[tuple[str, str], ...]
    workers: int
    max_skipped: float
    show: bool


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
                _shards_of(work, found, shard, side),
                found.refused,
                workers or settings.cores(),
                max_skipped,
                show,
            )
            whole = _manifest(job, found.classes, place, _make_missing(job))
            shards.write_manifest(work, whole)
        shards.finish(work, folder)
        _listing(folder).unlink(missing_ok=True)

    return _once(folder, place, side, make)


def estimate(
    name: str, source: Path | None = None, images: int | None = None
) -> forecast.Forecast:
    """What `prepare` would take for `images` files like those, by default all.

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
    """What is in a prepared folder, if it is what was asked for."""
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


def _shards_of(work: Path, source: Source, size: int, side: int) -> list[Shard]:
    """The shards of both splits, of `size` files each and what is left over."""
    splits: tuple[tuple[SplitName, list[Item]], ...]
    splits = (("train", source.train), ("test", source.test))
    return [
        Shard(work, split, at // size, side, tuple(items[at : at + size]))
        for split, items in splits
        for at in range(0, len(items), size)
    ]


def _make_missing(job: Job) -> dict[str, Made]:
    """Make whatever shards are missing; stop as soon as too much is skipped.

    One that had to skip files is made again: they may have been mended.
    """
    before = {shard.name: shard.made() for shard in job.shards}
    made = {n: m for n, m in before.items() if m is not None and not m.skipped}
    missing = [shard for shard in job.shards if shard.name not in made]
    total = sum(len(shard.items) for shard in job.shards)
    left = sum(len(shard.items) for shard in missing)
    if missing:
        _announce(job, missing, left)
    skipped = list(job.refused)
    _check_skipped(job, skipped)
    bar = tqdm(
        desc=f"preparing {job.name}",
        total=total,
        initial=total - left,
        unit="image",
        mininterval=0.5,
        disable=not job.show,
    )
    with bar, closing(run_all(make_shard, missing, job.workers)) as results:
        for shard, new in results:
            made[shard.name] = new
            skipped += [(name, why) for name, why in new.skipped]
            bar.update(len(shard.items))
            bar.set_postfix(skipped=len(skipped), refresh=False)
            _check_skipped(job, skipped)
    return made


def _announce(job: Job, missing: list[Shard], left: int) -> None:
    """Say what disk and time the work will take; refuse if the disk is too small."""
    # The sum beside each shard takes the room of four images.
    need = (left + 4 * len(missing)) * missing[0].image_bytes
    work = missing[0].folder
    free = shutil.disk_usage(work).free
    if need > free:
        raise DataError(
            f"{work}: {need / 1e9:.2f} GB needed, {free / 1e9:.2f} GB free; free "
            "some, or set ALEXNET_DATA to a folder on a larger disk"
        )
    if job.show:
        items = [item for shard in missing for item in shard.items[:_FEW]]
        plan = forecast.measure(job.name, work, items, left, missing[0].side)
        tqdm.write(plan.line(job.workers))


def _check_skipped(job: Job, skipped: list[tuple[str, str]]) -> None:
    total = sum(len(shard.items) for shard in job.shards) + len(job.refused)
    if len(skipped) <= job.max_skipped * total:
        return
    listing = _listing(job.folder)
    lines = "".join(f"{name}: {why}\n" for name, why in skipped)
    with written_whole(listing, sync=False) as stream:
        stream.write(lines.encode())
    file, reason = skipped[0]
    raise DataError(
        f"{job.name}: {len(skipped)} of {total} files cannot be used, more than "
        f"{job.max_skipped:.1%}; the first is {file}: {reason}; all are listed in "
        f"{listing}: mend them and run the same command"
    )


def _listing(folder: Path) -> Path:
    """The file that lists what was skipped when that was too much."""
    return folder.with_name(f"{folder.name}-skipped.txt")


def _manifest(
    job: Job, classes: tuple[str, ...], source: Path, made: dict[str, Made]
) -> Manifest:
    """What was made, with the sums added up and written."""
    stored: dict[SplitName, list[StoredShard]] = {"train": [], "test": []}
    for shard in job.shards:
        one = made[shard.name]
        if one.labels:
            file = shard.file(".npy").name
            stored[shard.split].append(StoredShard(file, one.sha256, one.labels))
    for split, kept in stored.items():
        seen = {label for shard in kept for label in shard.labels}
        if unseen := set(range(len(classes))) - seen:
            raise DataError(
                f"{job.name}: no file of class {classes[min(unseen)]} in {split} could "
                "be used; mend its files, or remove the class from train and test"
            )
    train = (shard for shard in job.shards if shard.split == "train")
    sums = reduce(operator.add, (shard.sums(made[shard.name]) for shard in train))
    skipped = [list(skip) for skip in job.refused]
    return Manifest(
        name=job.name,
        classes=list(classes),
        fingerprint=_fingerprint(stored),
        side=job.shards[0].side,
        source=str(source),
        train=stored["train"],
        test=stored["test"],
        total=shards.save_total(job.shards[0].folder, sums),
        products=sums.products.tolist(),
        skipped=skipped + [skip for s in job.shards for skip in made[s.name].skipped],
    )


def _fingerprint(stored: dict[SplitName, list[StoredShard]]) -> str:
    """What identifies the data: the checksums of all arrays, and the labels."""
    checksums = {s.file: s.sha256 for split in stored.values() for s in split}
    labels = {
        name: [label for shard in split for label in shard.labels]
        for name, split in stored.items()
    }
    return derived(json.dumps([checksums, labels]))
