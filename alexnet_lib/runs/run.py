"""From an arm and a seed to a record: data, network, training, metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alexnet_lib import data, machine, settings
from alexnet_lib.config import RunConfig, to_dict
from alexnet_lib.data import Dataset
from alexnet_lib.experiments import Experiment
from alexnet_lib.runs import artifacts, records
from alexnet_lib.runs.records import Record
from alexnet_lib.runs.train_config import run_name, train_config, weights_sha256
from alexnet_lib.settings import Scale
from alexnet_lib.training import checkpoint
from alexnet_lib.training.loop import OnEpoch
from alexnet_lib.training.team import SINGLE_PROCESS, Team


class PublishError(RuntimeError):
    """A run that may not be published; the message says why."""


def run_experiment(
    experiment: Experiment,
    scale: Scale,
    *,
    seeds: Sequence[int] | None = None,
    arms: Iterable[str] = (),
    publish: bool = False,
    show: bool = True,
    on_epoch: Callable[[str, int, list[dict[str, Any]]], None] | None = None,
) -> list[Record]:
    """Run whatever arms and seeds have no record yet; returns all their records.

    Without `arms` all of them, without `seeds` as many as the scale says.

    Own runs go to `runs/<scale>/`; with `publish` the records go to `results/`,
    which takes only real data and one unchanged commit from the first step to the
    last (`PublishError`). Raises `ValueError` for an unknown arm.
    """
    chosen = list(arms) or list(experiment.arms(scale))
    for arm in chosen:
        arm_config(experiment, scale, arm)
    return [
        run_arm(
            experiment,
            arm,
            seed,
            scale,
            publish=publish,
            show=show,
            on_epoch=on_epoch and (lambda h, a=arm, s=seed: on_epoch(a, s, h)),  # type: ignore[misc]
        )
        for seed in (experiment.seed_list(scale) if seeds is None else seeds)
        for arm in chosen
    ]


def arm_config(experiment: Experiment, scale: Scale, arm: str) -> RunConfig:
    """The arm of that name; `ValueError` if there is none."""
    known = experiment.arms(scale)
    if arm not in known:
        raise ValueError(
            f"{experiment.name} has no arm {arm}; it has {', '.join(known)}"
        )
    return known[arm]


def run_arm(
    experiment: Experiment,
    arm: str,
    seed: int,
    scale: Scale,
    *,
    publish: bool = False,
    show: bool = True,
    on_epoch: OnEpoch | None = None,
) -> Record:
    """The record of one arm and seed: read if it is there, else trained for.

    Training goes on from the run's checkpoint if one is there.
    """
    run = _Run(experiment, arm, seed, scale, SINGLE_PROCESS)
    record = run.record(publish=publish, show=show, on_epoch=on_epoch)
    assert record is not None
    return record


def run_arm_in(
    team: Team, experiment: Experiment, arm: str, seed: int, scale: Scale
) -> Record | None:
    """`run_arm` by all processes of a `team`, which call it together.

    The leading process writes the record and returns it, the others return None.
    Raises `ValueError` for an unknown arm, or one that probes units, and
    `TeamError` if the processes do not mean the same run or find the same records.
    """
    return _Run(experiment, arm, seed, scale, team).record()


@dataclass(frozen=True)
class _Run:
    """One arm and seed of an experiment, and who trains it."""

    experiment: Experiment
    arm: str
    seed: int
    scale: Scale
    team: Team

    def record(
        self,
        publish: bool = False,
        show: bool = True,
        on_epoch: OnEpoch | None = None,
    ) -> Record | None:
        """Stored or trained for; None in a process that does not lead."""
        config = arm_config(self.experiment, self.scale, self.arm)
        own = settings.runs_root() / self.scale
        root = settings.results_root() if publish else own
        known = stored(root, self.experiment, self.arm, self.seed, config)
        same = {"config": to_dict(config), "seed": self.seed}
        self.team.require_equal(same | {f"a record in {root}": known is not None})
        if known is not None:
            return known if self.team.is_main else None
        dataset, code = data.load(config.data.name), machine.code()
        which = self.experiment.name, self.arm, self.seed
        saved = records.path_of(own, *which).with_suffix(".pt")
        if publish:
            _check_publishable(code, dataset, records.path_of(root, *which))
            name = run_name(config, dataset.fingerprint, self.seed)
            _check_trained_by(code, saved, name)
        started = datetime.now(UTC).isoformat(timespec="seconds")
        net, history = train_config(
            config,
            dataset,
            self.seed,
            saved=saved,
            on_epoch=on_epoch,
            title=f"{self.experiment.name} {self.arm}, seed {self.seed}",
            show=show,
            team=self.team,
        )
        sha256 = weights_sha256(net, self.team)
        if not self.team.is_main:
            return None
        record = self._record_of(config, dataset, history, sha256, code, started)
        if publish and self.arm in self.experiment.keeps_first_layer:
            layer = artifacts.FirstLayer.of(net, dataset)
            artifacts.write(artifacts.path_of(root, *which), layer)
        records.write(root, record)
        return record

    def _record_of(
        self,
        config: RunConfig,
        dataset: Dataset,
        history: list[dict[str, Any]],
        sha256: str,
        code: dict[str, Any],
        started: str,
    ) -> Record:
        about = machine.environment(self.team.device, config.training.precision)
        if self.team.processes > 1:
            about["processes"] = self.team.processes
        return Record(
            experiment=self.experiment.name,
            arm=self.arm,
            seed=self.seed,
            scale=self.scale,
            config=config,
            data={
                "name": dataset.name,
                "fingerprint": dataset.fingerprint,
                "real": dataset.real,
                "train": len(dataset.train),
                "test": len(dataset.test),
            },
            epochs=history,
            result=self.experiment.metrics(history),
            weights_sha256=sha256,
            environment=about,
            code=code,
            started=started,
            wall_seconds=round(
                sum(e.get("seconds", 0) + e["measure_seconds"] for e in history), 1
            ),
        )


def _check_publishable(code: dict[str, Any], dataset: Dataset, path: Path) -> None:
    if code["dirty"]:
        raise PublishError(
            "only runs on real data from an unchanged commit are published; "
            "commit or stash first"
        )
    if not dataset.real:
        raise PublishError(
            f"only runs on real data are published, and {dataset.name} is drawn"
        )
    if path.exists():
        raise PublishError(
            f"{path} is a published run of another configuration; delete it first"
        )


def _check_trained_by(code: dict[str, Any], saved: Path, run: str) -> None:
    """Refuse to publish, as this commit's, what another one has begun."""
    begun = checkpoint.load(saved, run)
    if begun is not None and begun["progress"]["commits"] != [code["commit"]]:
        by = ", ".join(begun["progress"]["commits"])
        raise PublishError(
            f"{saved}: trained by other code than this commit ({by}); "
            "delete it to start again, or check that commit out"
        )


def stored(
    root: Path, experiment: Experiment, arm: str, seed: int, config: RunConfig
) -> Record | None:
    """The record of that run under `root`, if there is one of this very config."""
    path = records.path_of(root, experiment.name, arm, seed)
    if not path.exists():
        return None
    record = records.read(path)
    return record if record.config == config else None
