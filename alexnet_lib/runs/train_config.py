"""A network built and trained as a `RunConfig` says."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import nn

from alexnet_lib import machine
from alexnet_lib.config import RunConfig, digest
from alexnet_lib.data import Dataset
from alexnet_lib.data.augment import CentreViews, TrainViews
from alexnet_lib.data.batches import Batches, ViewBatches
from alexnet_lib.modules.build import decay_multipliers
from alexnet_lib.modules.precision import to_device
from alexnet_lib.runs.check import check_run
from alexnet_lib.runs.measured import last_figures, measure_of
from alexnet_lib.training.loop import OnEpoch, train
from alexnet_lib.training.team import (
    SINGLE_PROCESS,
    SharedSource,
    Team,
    random_state_kept,
)


def train_config(
    config: RunConfig,
    dataset: Dataset,
    seed: int,
    *,
    saved: Path | None = None,
    on_epoch: OnEpoch | None = None,
    title: str = "training",
    show: bool = True,
    team: Team = SINGLE_PROCESS,
) -> tuple[nn.Sequential, list[dict[str, Any]]]:
    """Build and train the network of `config`; returns it and its epochs.

    Everything random follows from `seed`; the caller's random state is left alone.
    A network trained on augmented data is tested on ten views after the last epoch
    as well (`val_error_ten`, `val_top5_ten`, `val_loss_ten`). With `kernel_colour`
    the last epoch holds the colour share of each of conv1's kernels. In a `team`
    each process returns its part of the network, and the leading one all figures.
    Raises `ValueError` for probing in a team of several, of which none has all units,
    and as `check_run` does.
    """
    check_run(config, dataset, seed, team)
    _refuse_probing(config, team)
    device = team.device
    views = centre_views(config, dataset, device)
    with random_state_kept(device):
        torch.manual_seed(seed)
        net = to_device(team.network(config.network, seed), device)
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


def _refuse_probing(config: RunConfig, team: Team) -> None:
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
    views = TrainViews(dataset, data.augmentation, whole.device, data.pixels)
    workers = machine.loader_threads(whole.device)
    return ViewBatches(dataset.train, views, batch_size, seed, workers=workers)


def weights_sha256(net: nn.Module, team: Team = SINGLE_PROCESS) -> str:
    """SHA-256 of all parameters and buffers, to compare two runs bit for bit.

    In a `team` all call it, and the leading process has that of the merged network.
    """
    sha = hashlib.sha256()
    for name, tensor in team.merge(net, net.state_dict()).items():
        sha.update(name.encode() + tensor.cpu().contiguous().numpy().tobytes())
    return sha.hexdigest()
