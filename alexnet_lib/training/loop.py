"""The one training loop.

`train` takes a network, batches and a `TrainingConfig` and returns the epochs'
figures. With a checkpoint it can be killed at any moment and run again: it goes on
from there and, on the same CPU with as many threads, ends with the same weights bit
for bit. What one step does stands in `training.step`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from alexnet_lib.config import TrainingConfig
from alexnet_lib.epochs import Epoch, Epochs
from alexnet_lib.files import reading
from alexnet_lib.machine import prepare_process, use_threads, version
from alexnet_lib.training import checkpoint
from alexnet_lib.training.finite import require_finite
from alexnet_lib.training.optim import optimizer_for
from alexnet_lib.training.progress import Checkpoints, Progress
from alexnet_lib.training.step import train_step
from alexnet_lib.training.team import (
    SINGLE_PROCESS,
    BatchSource,
    Team,
    random_state,
    set_random_state,
)

SUM_STEPS = 50
"""So many batches make one of an epoch's `train_running_losses`."""

Measure = Callable[[int], Epoch]
"""Figures of the network as it is now, after the epoch of that number."""
OnEpoch = Callable[[Epochs], None]


def train(
    net: nn.Module,
    batches: BatchSource,
    config: TrainingConfig,
    measure: Measure,
    *,
    decay_mult: Mapping[str, float] = MappingProxyType({}),
    checkpoints: Checkpoints | None = None,
    on_epoch: OnEpoch | None = None,
    title: str = "training",
    show: bool = True,
    team: Team = SINGLE_PROCESS,
) -> Epochs:
    """Train `net` in place and return its epochs, the untrained net first.

    Each holds what `epochs.LOOP_KEYS` names and what `measure(number)` gives after it.
    `decay_mult`: see `parameter_groups`. `on_epoch` gets the list so far. With a `team`
    of several processes each calls this with its part of the network and of the
    batches; checkpoints hold the whole, so that another layout can go on from them.
    Raises `TrainingError` when the loss or a measured figure is no longer finite.
    """
    prepare_process()
    loop = _Loop(net, batches, config, decay_mult, checkpoints, title, team)
    epochs = loop.progress.epochs
    if not epochs:
        loop.progress.history.append({"epoch": 0} | loop.measured(measure))
    net.train()
    if on_epoch is not None:
        on_epoch(epochs)
    shown = show and team.is_main
    with tqdm(
        desc=title,
        total=len(batches),
        unit="batch",
        mininterval=0.5,
        leave=False,
        disable=not shown,
    ) as bar:
        while not finished(epochs, config):
            loop.train_epoch(bar)
            loop.close_epoch(measure)
            if on_epoch is not None:
                on_epoch(epochs)
    return epochs


def finished(epochs: Epochs, config: TrainingConfig) -> bool:
    """Whether `config` asks for no further epoch after these."""
    last: Mapping[str, Any] = epochs[-1]
    stop = config.stop
    reached = stop is not None and last.get(stop.key, math.inf) <= stop.target
    over = last["epoch"] >= config.epochs
    return over or reached or config.schedule.finished(epochs)


