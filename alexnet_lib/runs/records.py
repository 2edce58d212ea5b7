"""Run records: one JSON file per run, written whole or not at all.

A record carries a SHA-256 of its own content, so that one that was changed by accident
is found out on reading. `results/` holds the published ones, `runs/` a reader's own,
both as `<experiment>/<arm>.s<seed>.json`; one that lies anywhere else is refused.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alexnet_lib import settings
from alexnet_lib.config import RunConfig
from alexnet_lib.config_json import from_dict, to_dict
from alexnet_lib.epochs import Epoch
from alexnet_lib.experiments.measures import Measure
from alexnet_lib.files import reading, written_whole
from alexnet_lib.runs import schema_1
from alexnet_lib.settings import Scale

SCHEMA = 2


class RecordError(ValueError):
    """A file that is not a whole, unchanged record in its place."""


@dataclass(frozen=True)
class Record:
    """Everything about one run. `epochs[0]` is the untrained network.

    `measures`: what was measured of it. `data`: name, fingerprint, real, sizes.
    `result`: the experiment's metrics. `environment` and `code`: see `machine`.
    `started`: UTC, ISO 8601. `path`: where it was read, beside what is kept of the run.
    """

    experiment: str
    arm: str
    seed: int
    scale: Scale
    config: RunConfig
    measures: tuple[Measure, ...]
    data: dict[str, Any]
    epochs: list[Epoch]
    result: dict[str, Any]
    weights_sha256: str
    environment: dict[str, Any]
    code: dict[str, Any]
    started: str
    wall_seconds: float
    path: Path | None = field(default=None, compare=False)

    @property
    def published(self) -> bool:
        """Whether it may stand in `results/`: real data, unchanged commit."""
        return bool(self.data["real"]) and not self.code["dirty"]


Runs = Mapping[str, Sequence[Record]]
"""An experiment's records by arm, in each by seed."""


def path_of(root: Path, experiment: str, arm: str, seed: int) -> Path:
    """The path of a run's record under `root`."""
    return root / experiment / f"{arm}.s{seed}.json"


def write(root: Path, record: Record) -> Path:
    """Write `record` under `root`; returns its path."""
    path = path_of(root, record.experiment, record.arm, record.seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [f.name for f in dataclasses.fields(record) if f.compare]
    fields = {name: getattr(record, name) for name in names}
    as_json = {"config": to_dict(record.config), "measures": to_dict(record.measures)}
    content = {"schema": SCHEMA} | fields | as_json
    content["sha256"] = _sha256(content)
    text = json.dumps(content, indent=1, allow_nan=False) + "\n"
    with written_whole(path) as stream:
        stream.write(text.encode())
    return path


def read(path: Path) -> Record:
    """The record at `path`, of this schema or of an earlier one.

    Raises `RecordError` if it is torn, changed, of an unknown form, or lies where its
    own experiment, arm and seed would not have put it: a copy is not another run.
    Raises `OSError` if the system does not let it be read.
    """
    with reading(path, RecordError, "delete it: it is not a run record"):
        content = _content(path)
        parsed = {
            "config": from_dict(RunConfig, content["config"]),
            "measures": from_dict(tuple[Measure, ...], content["measures"]),
        }
        record = Record(**content | parsed, path=path)
    own = path_of(path.parent.parent, record.experiment, record.arm, record.seed)
    if own != path:
        raise RecordError(
            f"{path}: the record of {record.experiment}, arm {record.arm}, seed "
            f"{record.seed}, which belongs to {own}; move it there, or delete it"
        )
    return record


def _content(path: Path) -> dict[str, Any]:
    """The fields of the record at `path`, checked and under this schema's names."""
    content = json.loads(path.read_bytes())
    if not isinstance(content, dict) or not {"sha256", "schema"} <= content.keys():
        raise ValueError("no object with a schema and a sha256")
    expected, schema = content.pop("sha256"), content.pop("schema")
    if schema not in (1, SCHEMA):
        raise RecordError(
            f"{path}: record schema {schema}, this library reads 1 and {SCHEMA}"
        )
    if _sha256({"schema": schema} | content) != expected:
        raise RecordError(f"{path}: changed after it was written; restore or rerun it")
    return schema_1.upgraded(content) if schema == 1 else content


def read_all(root: Path, experiment: str) -> Runs:
    """All records of an experiment under `root`."""
    by_arm: dict[str, list[Record]] = defaultdict(list)
    for path in sorted((root / experiment).glob("*.json")):
        record = read(path)
        by_arm[record.arm].append(record)
    return {arm: sorted(runs, key=lambda r: r.seed) for arm, runs in by_arm.items()}


def published(experiment: str) -> Runs:
    """The published runs of an experiment."""
    return read_all(settings.results_root(), experiment)


def own(experiment: str, scale: Scale) -> Runs:
    """The reader's own runs of an experiment at a scale."""
    root = settings.runs_root() / scale
    found = read_all(root, experiment)
    for run in (run for runs in found.values() for run in runs):
        if run.scale != scale:
            path = path_of(root, experiment, run.arm, run.seed)
            raise RecordError(
                f"{path}: a record of scale {run.scale} among those of {scale}; move "
                "it to that scale's folder, or delete it"
            )
    return found


def _sha256(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
