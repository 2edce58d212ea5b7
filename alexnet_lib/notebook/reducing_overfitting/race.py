"""A small net on few synthetic images, for overfitting to be watched as it happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from alexnet_lib.data.views import centre_crop, crops
from alexnet_lib.figures.curves import whole_epochs
from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.notebook.building_blocks.measures import KINDS, error_rate, shapes

SIDE, WINDOW = 20, 16
"""Pixels along a side of the images, and of what a net sees of one."""
TRAINING, TESTING = 80, 400
"""Number of images to train on and to test on, every kind in proportion."""
EVERY = 4
"""Epochs from one measurement to the next."""
_HIDDEN = 64
_LOOKS = ((ORANGE, "-"), (BLUE, "--"), (GREEN, "-."))
_LATEST = 5

Images = tuple[Tensor, Tensor]


def images() -> tuple[Images, Images]:
    """The images (N, 3, SIDE, SIDE) and labels (N,) of training, and of test."""
    return shapes(TRAINING, 1, SIDE), shapes(TESTING, 2, SIDE)


def centre(squares: Tensor) -> Tensor:
    """The middle window of each image: what a net is tested on, and trained on too."""
    return centre_crop(squares, WINDOW)


def random_views(squares: Tensor) -> Tensor:
    """A random window of each image, mirrored or not (§4.1)."""
    count = len(squares)
    offsets = torch.randint(SIDE - WINDOW + 1, (count, 2))
    return crops(squares, offsets, torch.rand(count) < 0.5, WINDOW)


def untrained(seed: int, dropout: float = 0.0) -> nn.Sequential:
    """Two convolutions and two fully connected layers, `dropout` between the latter."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(3, 8, 5, padding=2),  # (B, 8, 16, 16)
            nn.ReLU(),
            nn.MaxPool2d(2),  # (B, 8, 8, 8)
            nn.Conv2d(8, 16, 3, padding=1),  # (B, 16, 8, 8)
            nn.ReLU(),
            nn.MaxPool2d(2),  # (B, 16, 4, 4)
            nn.Flatten(),  # (B, 256)
            nn.Linear(256, _HIDDEN),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(_HIDDEN, len(KINDS)),
        )


@dataclass
class Errors:
    """Error rates after every `EVERY` epochs, seen at the centre with dropout off."""

    training: list[float] = field(default_factory=list)
    test: list[float] = field(default_factory=list)

    def measure(self, net: nn.Module, training: Images, test: Images) -> None:
        """Add those of `net` as it is."""
        for rates, (squares, labels) in ((self.training, training), (self.test, test)):
            rates.append(error_rate(net, centre(squares), labels))

    def latest(self) -> tuple[float, float]:
        """Training and test error, means of the last few measurements."""
        ends = (rates[-_LATEST:] for rates in (self.training, self.test))
        training, test = (sum(end) / len(end) for end in ends)
        return training, test


@own_settings
def curves(errors: Mapping[str, Errors]) -> Picture:
    """Training errors and test errors by epoch, a line per way of training."""
    figure, axes = canvas(1, 2, 8, 3.6, sharey=True)
    for ax, name in zip(axes, ("training", "test"), strict=True):
        for (label, of_net), (colour, dashes) in zip(
            errors.items(), _LOOKS, strict=False
        ):
            rates = [100 * rate for rate in getattr(of_net, name)]
            epochs = [EVERY * (i + 1) for i in range(len(rates))]
            ax.plot(epochs, rates, dashes, color=colour, label=label, linewidth=1.5)
        guessing = 100 * (1 - 1 / len(KINDS))
        ax.axhline(guessing, color=GREY, linewidth=0.8, linestyle=":", label="guessing")
        ax.set(title=f"on {name} images", xlabel="epochs", ylim=(0, 85))
        whole_epochs(ax)
    axes[0].set_ylabel("error rate, %")
    legend_below(figure, axes[:1], columns=5)
    return Picture(
        figure,
        "Error rates in percent by epoch, on training images and on test images: "
        + "; ".join(_said(errors)),
    )


def _said(errors: Mapping[str, Errors]) -> Iterator[str]:
    for label, of_net in errors.items():
        if of_net.test:
            training, test = of_net.latest()
            yield f"{label} {training:.0%} and {test:.0%} at the end"
