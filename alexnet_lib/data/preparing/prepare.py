"""From a folder of JPEGs, or ILSVRC's archives, to shards of 256x256 squares (§2).

Work is cut into shards of a fixed number of files, each made by one process and
independent of all others: so the result does not depend on how many processes
there are, and a run that was killed goes on with the shards that are missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from alexnet_lib import settings
from alexnet_lib.data import prepared
from alexnet_lib.data.dataset import DataError
from alexnet_lib.data.preparing import forecast
from alexnet_lib.data.preparing.shard import (
    IMAGE_BYTES,
    Shard,
    make_shard,
    save_array,
    write_whole,
)
from alexnet_lib.data.preparing.workers import run_all
from alexnet_lib.data.sources import locations
from alexnet_lib.data.sources.folders import Source

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


def prepare(
    name: str,
    source: Path | None = None,
    *,
    workers: int | None = None,
    shard: int = SHARD,
    max_skipped: float = MAX_SKIPPED,
    show: bool = True,
) -> Report:
    """Prepare `imagenette`, `imagenet` or `imagenet2010` under `$ALEXNET_DATA`.

    From `source`, a folder or archive, else from where `places.find` finds it.
    `workers` processes, by default one a core; `shard` files make one shard. Files
    that cannot be decoded are skipped and reported; more than the share
    `max_skipped` of them is an error. What is prepared already is only reported.
    Raises `DataError`; after any error or kill the same call goes on from there.
    """
    _check_name(name)
    root = settings.data_root()
    folder = root / "prepared" / name
    if prepared.present(folder):
        return _report(folder)
    place = _place(name, source, root)
    work = folder.with_name(f".{name}.partial")
    try:
        work.mkdir(parents=True, exist_ok=True)
        if not prepared.present(work):
            found = locations.open_source(name, place, work)
            shards = _plan(work, found, shard)
            _make_missing(name, shards, workers or settings.cores(), max_skipped, show)
            _conclude(work, name, found.classes, shards)
        _tidy(work)
        os.rename(work, folder)
    except OSError as error:
        raise DataError(
            f"{error.filename or work}: {error.strerror or error}; free or unlock it, "
            "or set ALEXNET_DATA to another folder; what is done is kept, the same "
            "command goes on from there"
        ) from error
    return _report(folder)


def estimate(
    name: str, source: Path | None = None, images: int | None = None
) -> forecast.Plan:
    """What `prepare` would take for `images` files like those, by default all.

    Lists them and prepares a few, in a temporary folder. Raises `DataError`.
    """
    _check_name(name)
    root = settings.data_root()
    place = _place(name, source, root)
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".plan-", dir=root) as scratch:
        found = locations.open_source(name, place, Path(scratch))
        items = found.train + found.test
        return forecast.measure(name, Path(scratch), items, images or len(items))


def _check_name(name: str) -> None:
    if name not in locations.PLACES:
        known = ", ".join(locations.PLACES)
        raise DataError(f"no photographs are called {name!r}; known: {known}")


def _place(name: str, source: Path | None, root: Path) -> Path:
    place = source.expanduser() if source else locations.find(name, root)
    if not place.exists():
        raise DataError(f"{place}: there is no such file or folder")
    return place


def _report(folder: Path) -> Report:
    said = prepared.about(folder)
    train, test = (len(said["labels"][split]) for split in ("train", "test"))
    return Report(folder, train, test, tuple((n, why) for n, why in said["skipped"]))


def _plan(work: Path, source: Source, size: int) -> list[Shard]:
    """The shards of both splits, of `size` files each and what is left over."""
    return [
        Shard(work, f"{split}-{at // size:05d}", tuple(items[at : at + size]))
        for split, items in (("train", source.train), ("test", source.test))
        for at in range(0, len(items), size)
    ]


def _make_missing(
    name: str, shards: list[Shard], workers: int, max_skipped: float, show: bool
) -> None:
    """Make whatever shards are missing; stop as soon as too much is skipped."""
    total = sum(len(shard.items) for shard in shards)
    skipped: list[tuple[str, str]] = []
    missing = []
    for shard in shards:
        if (said := shard.said()) is None:
            missing.append(shard)
        else:
            skipped += said["skipped"]
    left = sum(len(shard.items) for shard in missing)
    if missing:
        _announce(name, missing, left, workers, show)
    _check_skipped(name, shards[0].folder, skipped, total, max_skipped)
    bar = tqdm(
        desc=f"preparing {name}",
        total=total,
        initial=total - left,
        unit="image",
        mininterval=0.5,
        disable=not show,
    )
    with bar, closing(run_all(make_shard, missing, workers)) as made:
        for shard in made:
            bar.update(len(shard.items))
            skipped += _said(shard)["skipped"]
            bar.set_postfix(skipped=len(skipped), refresh=False)
            _check_skipped(name, shard.folder, skipped, total, max_skipped)


def _announce(
    name: str, missing: list[Shard], left: int, workers: int, show: bool
) -> None:
    """Say what disk and time the work will take; refuse if the disk is too small."""
    # The sum beside each shard takes the room of four images.
    folder, need = missing[0].folder, (left + 4 * len(missing)) * IMAGE_BYTES
    free = shutil.disk_usage(folder).free
    if need > free:
        raise DataError(
            f"{folder}: {need / 1e9:.2f} GB needed, {free / 1e9:.2f} GB free; free "
            "some, or set ALEXNET_DATA to a folder on a larger disk"
        )
    if show:
        items = [item for shard in missing for item in shard.items[:_FEW]]
        tqdm.write(forecast.measure(name, folder, items, left).line(workers))


def _check_skipped(
    name: str,
    work: Path,
    skipped: list[tuple[str, str]],
    total: int,
    max_skipped: float,
) -> None:
    if len(skipped) <= max_skipped * total:
        return
    listing = work.with_name(f"{name}-skipped.txt")
    write_whole(listing, "".join(f"{n}: {w}\n" for n, w in skipped).encode())
    file, reason = skipped[0]
    raise DataError(
        f"{name}: {len(skipped)} of {total} files cannot be used, more than "
        f"{max_skipped:.1%}; the first is {file}: {reason}; all are listed in "
        f"{listing}: mend them and run the same command"
    )


def _said(shard: Shard) -> dict:
    said = shard.said()
    if said is None:
        raise DataError(
            f"{shard.file('.json')}: vanished while it was needed; let only one "
            "process at a time prepare a data set"
        )
    return said


def _conclude(
    work: Path, name: str, classes: tuple[str, ...], shards: list[Shard]
) -> None:
    """Add up the shards' sums and write what makes the folder whole."""
    said = {shard.name: _said(shard) for shard in shards}
    labels: dict[str, list[int]] = {"train": [], "test": []}
    for shard in shards:
        labels[shard.name.split("-")[0]] += said[shard.name]["labels"]
    for split, seen in labels.items():
        if unseen := set(range(len(classes))) - set(seen):
            raise DataError(
                f"{name}: no file of class {classes[min(unseen)]} in {split} could be "
                "used; mend its files, or remove the class from train and test"
            )
    train = [shard for shard in shards if shard.name.startswith("train-")]
    total = sum(np.load(s.file(".total.npy")).astype(np.int64) for s in train)
    checksums = {f"{s}.npy": said[s]["sha256"] for s in said if said[s]["labels"]}
    identity = json.dumps([checksums, labels]).encode()
    checksums[prepared.TOTAL] = save_array(work / prepared.TOTAL, total)
    about = {
        "name": name,
        "classes": classes,
        "fingerprint": hashlib.sha256(identity).hexdigest()[:16],
        "sha256": checksums,
        "products": np.sum([said[s.name]["products"] for s in train], 0).tolist(),
        "skipped": [skip for shard in said.values() for skip in shard["skipped"]],
        "labels": labels,
    }
    write_whole(work / prepared.ABOUT, json.dumps(about).encode())


def _tidy(work: Path) -> None:
    """Remove all that was only needed on the way."""
    kept = {prepared.ABOUT, *prepared.about(work)["sha256"]}
    for file in work.iterdir():
        if file.is_dir():  # a plan's, if it was killed
            shutil.rmtree(file)
        elif file.name not in kept:
            file.unlink()
