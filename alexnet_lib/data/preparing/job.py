"""The work of preparing one data set: its shards made, its manifest put together."""

from __future__ import annotations

import json
import operator
import shutil
from contextlib import closing
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from tqdm.auto import tqdm

from alexnet_lib.data import shards
from alexnet_lib.data.dataset import derived
from alexnet_lib.data.errors import DataError
from alexnet_lib.data.preparing import forecast
from alexnet_lib.data.preparing.shard import Made, Shard, SplitName, make_shard
from alexnet_lib.data.preparing.workers import run_all
from alexnet_lib.data.shards import Manifest, StoredShard
from alexnet_lib.data.sources.folders import Item, Source
from alexnet_lib.files import written_whole

_FEW = 8


@dataclass(frozen=True)
class Job:
    """Work to do for a folder: shards to make, by so many workers.

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

    def make_missing(self) -> dict[str, Made]:
        """Make whatever shards are missing; stop as soon as too much is skipped.

        One that had to skip files is made again: they may have been mended.
        """
        before = {shard.name: shard.made() for shard in self.shards}
        made = {n: m for n, m in before.items() if m is not None and not m.skipped}
        missing = [shard for shard in self.shards if shard.name not in made]
        total = sum(len(shard.items) for shard in self.shards)
        left = sum(len(shard.items) for shard in missing)
        if missing:
            self._announce(missing, left)
        skipped = list(self.refused)
        self._check_skipped(skipped)
        bar = tqdm(
            desc=f"preparing {self.name}",
            total=total,
            initial=total - left,
            unit="image",
            mininterval=0.5,
            disable=not self.show,
        )
        with bar, closing(run_all(make_shard, missing, self.workers)) as results:
            for shard, new in results:
                made[shard.name] = new
                skipped += [(name, why) for name, why in new.skipped]
                bar.update(len(shard.items))
                bar.set_postfix(skipped=len(skipped), refresh=False)
                self._check_skipped(skipped)
        return made

    def _announce(self, missing: list[Shard], left: int) -> None:
        """Say what disk and time it will take; refuse if the disk is too small."""
        # The sum beside each shard takes the room of four images.
        need = (left + 4 * len(missing)) * missing[0].image_bytes
        work = missing[0].folder
        free = shutil.disk_usage(work).free
        if need > free:
            raise DataError(
                f"{work}: {need / 1e9:.2f} GB needed, {free / 1e9:.2f} GB free; free "
                "some, or set ALEXNET_DATA to a folder on a larger disk"
            )
        if self.show:
            items = [item for shard in missing for item in shard.items[:_FEW]]
            plan = forecast.measure(self.name, work, items, left, missing[0].side)
            tqdm.write(plan.line(self.workers))

    def _check_skipped(self, skipped: list[tuple[str, str]]) -> None:
        total = sum(len(shard.items) for shard in self.shards) + len(self.refused)
        if len(skipped) <= self.max_skipped * total:
            return
        listing = listing_of(self.folder)
        lines = "".join(f"{name}: {why}\n" for name, why in skipped)
        with written_whole(listing, sync=False) as stream:
            stream.write(lines.encode())
        file, reason = skipped[0]
        raise DataError(
            f"{self.name}: {len(skipped)} of {total} files cannot be used, more than "
            f"{self.max_skipped:.1%}; the first is {file}: {reason}; all are listed in "
            f"{listing}: mend them and run the same command"
        )

    def manifest(
        self, classes: tuple[str, ...], source: Path, made: dict[str, Made]
    ) -> Manifest:
        """Describe what was made; the sums are added up and written."""
        stored: dict[SplitName, list[StoredShard]] = {"train": [], "test": []}
        for shard in self.shards:
            one = made[shard.name]
            if one.labels:
                file = shard.file(".npy").name
                stored[shard.split].append(StoredShard(file, one.sha256, one.labels))
        for split, kept in stored.items():
            self._check_classes(classes, split, kept)
        train = (shard for shard in self.shards if shard.split == "train")
        sums = reduce(operator.add, (shard.sums(made[shard.name]) for shard in train))
        skipped = [list(skip) for skip in self.refused]
        skipped += [skip for s in self.shards for skip in made[s.name].skipped]
        return Manifest(
            name=self.name,
            classes=list(classes),
            fingerprint=_fingerprint(stored),
            side=self.shards[0].side,
            source=str(source),
            train=stored["train"],
            test=stored["test"],
            total=shards.save_total(self.shards[0].folder, sums),
            products=sums.products.tolist(),
            skipped=skipped,
        )

    def _check_classes(
        self, classes: tuple[str, ...], split: str, stored: list[StoredShard]
    ) -> None:
        seen = {label for shard in stored for label in shard.labels}
        if unseen := set(range(len(classes))) - seen:
            raise DataError(
                f"{self.name}: no file of class {classes[min(unseen)]} in {split} can "
                "be used; mend its files, or remove the class from train and test"
            )


def shards_of(work: Path, source: Source, size: int, side: int) -> list[Shard]:
    """The shards of both splits, of `size` files each and what is left over."""
    splits: tuple[tuple[SplitName, list[Item]], ...]
    splits = (("train", source.train), ("test", source.test))
    return [
        Shard(work, split, at // size, side, tuple(items[at : at + size]))
        for split, items in splits
        for at in range(0, len(items), size)
    ]


def listing_of(folder: Path) -> Path:
    """The file that lists what was skipped when that was too much."""
    return folder.with_name(f"{folder.name}-skipped.txt")


def _fingerprint(stored: dict[SplitName, list[StoredShard]]) -> str:
    """Identify the data by the checksums of all arrays and the labels."""
    checksums = {s.file: s.sha256 for split in stored.values() for s in split}
    labels = {
        name: [label for shard in split for label in shard.labels]
        for name, split in stored.items()
    }
    return derived(json.dumps([checksums, labels]))
