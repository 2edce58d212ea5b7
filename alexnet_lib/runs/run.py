"""A run, made of an arm and a seed: data, network, training, record."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from alexnet_lib import machine, settings
from alexnet_lib.config import RunConfig
from alexnet_lib.config_json import digest, to_dict
from alexnet_lib.data import Dataset
from alexnet_lib.epochs import Epochs
from alexnet_lib.experiments.experiment import Experiment
from alexnet_lib.experiments.measures import Measures
from alexnet_lib.modules.build import build
from alexnet_lib.runs import artifacts, records
from alexnet_lib.runs.measured import Subject, arrays_of
from alexnet_lib.runs.planned import refuse_beyond_plan
from alexnet_lib.runs.publish import check_publishable
from alexnet_lib.runs.records import Record
from alexnet_lib.runs.start import start_weights
from alexnet_lib.runs.train_config import load_for, train_config, weights_sha256
from alexnet_lib.settings import Scale
from alexnet_lib.training import checkpoint
from alexnet_lib.training.checkpoint import Saved
from alexnet_lib.training.progress import Checkpoints
from alexnet_lib.training.team import SINGLE_PROCESS, Team

OnRunEpoch = Callable[["Run", Epochs], None]


@dataclass(frozen=True)
class Options:
    """Options for carrying out a run, which change nothing in what it computes."""

    publish: bool = False
    show: bool = True
    on_epoch: OnRunEpoch | None = None
    team: Team = SINGLE_PROCESS


@dataclass(frozen=True)
class Run:
    """One arm and seed of an experiment at a scale; `ValueError` for an unknown arm."""

    experiment: Experiment
    arm: str
    seed: int
    scale: Scale

    def __post_init__(self) -> None:
        known = self.experiment.arms(self.scale)
        if self.arm not in known:
            raise ValueError(
                f"{self.experiment.name} has no arm {self.arm}; it has "
                f"{', '.join(known)}"
            )

    @property
    def config(self) -> RunConfig:
        """The configuration of its arm at its scale."""
        return self.experiment.arms(self.scale)[self.arm]

    @property
    def measures(self) -> Measures:
        """The measures of its experiment at its scale."""
        return self.experiment.measures(self.scale)

    @property
    def title(self) -> str:
        """The run's name for people."""
        return f"{self.experiment.name} {self.arm}, seed {self.seed}"

    @property
    def own_root(self) -> Path:
        """The folder of the reader's own runs at this scale."""
        return settings.runs_root() / self.scale

    @property
    def checkpoint_path(self) -> Path:
        """The path of its checkpoint, finished or not."""
        return self.record_path(self.own_root).with_suffix(".pt")

    def record_path(self, root: Path) -> Path:
        """The path of its record under `root`."""
        return records.path_of(root, self.experiment.name, self.arm, self.seed)

    def id(self, fingerprint: str) -> str:
        """Name of its checkpoints, on data of this fingerprint: no other run has it."""
        return run_id(self.config, self.measures, fingerprint, self.seed)

    def stored(self, root: Path) -> Record | None:
        """Read its record under `root`; None unless of this config with all metrics."""
        path = self.record_path(root)
        if not path.exists():
            return None
        record = records.read(path)
        complete = self.experiment.metrics.keys() <= record.result.keys()
        return record if complete and record.config == self.config else None

    def record(self, options: Options | None = None) -> Record | None:
        """Read its record if it is there, else train for it, and write it.

        Training goes on from the checkpoint if one is there. All processes of a team
        call this together; those that are not the main one return None. With `publish`
        the record is written to `results/` (`PublishError` if it may not stand there),
        else to the reader's own runs.
        """
        options = options or Options()
        root = settings.results_root() if options.publish else self.own_root
        team = options.team
        known = self._found(root, team)
        if known is None:
            with checkpoint.held(self.checkpoint_path, team):
                known = self._found(root, team) or self._made(root, options)
        return known if team.is_main else None

    def network(self) -> nn.Sequential:
        """The trained network of the reader's own finished run, on the CPU.

        Raises `FileNotFoundError` if it is not finished, or its checkpoint is gone.
        """
        record = self.stored(self.own_root)
        state = None
        if record is not None:
            of_this = self.id(record.data["fingerprint"])
            state = checkpoint.load(self.checkpoint_path, of_this)
        if state is None:
            raise FileNotFoundError(
                f"no finished run of {self.title} under {self.own_root}; run `alexnet "
                f"run {self.experiment.name} --arm {self.arm} --seed {self.seed} "
                f"--scale {self.scale}`"
            )
        net = build(self.config.network, self.seed)
        net.load_state_dict(state["net"])
        return net

    def _found(self, root: Path, team: Team) -> Record | None:
        """Read its record under `root`, if all processes of the team find it there."""
        known = self.stored(root)
        run = {"config": to_dict(self.config), "seed": self.seed}
        team.require_equal(run | {f"a record in {root}": known is not None})
        return known

    def _made(self, root: Path, options: Options) -> Record | None:
        dataset, code = load_for(self.config), machine.code()
        if options.publish:
            trained = [run for run in (self, self._other) if run is not None]
            saved = [run._saved(dataset) for run in trained]
            check_publishable(code, dataset, self.record_path(root), saved)
            refuse_beyond_plan(self.experiment, self.arm, self.seed, self.scale)
        started = datetime.now(UTC).isoformat(timespec="seconds")
        on_epoch = options.on_epoch
        subject, epochs = train_config(
            self.config,
            dataset,
            self.seed,
            measures=self.measures,
            checkpoints=Checkpoints(self.checkpoint_path, self.id(dataset.fingerprint)),
            start=self._start(dataset),
            keep=partial(self._keep, root),
            on_epoch=on_epoch and (lambda so_far: on_epoch(self, so_far)),
            title=self.title,
            show=options.show,
            team=options.team,
        )
        record = self._record_of(subject, epochs, code, started)
        self._keep(root, subject)
        if options.team.is_main:
            records.write(root, record)
        return record

    def _start(self, dataset: Dataset) -> dict[str, Tensor] | None:
        """The weights that the config takes from another arm's finished run."""
        start, other = self.config.start, self._other
        if start is None or other is None:
            return None
        training = other.config.training
        return start_weights(start, other._saved(dataset), training, self.title)

    def _saved(self, dataset: Dataset) -> Saved:
        return Saved(self.checkpoint_path, self.id(dataset.fingerprint))

    @property
    def _other(self) -> Run | None:
        """The run, of the same seed, from whose weights this one starts."""
        start = self.config.start
        return None if start is None else dataclasses.replace(self, arm=start.arm)

    def _keep(self, root: Path, subject: Subject, epoch: int | None = None) -> None:
        """Write the arrays that are kept of this arm, at the end or after an epoch."""
        for artifact in self.experiment.artifacts(self.arm, self.seed):
            if epoch is not None and epoch not in artifact.epochs:
                continue
            arrays = arrays_of(artifact, subject)
            if subject.team.is_main:
                path = artifacts.path_of(self.record_path(root), artifact.name, epoch)
                artifacts.write(path, arrays)

    def _record_of(
        self, subject: Subject, epochs: Epochs, code: dict[str, Any], started: str
    ) -> Record:
        dataset, team = subject.dataset, subject.team
        sha256 = weights_sha256(subject.net, team)
        about = machine.environment(team.device, self.config.training.precision)
        if team.processes > 1:
            about["processes"] = team.processes
        seconds = sum(e.get("seconds", 0) + e["measure_seconds"] for e in epochs)
        return Record(
            experiment=self.experiment.name,
            arm=self.arm,
            seed=self.seed,
            scale=self.scale,
            config=self.config,
            measures=self.measures,
            data=about_data(dataset),
            epochs=epochs,
            result=self.experiment.result(epochs) if team.is_main else {},
            weights_sha256=sha256,
            environment=about,
            code=code,
            started=started,
            wall_seconds=round(seconds, 1),
        )


