"""Two towers in two processes against one process (§3.2): `alexnet bench towers`.

On two GPUs if there are two, else on two cores of the CPU.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.distributed as dist
from torch import nn

from alexnet_lib import machine
from alexnet_lib.config import Precision, TrainingConfig
from alexnet_lib.modules.build import decay_multipliers
from alexnet_lib.modules.precision import to_device
from alexnet_lib.nets.ablations import with_half_the_maps
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.parallel import costs
from alexnet_lib.parallel.exchange import Link
from alexnet_lib.parallel.launch import launch
from alexnet_lib.parallel.mesh import DeviceMeshTeam
from alexnet_lib.parallel.process_group import DeviceKind, device_kind
from alexnet_lib.parallel.sharding import Layout
from alexnet_lib.training.optim import optimizer_for
from alexnet_lib.training.step import train_step
from alexnet_lib.training.team import SingleProcess, Team

CORES = 2
LAYOUTS = {
    "towers": Layout(),
    "float16": Layout(wire="float16"),
}
_MIB = 2**20


def measure(
    trials: int = 5,
    batch: int = 128,
    precision: Precision = "float32",
    network: NetworkConfig | None = None,
    device: DeviceKind | None = None,
) -> dict[str, Any]:
    """A training step of the `paper` net: towers, one process, and half the kernels.

    They take turns: on the CPU towers of one thread and one process of two, on GPUs
    towers of one GPU and one process of one. `one_over_towers` is one process's wall
    time over the towers', `processor_one_over_towers` the same in processor time of
    all threads, which other work on the machine disturbs less: on the CPU it shows
    what the split costs in work, but not waiting; on GPUs it says nothing.
    `half_over_towers`: the wall time of one process with the one-GPU net of half the
    kernels, than which the authors' two GPUs were slightly faster (§3.2), over the
    towers'. `float16` is towers whose maps travel so (`Layout.wire`). `bytes` are
    those each tower sends in a step, counted as they were sent, `bytes_computed`
    from the configuration. `memory` is a process's largest, in MiB,
    above what it takes to start (on a GPU, of the GPU's); `state` that of weights,
    gradients and velocities alone.
    """
    network = network or alexnet("paper")
    kind = device_kind(CORES, device)
    args = (network, batch, precision)
    found = launch(_compare, CORES, (*args, trials), device=kind)[0]
    one = launch(_memory, 1, (*args, Layout(towers=1)), device=kind, threads=CORES)
    two = launch(_memory, CORES, (*args, Layout()), device=kind)
    return found | {
        "bytes_computed": costs.sent(network, Layout(), batch),
        "memory": {"one": one[0], "towers": two},
        "environment": machine.environment(torch.device(kind), precision),
    }


@dataclass
class _Side:
    """One of those that take turns, and its times; no step where it only waits."""

    step: Callable[[], object] | None
    threads: int = 1
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def _compare(
    device: torch.device,
    network: NetworkConfig,
    batch: int,
    precision: Precision,
    trials: int,
) -> dict[str, Any]:
    """Run in both processes; the first is also the one process, as the other waits."""
    first = dist.get_rank() == 0
    sides = {
        name: _Side(
            training_step(SingleProcess(device), net, batch, precision)
            if first
            else None,
            CORES,
        )
        for name, net in (("one", network), ("half", with_half_the_maps(network)))
    }
    meshes = {name: DeviceMeshTeam(layout, device) for name, layout in LAYOUTS.items()}
    for name, mesh in meshes.items():
        sides[name] = _Side(training_step(mesh, network, batch, precision))
    for trial in range(trials + 1):
        for side in sides.values():
            _turn(side, device, counts=trial > 0)
    sent = _sent(meshes["towers"].link, trials + 1)
    return {"batch": batch} | _ratios(sides) | sent


def _turn(side: _Side, device: torch.device, counts: bool) -> None:
    """Wall time from a common start to a common end, and all processor time of it."""
    torch.set_num_threads(side.threads)
    dist.barrier()
    _finish(device)
    started, used = time.perf_counter(), time.process_time()
    if side.step is not None:
        side.step()
    _finish(device)
    work = torch.tensor(time.process_time() - used, dtype=torch.float64, device=device)
    dist.all_reduce(work)
    processor = work.item()
    seconds = time.perf_counter() - started
    torch.set_num_threads(1)
    if counts:
        side.seconds.append(seconds)
        side.processor.append(processor)


def _finish(device: torch.device) -> None:
    """A GPU's work is only enqueued when the call returns."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _ratios(sides: Mapping[str, _Side]) -> dict[str, Any]:
    wall = {name: statistics.median(side.seconds) for name, side in sides.items()}
    work = {name: statistics.median(side.processor) for name, side in sides.items()}
    return {
        "seconds": wall,
        "processor_seconds": work,
        "one_over_towers": wall["one"] / wall["towers"],
        "half_over_towers": wall["half"] / wall["towers"],
        "processor_one_over_towers": work["one"] / work["towers"],
    }


def _sent(link: Link, steps: int) -> dict[str, Any]:
    """Bytes that a tower sent in a step, and its wait; `waited`: see `Link`."""
    by_layer: dict[str, list[int]] = {}
    for (layer, direction), sent in link.sent.items():
        ways = by_layer.setdefault(layer, [0, 0])
        ways[direction == "backward"] = sent // steps
    return {"waited_seconds": link.waited / steps, "bytes": by_layer}


def training_step(
    team: Team, network: NetworkConfig, batch: int, precision: Precision
) -> Callable[[], object]:
    """A training step of this process's part of `network` on `batch` random images."""
    machine.prepare_process()
    net: nn.Module = to_device(team.network(network, 1), team.device)
    config = TrainingConfig(
        learning_rate=1e-4, epochs=1, weight_decay=5e-4, precision=precision
    )
    optimizer = optimizer_for(net, config, decay_multipliers(network))
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(batch, *network.input_shape, generator=generator)
    labels = torch.arange(batch, device=team.device) % 10
    images = images.to(team.device)
    return lambda: train_step(net, images, labels, optimizer, config)


def _memory(
    device: torch.device,
    network: NetworkConfig,
    batch: int,
    precision: Precision,
    layout: Layout,
) -> dict[str, float]:
    """Largest memory in MiB beyond that before the network was made."""
    before = _peak(device)
    mesh = DeviceMeshTeam(layout, device)
    parameters = sum(p.numel() for p in mesh.network(network, 1).parameters())
    step = training_step(mesh, network, batch, precision)
    for _ in range(2):
        step()
    return {"peak": _peak(device) - before, "state": 3 * 4 * parameters / _MIB}


def _peak(device: torch.device) -> float:
    """Peak memory in MiB: the GPU's allocated, or the process's resident."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / _MIB
    return machine.peak_bytes() / _MIB
