"""The one training loop.

`train` takes a network, batches and a `TrainingConfig` and returns the epochs'
figures. With a checkpoint path it can be killed at any moment and run again: it
goes on from the last checkpoint and, on the same CPU with as many threads, ends
with the same weights bit for bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from alexnet_lib.config import TrainingConfig
from alexnet_lib.machine import prepare_process, version
from alexnet_lib.training import checkpoint
from alexnet_lib.training.optim import paper_sgd
from alexnet_lib.training.step import train_step
from alexnet_lib.training.team import (
    SINGLE_PROCESS,
    BatchSource,
    Team,
    random_state,
    set_random_state,
)

CHECKPOINT_SECONDS = 30.0
CHECK_EVERY = 50


class TrainingError(RuntimeError):
    """Training that cannot go on; the message says where and what to try."""


@dataclass
class Progress:
    """Where a run stands: `step` batches into epoch `epoch` (counted from 0).

    `loss` and `wrong` are sums over the `images` seen in this epoch; `commits` are
    those of the code that has trained so far, see `machine.version`.
    """

    epoch: int = 0
    step: int = 0
    images: int = 0
    loss: float = 0.0
    wrong: float = 0.0
    seconds: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)
    commits: list[str] = field(default_factory=list)


Measure = Callable[[nn.Module], dict[str, Any]]
OnEpoch = Callable[[list[dict[str, Any]]], None]


def train(
    net: nn.Module,
    batches: BatchSource,
    config: TrainingConfig,
    measure: Measure,
    *,
    decay_mult: Mapping[str, float] = MappingProxyType({}),
    run: str = "",
    saved: Path | None = None,
    on_epoch: OnEpoch | None = None,
    title: str = "training",
    show: bool = True,
    team: Team = SINGLE_PROCESS,
) -> list[dict[str, Any]]:
    """Train `net` in place and return one dict per epoch, the untrained net first.

    Each holds epoch, lr, train_loss and train_error (over the epoch's batches as
    they were trained on), seconds, images_per_second and what `measure(net)`
    gives after it. `decay_mult`: see `parameter_groups`. `run` names config and
    seed: a checkpoint at `saved` of any other is refused. `on_epoch` gets the list
    so far. With a `team` of several processes each calls this with its part of the
    network and of the batches; checkpoints hold the whole, so that another layout
    can go on from them. Raises `TrainingError` when the loss is no longer finite.
    """
    prepare_process()
    loop = _Loop(net, batches, config, decay_mult, run, saved, title, team)
    history = loop.progress.history
    if not history:
        history.append({"epoch": 0} | _timed(measure, net))
    net.train()
    if on_epoch is not None:
        on_epoch(history)
    shown = show and team.is_main
    with tqdm(unit="batch", mininterval=0.5, leave=False, disable=not shown) as bar:
        while not _finished(history, config):
            loop.train_epoch(bar)
            loop.close_epoch(_timed(measure, net))
            if on_epoch is not None:
                on_epoch(history)
    return history


def _timed(measure: Measure, net: nn.Module) -> dict[str, Any]:
    started = time.monotonic()
    figures = measure(net)
    return figures | {"measure_seconds": round(time.monotonic() - started, 3)}


def _finished(history: list[dict[str, Any]], config: TrainingConfig) -> bool:
    target = config.stop_at_train_error
    reached = target is not None and history[-1].get("train_error", 1.0) <= target
    return reached or history[-1]["epoch"] >= config.epochs


class _Loop:
    """Network, optimizer and progress of one run, saved and restored together."""

    def __init__(
        self,
        net: nn.Module,
        batches: BatchSource,
        config: TrainingConfig,
        decay_mult: Mapping[str, float],
        run: str,
        saved: Path | None,
        title: str,
        team: Team,
    ) -> None:
        self.net, self.batches, self.config = net, batches, config
        self.run, self.saved, self.title = run, saved, title
        self.team, self.stepped = team, team.wrap(net)
        self.optimizer = paper_sgd(net, config, decay_mult)
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
            if at.step % CHECK_EVERY and at.step < len(self.batches):
                continue
            self._add(sums, images_seen)
            images_seen = 0
            now = time.monotonic()
            at.seconds, started = at.seconds + now - started, now
            bar.set_postfix(error=f"{at.wrong / at.images:.3f}", refresh=False)
            if self.team.broadcast(now - saved_at > CHECKPOINT_SECONDS):
                self.save()
                saved_at = now

    def close_epoch(self, measured: dict[str, Any]) -> None:
        """Enter the epoch in the history, with what was measured after it."""
        at = self.progress
        at.epoch += 1
        figures = {
            "epoch": at.epoch,
            "lr": self.optimizer.param_groups[0]["lr"],
            "train_loss": at.loss / at.images,
            "train_error": at.wrong / at.images,
            "seconds": round(at.seconds, 3),
            "images_per_second": round(at.images / at.seconds, 1),
        }
        at.history.append(figures | measured)
        at.step = at.images = 0
        at.loss = at.wrong = at.seconds = 0.0
        self.save()

    def save(self) -> None:
        """Write the checkpoint, if the run has a place for it."""
        if self.saved is None:
            return
        velocities = self.optimizer.velocities(self.net)
        content = {
            "run": self.run,
            "net": self.team.merge(self.net, self.net.state_dict()),
            "velocities": self.team.merge(self.net, velocities),
            "progress": vars(self.progress),
        } | random_state(self.team.device)
        if self.team.is_main:
            checkpoint.save(self.saved, content)

    def _restore(self) -> None:
        content = checkpoint.load(self.saved, self.run) if self.saved else None
        if content is not None:
            self.net.load_state_dict(self.team.shard(self.net, content["net"]))
            velocities = self.team.shard(self.net, content["velocities"])
            self.optimizer.set_velocities(self.net, velocities)
            set_random_state(self.team.device, content)
            self.progress = Progress(**content["progress"])
        at = self.progress
        if version() not in at.commits:
            at.commits.append(version())
        self.team.require_equal({"checkpoint": {"epoch": at.epoch, "step": at.step}})

    def _set_rates(self) -> None:
        drops = sum(self.progress.epoch >= at for at in self.config.drop_epochs)
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] / 10**drops

    def _add(self, sums: Tensor, images: int) -> None:
        """Move the sums of the last steps into the progress; stop if not finite."""
        at = self.progress
        all_sums = self.team.all_reduce(torch.cat([sums, sums.new_tensor([images])]))
        loss, wrong, seen = all_sums.tolist()
        sums.zero_()
        if not math.isfinite(loss):
            raise TrainingError(
                f"{self.title}: the loss is not finite by epoch {at.epoch + 1}, batch "
                f"{at.step}, at learning rate {self.config.learning_rate:g}; lower "
                "the learning rate, or check the scale of the input and the init"
            )
        at.loss += loss
        at.wrong += wrong
        at.images += int(seen)

    def _start(self, bar: tqdm) -> None:
        """Set the progress bar to where this epoch begins."""
        bar.set_description(
            f"{self.title}, epoch {self.progress.epoch + 1}", refresh=False
        )
        bar.reset(total=len(self.batches))
        bar.update(self.progress.step)
