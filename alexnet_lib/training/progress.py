"""Progress of a run, and where it is saved: what a checkpoint is written of."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch

from alexnet_lib import settings
from alexnet_lib.epochs import Epochs


@dataclass(frozen=True)
class Checkpoints:
    """The place, name and frequency of a run's checkpoints.

    A checkpoint at `path` of any other `run_id` is refused. At most once in
    `every_seconds`, whenever a multiple of `loop.SUM_STEPS` batches is done.
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

    def add(self, loss: float, wrong: float, images: int) -> None:
        """Add the sums over the `images` of a few batches."""
        self.loss += loss
        self.wrong += wrong
        self.images += images
        self.losses.append(round(loss / images, 6))

    def close(self, learning_rate: float) -> dict[str, Any]:
        """Go on to the next epoch; returns the figures of the one that ends."""
        self.epoch += 1
        figures = {
            "epoch": self.epoch,
            "learning_rate": learning_rate,
            "train_running_loss": self.loss / self.images,
            "train_running_top1": self.wrong / self.images,
            "train_running_losses": self.losses,
            "seconds": round(self.seconds, 3),
            "images_per_second": round(self.images / max(self.seconds, 1e-9), 1),
        }
        self.step = self.images = 0
        self.loss = self.wrong = self.seconds = 0.0
        self.losses = []
        return figures
