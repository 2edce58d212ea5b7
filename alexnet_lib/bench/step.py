"""A training step's speed against plain PyTorch's, and what the loop adds to it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import get_context
from typing import Any

import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib import data, machine
from alexnet_lib.bench import interleaved
from alexnet_lib.bench.plain import transcription
from alexnet_lib.config import TrainingConfig
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.data.batches import Batches
from alexnet_lib.modules.build import build, decay_multipliers
from alexnet_lib.modules.precision import autocast, channels_last, to_device
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.cifar import conv_local, four_layer
from alexnet_lib.nets.counts import count
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.training.loop import train
from alexnet_lib.training.optim import optimizer_for
from alexnet_lib.training.step import train_step

_SEED = 1
_RATE = 1e-4
_SIDE = 2048


@dataclass(frozen=True)
class Case:
    """A network and a batch size that experiments train it at."""

    network: NetworkConfig
    batch: int
    against_torchvision: bool = False


CASES = {
    "paper 224": Case(alexnet("paper"), 128, against_torchvision=True),
    "source 96": Case(
        dataclasses.replace(alexnet("source", 10), input_shape=(3, 96, 96)),
        64,
        against_torchvision=True,
    ),
    "four_layer 32": Case(four_layer(), 128),
    "11pct 24": Case(conv_local("11pct"), 128),
}


def measure(
    trials: int = 5, loop_trials: int = 9, cases: Mapping[str, Case] = CASES
) -> dict[str, Any]:
    """One step of each case's network, and what the loop adds to a CIFAR net's.

    `library` is the network as it trains here: bfloat16, channels last. `plain` is
    its transcription as one would write it, in float32, trained with
    `torch.optim.SGD` in a process of its own that nothing has been tuned in;
    `plain_tuned` is the same in this process, which allocates as
    `machine.prepare_process` has it. `torchvision` is `torchvision.models.alexnet`,
    without normalisation and groups, and narrower, trained as ours is. `matrix_part`
    is the part of a step that its multiply-adds take at `matrix_gflops`, the rate of
    a large product of matrices in bfloat16 in this run.
    """
    machine.prepare_process()
    peak = _matrix_rate(trials)
    return {
        "threads": torch.get_num_threads(),
        "matrix_gflops": peak / 1e9,
        "steps": {name: _case(case, trials, peak) for name, case in cases.items()},
    } | measure_loop(loop_trials)


def _case(case: Case, trials: int, peak: float) -> dict[str, Any]:
    with ProcessPoolExecutor(1, get_context("spawn")) as untuned:
        sides = _sides(case) | {
            "plain": lambda: untuned.submit(_plain_turn, case).result()
        }
        seconds = interleaved(sides, trials)
    ours = seconds["library"]
    return {
        "batch": case.batch,
        "seconds_per_step": seconds,
        "images_per_second": case.batch / ours,
        "matrix_part": _operations(case) / peak / ours,
    } | {
        f"{side}_over_library": seconds[side] / ours
        for side in sides
        if side != "library"
    }


def _sides(case: Case) -> dict[str, Callable[[], object]]:
    sides = {"library": _library_step(case), "plain_tuned": _plain_step(case)}
    if case.against_torchvision:
        net = to_device(torchvision.models.alexnet(), machine.device())
        sides["torchvision"] = _our_step(net, case, {})
    return sides


def _operations(case: Case) -> float:
    """Additions and multiplications of a step; the images get no gradient."""
    forward = [layer.multiply_adds for layer in count(case.network)]
    first = next(n for n in forward if n)
    return 2 * case.batch * (3 * sum(forward) - first)


def _matrix_rate(trials: int) -> float:
    """Operations a second of the fastest of several large matrix products."""
    a, b = torch.randn(2, _SIDE, _SIDE, device=machine.device()).bfloat16()
    seconds = []
    for _ in range(trials + 1):
        started = time.perf_counter()
        with autocast(a.device, "bfloat16"):
            torch.matmul(a, b).sum().item()
        seconds.append(time.perf_counter() - started)
    return 2 * _SIDE**3 / min(seconds)


def alexnet_step(batch: int) -> Callable[[], object]:
    """A training step of preset `paper` on `batch` images of noise."""
    return _library_step(Case(alexnet("paper"), batch))


def _library_step(case: Case) -> Callable[[], object]:
    net = to_device(build(case.network, _SEED), machine.device())
    return _our_step(net, case, decay_multipliers(case.network))


def _our_step(
    net: nn.Module, case: Case, decay_mult: dict[str, float]
) -> Callable[[], object]:
    config = TrainingConfig(
        learning_rate=_RATE, epochs=1, weight_decay=5e-4, precision="bfloat16"
    )
    optimizer = optimizer_for(net, config, decay_mult)
    images, labels = _noise(case)
    return partial(train_step, net.train(), images, labels, optimizer, config)


@lru_cache(maxsize=1)
def _own_plain_step(case: Case) -> Callable[[], object]:
    return _plain_step(case)


def _plain_turn(case: Case) -> None:
    """One plain step in a process that keeps its network between turns."""
    _own_plain_step(case)()


def _plain_step(case: Case) -> Callable[[], object]:
    images, labels = _noise(case)
    net = transcription(case.network).to(images.device)
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


def _noise(case: Case) -> tuple[Tensor, Tensor]:
    device = machine.device()
    images = torch.randn(case.batch, *case.network.input_shape, device=device)
    return images, torch.arange(case.batch, device=device) % 10


def measure_loop(trials: int) -> dict[str, Any]:
    """An epoch of drawn 32x32 images: the library's loop against a bare one.

    Both use batches of 128, the same network, precision and memory settings.
    """
    device = machine.device()
    dataset = data.load("synthetic")
    views = CentreViews(dataset, device)
    config = TrainingConfig(learning_rate=_RATE, epochs=1, precision="bfloat16")
    batches = Batches(dataset.train, views, config.batch_size, _SEED)
    images = channels_last(views(dataset.train.images[:]))
    labels = dataset.train.labels.to(device)

    def network() -> nn.Module:
        return to_device(build(four_layer(), _SEED), device)

    sides = {
        "library": lambda: train(network(), batches, config, lambda _: {}, show=False),
        "bare": lambda: _bare_epoch(network(), images, labels, config),
    }
    seconds = interleaved(sides, trials)
    return {
        "network": "four_layer relu",
        "precision": config.precision,
        "library_ms_per_batch": 1e3 * seconds["library"] / len(batches),
        "bare_ms_per_batch": 1e3 * seconds["bare"] / len(batches),
        "library_over_bare": seconds["library"] / seconds["bare"],
    }


def _bare_epoch(
    net: nn.Module, images: Tensor, labels: Tensor, config: TrainingConfig
) -> None:
    """Slices of float32 images, forward, backward and `torch.optim.SGD`, no more."""
    optimizer = torch.optim.SGD(
        net.parameters(), lr=config.learning_rate, momentum=config.momentum
    )
    parts = (t.split(config.batch_size) for t in (images, labels))
    for x, y in zip(*parts, strict=True):
        with autocast(images.device, config.precision):
            loss = functional.cross_entropy(net(x).float(), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
