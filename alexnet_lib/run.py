"""From an arm and a seed to a record: data, network, training, metrics."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import nn

from alexnet_lib import data, machine, records, settings
from alexnet_lib.config import RunConfig, digest
from alexnet_lib.data import Dataset
from alexnet_lib.data.augment import CentreViews, TrainViews
from alexnet_lib.data.loader import Batches, ViewBatches
from alexnet_lib.experiments import Experiment
from alexnet_lib.figures import last_figures, measure_of
from alexnet_lib.nets.build import decay_multipliers
from alexnet_lib.records import Record
from alexnet_lib.settings import Scale
from alexnet_lib.team import ALONE, Alone, SharedSource, random_state_kept
from alexnet_lib.train import OnEpoch, train


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
    which takes only real data and an unchanged commit (`PublishError`). Raises
    `ValueError` for an unknown arm.
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
    run = _Run(experiment, arm, seed, scale, ALONE)
    record = run.record(publish=publish, show=show, on_epoch=on_epoch)
    assert record is not None
    return record


def run_arm_in(
    team: Alone, experiment: Experiment, arm: str, seed: int, scale: Scale
) -> Record | None:
    """`run_arm` by all processes of a `team`, which call it together.

    The leading process writes the record and returns it, the others return None.
    Raises `ValueError` for an unknown arm, or one that probes units, and
    `CheckpointError` if the processes do not find the same records.
    """
    return _Run(experiment, arm, seed, scale, team).record()


@dataclass(frozen=True)
class _Run:
    """One arm and seed of an experiment, and who trains it."""

    experiment: Experiment
    arm: str
    seed: int
    scale: Scale
    team: Alone

    def record(
        self,
        publish: bool = False,
        show: bool = True,
        on_epoch: OnEpoch | None = None,
    ) -> Record | None:
        """Stored or trained for; None in a process that does not lead."""
        config = arm_config(self.experiment, self.scale, self.arm)
        own = settings.runs_root() / self.scale
        root = settings.RESULTS if publish else own
        known = stored(root, self.experiment, self.arm, self.seed, config)
        self.team.check_alike((known is not None,), f"records in {root}")
        if known is not None:
            return known if self.team.leads else None
        dataset, code = data.load(config.data.name), machine.code()
        if publish:
            _check_publishable(code, dataset)
        started = datetime.now(UTC).isoformat(timespec="seconds")
        place = records.path_of(own, self.experiment.name, self.arm, self.seed)
        net, history = train_config(
            config,
            dataset,
            self.seed,
            saved=place.with_suffix(".pt"),
            on_epoch=on_epoch,
            title=f"{self.experiment.name} {self.arm}, seed {self.seed}",
            show=show,
            team=self.team,
        )
        sha256 = weights_sha256(net, self.team)
        if not self.team.leads:
            return None
        record = self._record_of(config, dataset, history, sha256, code, started)
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


def _check_publishable(code: dict[str, Any], dataset: Dataset) -> None:
    if code["dirty"] or not dataset.real:
        raise PublishError(
            "only runs on real data from an unchanged commit are published; "
            "commit or stash first"
            if code["dirty"]
            else f"{dataset.name} is drawn"
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


def train_config(
    config: RunConfig,
    dataset: Dataset,
    seed: int,
    *,
    saved: Path | None = None,
    on_epoch: OnEpoch | None = None,
    title: str = "training",
    show: bool = True,
    team: Alone = ALONE,
) -> tuple[nn.Sequential, list[dict[str, Any]]]:
    """Build and train the network of `config`; returns it and its epochs.

    Everything random follows from `seed`; the caller's random state is left alone.
    A network trained on augmented data is tested on ten views after the last epoch
    as well (`val_error_ten`, `val_top5_ten`, `val_loss_ten`). With `kernel_colour`
    the last epoch holds the colour share of each of conv1's kernels. In a `team`
    each process returns its part of the network, and the leading one all figures.
    Raises `ValueError` for probing in a team of several, of which none has all units.
    """
    _refuse_probing(config, team)
    device = team.device
    views = centre_views(config, dataset, device)
    with random_state_kept(device):
        torch.manual_seed(seed)
        net = team.network(config.network, seed)
        net = net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        history = train(
            net,
            team.batches(_batches(config, dataset, views, seed)),
            config.training,
            measure_of(config, dataset, views),
            decay_mult=decay_multipliers(config.network),
            run=run_name(config, dataset.fingerprint, seed),
            saved=saved,
            on_epoch=on_epoch,
            title=title,
            show=show,
            team=team,
        )
    history[-1] |= last_figures(config, dataset, views, net, team)
    return net, history


def _refuse_probing(config: RunConfig, team: Alone) -> None:
    if config.training.probe_images and team.processes > 1:
        raise ValueError(
            f"probe_images={config.training.probe_images}: units are probed where one "
            f"process has them all, but {team.processes} share this network; set it "
            "to 0, or train in one process"
        )


def run_name(config: RunConfig, fingerprint: str, seed: int) -> str:
    """What a run's checkpoints are marked with: another run's are refused."""
    return f"{digest(config)} {fingerprint} seed {seed}"


def centre_views(
    config: RunConfig, dataset: Dataset, device: torch.device
) -> CentreViews:
    """The views that networks of `config` are tested on."""
    pixels, augmentation = config.data.pixels, config.data.augmentation
    if augmentation is None:
        return CentreViews(dataset, device, pixels=pixels)
    return CentreViews(
        dataset, device, size=augmentation.size, mean=augmentation.mean, pixels=pixels
    )


def _batches(
    config: RunConfig, dataset: Dataset, whole: CentreViews, seed: int
) -> SharedSource:
    data, batch_size = config.data, config.training.batch_size
    if data.augmentation is None:
        return Batches(dataset.train, whole, batch_size, seed)
    views = TrainViews(dataset, data.augmentation, whole.mean.device, data.pixels)
    return ViewBatches(dataset.train, views, batch_size, seed)


def weights_sha256(net: nn.Module, team: Alone = ALONE) -> str:
    """SHA-256 of all parameters and buffers, to compare two runs bit for bit.

    In a `team` all call it, and the leading process has that of the merged network.
    """
    sha = hashlib.sha256()
    for name, tensor in team.whole(net, net.state_dict()).items():
        sha.update(name.encode() + tensor.cpu().contiguous().numpy().tobytes())
    return sha.hexdigest()