def run_id(config: RunConfig, measures: Measures, fingerprint: str, seed: int) -> str:
    """Name of the checkpoints of such a run; loading another run's is refused."""
    return f"{digest(config)} {digest(measures)} {fingerprint} seed {seed}"


def about_data(dataset: Dataset) -> dict[str, Any]:
    """The `data` part of a record."""
    sizes = {"train": len(dataset.train), "test": len(dataset.test)}
    if dataset.validation is not None:
        sizes["validation"] = len(dataset.validation)
    return {
        "name": dataset.name,
        "fingerprint": dataset.fingerprint,
        "real": dataset.real,
    } | sizes


def run_experiment(
    experiment: Experiment,
    scale: Scale,
    *,
    seeds: Sequence[int] | None = None,
    arms: Iterable[str] = (),
    options: Options | None = None,
) -> list[Record]:
    """Run whatever arms and seeds have no record yet; returns all their records.

    Without `arms` all of them, without `seeds` as many as the scale says; seeds are
    the outer loop, so that what is there is balanced. Raises `ValueError` for an
    unknown arm before anything is run. What is named twice counts once.
    """
    chosen = list(arms) or list(experiment.arms(scale))
    all_seeds = experiment.seed_list(scale) if seeds is None else seeds
    named = [Run(experiment, arm, seed, scale) for seed in all_seeds for arm in chosen]
    runs = {run.record_path(run.own_root): run for run in named}.values()
    return [record for run in runs if (record := run.record(options)) is not None]
