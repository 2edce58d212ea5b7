"""A network built and trained as a `RunConfig` says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from alexnet_lib import data, machine
from alexnet_lib.config import RunConfig
from alexnet_lib.data import Dataset
from alexnet_lib.data.augment import CentreViews, TrainViews
from alexnet_lib.data.batches import Batches, ViewBatches
from alexnet_lib.epochs import Epoch, Epochs
from alexnet_lib.experiments.measures import (
    Measures,
    TenViewErrors,
    TestErrors,
    ValidationErrors,
)
from alexnet_lib.modules.build import decay_multipliers
from alexnet_lib.modules.precision import to_device
from alexnet_lib.runs.check import check_figures, check_run
from alexnet_lib.runs.measured import Subject, take
from alexnet_lib.training.finite import require_finite
from alexnet_lib.training.loop import OnEpoch, train
from alexnet_lib.training.progress import Checkpoints
from alexnet_lib.training.team import (
    SINGLE_PROCESS,
    SharedSource,
    Team,
    random_state_kept,
)


def load_for(config: RunConfig) -> Dataset:
    """The data set of `config`, with its validation images cut off if it has some."""
    dataset = data.load(config.data.name)
    held_out = config.data.held_out
    return dataset.with_held_out(held_out) if held_out else dataset


def usual_measures(config: RunConfig) -> Measures:
    """Measures taken unless an experiment says more: errors of test and validation."""
    measures: Measures = (TestErrors(),)
    if config.data.held_out:
        measures += (ValidationErrors(),)
    if config.data.augmentation is not None:
        measures += (TenViewErrors(),)
    return measures


def train_config(
    config: RunConfig,
    dataset: Dataset,
    seed: int,
    *,
    measures: Measures | None = None,
    checkpoints: Checkpoints | None = None,
    start: Mapping[str, Tensor] | None = None,
    keep: Callable[[Subject, int], None] = lambda *_: None,
    on_epoch: OnEpoch | None = None,
    title: str = "training",
    show: bool = True,
    team: Team = SINGLE_PROCESS,
) -> tuple[Subject, Epochs]:
    """Build and train the network of `config`; returns it, ready to be measured.

    Beside it its epochs, with what `measures` (`usual_measures` without them) find.
    Everything random follows from `seed`; the caller's random state is left alone.
    `start` gives, by name, weights of the merged network to begin with instead. `keep`
    gets the network after each epoch, 0 the untrained one, and its number. In a `team`
    each process returns its part of the network, and the main one all figures. Raises
    `ValueError` and `TeamError` as `check_run` and `check_figures` do.
    """
    check_run(config, dataset, seed, team)
    measures = usual_measures(config) if measures is None else measures
    check_figures(config, measures)
    with random_state_kept(team.device):
        subject = _untrained(config, dataset, seed, start or {}, team)

        def measure(epoch: int) -> Epoch:
            subject.forget()
            keep(subject, epoch)
            return take(measures, "every epoch", subject)

        epochs = train(
            subject.net,
            team.batches(_batches(config, subject, seed)),
            config.training,
            measure,
            decay_mult=decay_multipliers(config.network),
            checkpoints=checkpoints,
            on_epoch=on_epoch,
            title=title,
            show=show,
            team=team,
        )
    last = take(measures, "at the end", subject)
    when = f"after epoch {epochs[-1]['epoch']}"
    require_finite(last, when, config.training, title)
    epochs[-1] |= last
    return subject, epochs


def _untrained(
    config: RunConfig,
    dataset: Dataset,
    seed: int,
    start: Mapping[str, Tensor],
    team: Team,
) -> Subject:
    """The network as it begins, with the views it is measured by; seeds the process."""
    torch.manual_seed(seed)
    net = to_device(team.network(config.network, seed), team.device)
    if start:
        net.load_state_dict(team.shard(net, start), strict=False)
    views = centre_views(config, dataset, team.device)
    precision = config.training.precision
    return Subject(net, dataset, views, precision, team, config.network)


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


def _batches(config: RunConfig, of: Subject, seed: int) -> SharedSource:
    data, batch_size = config.data, config.training.batch_size
    if data.augmentation is None:
        return Batches(of.dataset.train, of.views, batch_size, seed)
    device = of.views.device
    views = TrainViews(of.dataset, data.augmentation, device, data.pixels)
    workers = machine.loader_threads(device)
    return ViewBatches(of.dataset.train, views, batch_size, seed, workers=workers)


def weights_sha256(net: nn.Module, team: Team = SINGLE_PROCESS) -> str:
    """SHA-256 of all parameters and buffers, to compare two runs bit for bit.

    In a `team` all call it, and the main process has that of the merged network.
    """
    sha = hashlib.sha256()
    for name, tensor in team.merge(net, net.state_dict()).items():
        sha.update(name.encode() + tensor.cpu().contiguous().numpy().tobytes())
    return sha.hexdigest()
