"""A small AlexNet trained on synthetic images, by one process or by several.

Short enough for a notebook's cell, in float64, so that who trained it cannot be
told from the result.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field

import numpy as np
import torch

from alexnet_lib.config import TrainingConfig
from alexnet_lib.data import synthetic
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.data.batches import Float64Batches
from alexnet_lib.data.dataset import Dataset, Split
from alexnet_lib.epochs import Epochs
from alexnet_lib.nets.layers import (
    Activation,
    Conv,
    Dropout,
    Linear,
    Pool,
    ResponseNorm,
    ZeroPad,
)
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.parallel.exchange import Passage
from alexnet_lib.parallel.mesh import DeviceMeshTeam
from alexnet_lib.parallel.sharding import Layout
from alexnet_lib.training.loop import train
from alexnet_lib.training.team import Team, random_state_kept

IMAGES, BATCH, RATE = 100, 20, 0.02


def few_maps() -> NetworkConfig:
    """AlexNet's layers with few maps on 3x27x27, scaled to learn in a hundred steps."""
    norm, relu = ResponseNorm(divide_alpha_by_n=True, groups=2), Activation()
    pool, drop = Pool("max"), Dropout("classic", keep=0.8)
    return NetworkConfig(
        layers=(
            *(ZeroPad(2, 2), Conv(16, 5, std=0.1, stride=2), relu, norm, pool),
            *(Conv(32, 3, std=0.1, padding=1, groups=2), relu, norm, pool),
            *(Conv(48, 3, std=0.1, padding=1), relu),
            *(Conv(48, 3, std=0.1, padding=1, groups=2), relu),
            *(Conv(32, 3, std=0.1, padding=1, groups=2), relu, pool),
            *(Linear(64, std=0.1), relu, drop) * 2,
            Linear(10, std=0.1),
        ),
        input_shape=(3, 27, 27),
        weight_init="kaiming",
    )


@dataclass(frozen=True)
class SmallRun:
    """Each epoch's loss, the merged network's weights, and bytes sent per step.

    `sent`: by this process, by layer and direction; empty for a process alone.
    """

    losses: list[float]
    weights: dict[str, np.ndarray]
    sent: dict[Passage, int] = field(default_factory=dict)

    def largest_difference(self, other: SmallRun) -> float:
        """Largest difference of any loss or weight; infinite if one is NaN or inf."""
        losses = np.abs(np.subtract(self.losses, other.losses)).max()
        weights = (
            np.abs(self.weights[name] - other.weights[name]).max()
            for name in self.weights
        )
        found = [float(x) for x in (losses, *weights)]
        return max(found) if all(map(math.isfinite, found)) else math.inf


def train_small(team: Team, network: NetworkConfig, epochs: int) -> SmallRun:
    """Train `network` to know `IMAGES` synthetic images of its input's size by heart.

    The leading process prints every fourth epoch.
    """
    side = network.input_shape[-1]
    split = Split(*synthetic.images(IMAGES, side, seed=1))
    dataset = Dataset.of("synthetic", split, split, synthetic.CLASSES, real=False)
    views = CentreViews(dataset, team.device, pixels="unit")
    config = TrainingConfig(learning_rate=RATE, epochs=epochs, weight_decay=5e-4)
    with random_state_kept(team.device):
        torch.manual_seed(1)
        net = team.network(network, 1).double().to(team.device)
        history = train(
            net,
            team.batches(Float64Batches(split, views, BATCH, seed=1)),
            config,
            lambda _: {},
            on_epoch=_print_every_fourth if team.is_main else None,
            show=False,
            team=team,
        )
    own = {name: x.detach() for name, x in net.named_parameters()}
    whole = {name: x.cpu().numpy() for name, x in team.merge(net, own).items()}
    return SmallRun([e["train_running_loss"] for e in history[1:]], whole)


def _print_every_fourth(epochs: Epochs) -> None:
    last = epochs[-1]
    if last["epoch"] and last["epoch"] % 4 == 0:
        print(
            f"epoch {last['epoch']:2}  loss {last['train_running_loss']:.3f}  "
            f"training error {last['train_running_top1']:.2f}"
        )


def in_towers(
    device: torch.device, network: NetworkConfig, layout: Layout, epochs: int
) -> SmallRun:
    """`train_small` by all processes together: what each is told by `launch`."""
    mesh = DeviceMeshTeam(layout, device)
    run = train_small(mesh, network, epochs)
    steps = epochs * (IMAGES // BATCH)
    per_step = {what: total // steps for what, total in mesh.link.sent.items()}
    return dataclasses.replace(run, sent=per_step)
