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
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from alexnet_lib import settings
from alexnet_lib.config import TrainingConfig
from alexnet_lib.epochs import Epoch, Epochs
from alexnet_lib.files import reading
from alexnet_lib.machine import prepare_process, use_threads, version
from alexnet_lib.training import checkpoint
from alexnet_lib.training.optim import optimizer_for
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


class TrainingError(RuntimeError):
    """Training that cannot go on; the message says where and what to try."""


@dataclass(frozen=True)
class Checkpoints:
    """The place, name and frequency of a run's checkpoints.

    A checkpoint at `path` of any other `run_id` is refused. At most once in
    `every_seconds`, whenever a multiple of `SUM_STEPS` batches is done.
    """

    path: Path
    run_id: str
    every_seconds: float = settings.CHECKPOINT_SECONDS


@dataclass
class Progress:
    """Progress of a run: `step` batches into epoch `epoch` (counted from 0).

    `loss` and `wrong` are sums over the `images` seen in this epoch, `losses` its
    means so far; `commits` are those of the code that has trained so far, see
    `machine.version`; `threads`, the number it began with: others round differently.
    """

    epoch: int = 0
    step: int = 0
    images: int = 0
    loss: float = 0.0
    wrong: float = 0.0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    commits: list[str] = field(default_factory=list)
    threads: int = field(default_factory=torch.get_num_threads)

    @property
    def epochs(self) -> Epochs:
        """The finished epochs; plain dicts, for they go into the checkpoint."""
        return cast(Epochs, self.history)


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
    with tqdm(unit="batch", mininterval=0.5, leave=False, disable=not shown) as bar:
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
        at = self.progress
        at.epoch += 1
        figures = {
            "epoch": at.epoch,
            "learning_rate": self._rate(),
            "train_running_loss": at.loss / at.images,
            "train_running_top1": at.wrong / at.images,
            "train_running_losses": at.losses,
            "seconds": round(at.seconds, 3),
            "images_per_second": round(at.images / max(at.seconds, 1e-9), 1),
        }
        at.history.append(figures | self.measured(measure))
        at.step = at.images = 0
        at.loss = at.wrong = at.seconds = 0.0
        at.losses = []
        self.save()

    def measured(self, measure: Measure) -> dict[str, Any]:
        """The figures of `measure`, and the seconds it took.

        A figure that is not finite raises `TrainingError`, before any checkpoint says
        that the epoch is over.
        """
        started = time.monotonic()
        epoch = self.progress.epoch
        figures: dict[str, Any] = dict(measure(epoch))
        require_finite(figures, epoch, self.config, self.title)
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
        if not math.isfinite(loss):
            what = f"the loss by epoch {at.epoch + 1}, batch {at.step}"
            raise _diverged(what, self.config, self.title)
        at.loss += loss
        at.wrong += wrong
        at.images += int(seen)
        at.losses.append(round(loss / seen, 6))

    def _start(self, bar: tqdm) -> None:
        """Set the progress bar to where this epoch begins."""
        bar.set_description(
            f"{self.title}, epoch {self.progress.epoch + 1}", refresh=False
        )
        bar.reset(total=len(self.batches))
        bar.update(self.progress.step)


def require_finite(
    figures: Mapping[str, Any], epoch: int, config: TrainingConfig, title: str
) -> None:
    """Raise `TrainingError`, naming it, if a figure after `epoch` is not finite."""
    if (name := _not_finite(dict(figures))) is not None:
        raise _diverged(f"{name} after epoch {epoch}", config, title)


def _diverged(what: str, config: TrainingConfig, title: str) -> TrainingError:
    return TrainingError(
        f"{title}: {what}, is not finite, at learning rate "
        f"{config.learning_rate:g}; lower the learning rate, or check the "
        "scale of the input and the init"
    )


def _not_finite(figures: Any, name: str = "") -> str | None:
    """The name of the first number in nested `figures` that is not finite, if any."""
    if isinstance(figures, list):
        figures = dict(enumerate(figures))
    if isinstance(figures, dict):
        found = (_not_finite(v, f"{name} {k}".strip()) for k, v in figures.items())
        return next((f for f in found if f is not None), None)
    return name if isinstance(figures, float) and not math.isfinite(figures) else None