class _Loop:
    """Network, optimizer and progress of one run, saved and restored together."""

    def __init__(
        self,
        net: nn.Module,
        batches: BatchSource,
        config: TrainingConfig,
        decay_mult: Mapping[str, float],
        checkpoints: Checkpoints | None,
        title: str,
        team: Team,
    ) -> None:
        self.net, self.batches, self.config = net, batches, config
        self.checkpoints, self.title = checkpoints, title
        self.team, self.stepped = team, team.wrap(net)
        self.optimizer = optimizer_for(net, config, decay_mult)
        self.progress = Progress()
        self._restore()

    def train_epoch(self, bar: tqdm) -> None:
        """Go to the end of the current epoch, saving now and then."""
        at = self.progress
        self._set_rates()
        self._start(bar)
        sums, images_seen = torch.zeros(2, dtype=torch.float64), 0
        started = saved_at = time.monotonic()
        for images, labels in self.batches.epoch(at.epoch, at.step):
            update = train_step(
                self.stepped, images, labels, self.optimizer, self.config
            )
            sums = sums.to(update.device).add_(update)
            at.step += 1
            images_seen += len(labels)
            bar.update()
            if at.step % SUM_STEPS and at.step < len(self.batches):
                continue
            self._add(sums, images_seen)
            images_seen = 0
            now = time.monotonic()
            at.seconds, started = at.seconds + now - started, now
            bar.set_postfix(error=f"{at.wrong / at.images:.3f}", refresh=False)
            if self._is_due(now - saved_at):
                self.save()
                saved_at = now

    def close_epoch(self, measure: Measure) -> None:
        """Enter the epoch in the history, with what is measured after it."""
        figures = self.progress.close(self._rate())
        self.progress.history.append(figures | self.measured(measure))
        self.save()

    def measured(self, measure: Measure) -> dict[str, Any]:
        """The figures of `measure`, and the seconds it took.

        A figure that is not finite raises `TrainingError`, before any checkpoint says
        that the epoch is over.
        """
        started = time.monotonic()
        epoch = self.progress.epoch
        figures: dict[str, Any] = dict(measure(epoch))
        require_finite(figures, f"after epoch {epoch}", self.config, self.title)
        return figures | {"measure_seconds": round(time.monotonic() - started, 3)}

    def save(self) -> None:
        """Write the checkpoint, if the run has a place for it."""
        if self.checkpoints is None:
            return
        velocities = self.optimizer.velocities(self.net)
        content = {
            "run": self.checkpoints.run_id,
            "net": self.team.merge(self.net, self.net.state_dict()),
            "velocities": self.team.merge(self.net, velocities),
            "progress": vars(self.progress),
        } | random_state(self.team.device)
        if self.team.is_main:
            checkpoint.save(self.checkpoints.path, content)

    def _is_due(self, seconds: float) -> bool:
        if self.checkpoints is None:
            return False
        return self.team.broadcast(seconds > self.checkpoints.every_seconds)

    def _restore(self) -> None:
        at = self.checkpoints
        content = checkpoint.load(at.path, at.run_id) if at is not None else None
        if at is not None and content is not None:
            with reading(at.path, checkpoint.CheckpointError, checkpoint.MEND):
                self._take(content)
        if version() not in self.progress.commits:
            self.progress.commits.append(version())
        if at is not None:
            standing = {"epoch": self.progress.epoch, "batch": self.progress.step}
            self.team.require_equal({f"progress in {at.path}": standing})

    def _take(self, content: Mapping[str, Any]) -> None:
        """Go on from what a checkpoint holds."""
        self.net.load_state_dict(self.team.shard(self.net, content["net"]))
        velocities = self.team.shard(self.net, content["velocities"])
        self.optimizer.set_velocities(self.net, velocities)
        set_random_state(self.team.device, content)
        self.progress = Progress(**content["progress"])
        use_threads(self.progress.threads)

    def _set_rates(self) -> None:
        divisor = self.config.schedule.divisor(self.progress.history)
        for group in self.optimizer.param_groups:
            factor = self._factor(group["layer"])
            group["lr"] = group["initial_lr"] / divisor * factor

    def _rate(self) -> float:
        """The weights' learning rate in the epoch that ends."""
        divisor = self.config.schedule.divisor(self.progress.history)
        return self.config.learning_rate / divisor

    def _factor(self, layer: str) -> float:
        """The factor that the config's exceptions give a layer's rate in this epoch."""
        factor = 1.0
        for rate in self.config.layer_rates:
            if rate.layer == layer and self.progress.epoch >= rate.from_epoch:
                factor = rate.factor
        return factor

    def _add(self, sums: Tensor, images: int) -> None:
        """Move the sums of the last steps into the progress; stop if not finite."""
        at = self.progress
        all_sums = self.team.all_reduce(torch.cat([sums, sums.new_tensor([images])]))
        loss, wrong, seen = all_sums.tolist()
        sums.zero_()
        when = f"by epoch {at.epoch + 1}, batch {at.step}"
        require_finite({"the loss": loss}, when, self.config, self.title)
        at.add(loss, wrong, int(seen))

    def _start(self, bar: tqdm) -> None:
        """Set the progress bar to where this epoch begins."""
        bar.set_description(
            f"{self.title}, epoch {self.progress.epoch + 1}", refresh=False
        )
        bar.reset()
        bar.update(self.progress.step)
