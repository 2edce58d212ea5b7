"""A training step's speed against plain PyTorch's, and what the loop adds to it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from multiprocessing import get_context
from typing import Any

import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib import data, machine
from alexnet_lib.bench import interleaved
from alexnet_lib.config import TrainingConfig
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.data.batches import Batches
from alexnet_lib.modules.build import build, decay_multipliers
from alexnet_lib.modules.precision import autocast, channels_last, to_device
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.training.loop import train
from alexnet_lib.training.optim import paper_sgd
from alexnet_lib.training.step import train_step

_SEED = 1
_RATE = 1e-4


def measure(
    trials: int = 9, batch: int = 128, alexnet_trials: int = 3
) -> dict[str, Any]:
    """The CIFAR loop's cost, `trials` times; AlexNet's step at `batch` images."""
    machine.prepare_process()
    return measure_loop(trials) | {"alexnet": measure_alexnet(alexnet_trials, batch)}


def measure_alexnet(trials: int, batch: int) -> dict[str, Any]:
    """One training step of the paper's net: ours, plain PyTorch's, torchvision's.

    `library` is preset `paper` as it trains here: bfloat16, channels last. `plain`
    is its transcription, as one would write it: float32, NCHW,
    `nn.LocalResponseNorm`, `torch.optim.SGD`, in a process of its own that nothing
    has been tuned in. `plain_tuned` is the same in this process, which allocates
    as `machine.prepare_process` has it. `torchvision` is `torchvision.models.
    alexnet`, without normalisation and groups, and narrower, trained as ours is:
    same precision, layout, optimizer, loss.
    """
    device = machine.device()
    with ProcessPoolExecutor(1, get_context("spawn")) as untuned:
        sides = {
            "library": alexnet_step(batch),
            "plain": lambda: untuned.submit(_plain_turn, batch).result(),
            "plain_tuned": _plain_step(batch),
            "torchvision": _our_step(
                to_device(torchvision.models.alexnet(), device), batch
            ),
        }
        seconds = interleaved(sides, trials)
    return {
        "batch": batch,
        "threads": torch.get_num_threads(),
        "seconds_per_step": seconds,
    } | {
        f"{side}_over_library": seconds[side] / seconds["library"]
        for side in sides
        if side != "library"
    }


def alexnet_step(batch: int) -> Callable[[], object]:
    """A training step of preset `paper` in bfloat16 on `batch` images of noise."""
    network = alexnet("paper")
    net = to_device(build(network, _SEED), machine.device())
    return _our_step(net, batch, decay_multipliers(network))


def _our_step(
    net: nn.Module, batch: int, decay_mult: dict[str, float] | None = None
) -> Callable[[], object]:
    config = TrainingConfig(
        learning_rate=_RATE, epochs=1, weight_decay=5e-4, precision="bfloat16"
    )
    optimizer = paper_sgd(net, config, decay_mult or {})
    images, labels = _noise(batch)
    return partial(train_step, net.train(), images, labels, optimizer, config)


@lru_cache(maxsize=1)
def _own_plain_step(batch: int) -> Callable[[], object]:
    return _plain_step(batch)


def _plain_turn(batch: int) -> None:
    """One plain step in a process that keeps its network between turns."""
    _own_plain_step(batch)()


def _plain_step(batch: int) -> Callable[[], object]:
    images, labels = _noise(batch)
    net = _transcription().to(images.device)
    optimizer = torch.optim.SGD(
        net.parameters(), lr=_RATE, momentum=0.9, weight_decay=5e-4
    )

    def step() -> None:
        loss = functional.cross_entropy(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()

    return step


def _transcription() -> nn.Sequential:
    """§3.5 in plain PyTorch; its norm divides alpha by n and knows no groups."""

    def norm() -> nn.Module:
        return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)

    return nn.Sequential(
        *(nn.Conv2d(3, 96, 11, stride=4, padding=2), nn.ReLU(), norm()),
        *(nn.MaxPool2d(3, 2), nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU()),
        *(norm(), nn.MaxPool2d(3, 2), nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU()),
        *(nn.MaxPool2d(3, 2), nn.Flatten()),
        *(nn.Linear(256 * 6 * 6, 4096), nn.ReLU(), nn.Dropout()),
        *(nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 1000)),
    )


def _noise(batch: int) -> tuple[Tensor, Tensor]:
    device = machine.device()
    images = torch.randn(batch, 3, 224, 224, device=device)
    return images, torch.arange(batch, device=device) % 1000


def measure_loop(trials: int) -> dict[str, Any]:
    """An epoch of drawn 32x32 images: the library's loop against a bare one.

    The bare loop takes slices of centred float32 images laid out channels last
    and does forward, backward and `torch.optim.SGD`, nothing else. Both use
    batches of 128, the same network, precision and memory settings.
    """
    device = machine.device()
    dataset = data.load("synthetic")
    views = CentreViews(dataset, device)
    config = TrainingConfig(learning_rate=_RATE, epochs=1, precision="bfloat16")
    batches = Batches(dataset.train, views, config.batch_size, _SEED)
    images = channels_last(views(dataset.train.images[:]))
    labels = dataset.train.labels.to(device)

    def network() -> torch.nn.Module:
        return to_device(build(four_layer(), _SEED), device)

    def library() -> None:
        train(network(), batches, config, lambda net: {}, show=False)

    def bare() -> None:
        net = network()
        optimizer = torch.optim.SGD(
            net.parameters(), lr=config.learning_rate, momentum=config.momentum
        )
        for x, y in zip(
            images.split(config.batch_size),
            labels.split(config.batch_size),
            strict=True,
        ):
            with autocast(device, config.precision):
                loss = functional.cross_entropy(net(x).float(), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    seconds = interleaved({"library": library, "bare": bare}, trials)
    return {
        "network": "four_layer relu",
        "precision": config.precision,
        "threads": torch.get_num_threads(),
        "library_ms_per_batch": 1e3 * seconds["library"] / len(batches),
        "bare_ms_per_batch": 1e3 * seconds["bare"] / len(batches),
        "library_over_bare": seconds["library"] / seconds["bare"],
    }
