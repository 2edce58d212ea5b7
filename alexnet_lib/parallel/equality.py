"""Are several processes the one network they should be? Trained and compared.

`alexnet check --towers` and the tests ask this: the same network, images, dropout
masks and order, once in one process and once shared out, in float64; then outputs,
loss, every gradient and the weights after some steps are compared.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from alexnet_lib.config import TrainingConfig
from alexnet_lib.data.batches import Shuffled
from alexnet_lib.data.dataset import Split
from alexnet_lib.nets.ablations import PATTERNS, with_communication
from alexnet_lib.nets.layers import (
    Activation,
    Conv,
    Dropout,
    Linear,
    MapResponseNorm,
    Pool,
    ResponseNorm,
    ZeroPad,
)
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.parallel.launch import launch
from alexnet_lib.parallel.mesh import DeviceMeshTeam
from alexnet_lib.parallel.process_group import DeviceKind, device_kind
from alexnet_lib.parallel.sharding import Layout
from alexnet_lib.training.loop import train
from alexnet_lib.training.team import SingleProcess, Team, random_state_kept

TOLERANCE = 1e-10
BATCH, STEPS = 6, 20


@dataclass(frozen=True)
class Difference:
    """Largest differences from one process, relative to the largest value there."""

    case: str
    outputs: float
    loss: float
    gradients: float
    weights: float

    @property
    def largest(self) -> float:
        """The largest of the four."""
        return max(self.outputs, self.loss, self.gradients, self.weights)


def small_alexnet(dropout: Dropout | None = None) -> NetworkConfig:
    """AlexNet's shape with few maps on 3x27x27: every kind of layer that it has.

    Weights are large enough for every layer's gradient to count.
    """
    norm = ResponseNorm(divide_alpha_by_n=True, groups=2)
    relu, pool = Activation(), Pool("max")
    drop = dropout or Dropout("classic")
    return NetworkConfig(
        layers=(
            *(ZeroPad(2, 2), Conv(8, 5, std=0.1, stride=2), norm, pool, relu),
            *(Conv(12, 3, std=0.15, padding=1, groups=2, bias=0.1), relu),
            *(norm, MapResponseNorm(), pool),
            *(Conv(8, 3, std=0.15, padding=1), relu),
            *(Conv(8, 3, std=0.2, padding=1, groups=2, bias=0.1), relu, pool),
            *(Linear(16, std=0.2, bias=0.1), relu, drop),
            *(Linear(12, std=0.2, bias=0.1), relu, drop),
            Linear(10, std=0.2),
        ),
        input_shape=(3, 27, 27),
    )


def compare_layouts(
    cases: Sequence[tuple[str, NetworkConfig, Layout]],
    *,
    device: DeviceKind | None = None,
    show: bool = False,
) -> list[Difference]:
    """Each case's differences; all layouts must take the same number of processes."""
    (processes,) = {layout.processes for _, _, layout in cases}
    by_rank = launch(differences, processes, (list(cases),), device=device, show=show)
    return [
        max(of_case, key=lambda d: d.largest) for of_case in zip(*by_rank, strict=True)
    ]


def check_cases(processes: int = 2) -> list[tuple[str, NetworkConfig, Layout]]:
    """List what `alexnet check --towers` compares: every pattern, two towers."""
    layout = Layout(towers=2, replicas=processes // 2)
    net = small_alexnet()
    first = dataclasses.replace(layout, output="first")
    return [
        *((f"{p} exchange", with_communication(net, p), layout) for p in PATTERNS),
        ("classifier on one tower", net, first),
    ]


def differences(
    device: torch.device, cases: Sequence[tuple[str, NetworkConfig, Layout]]
) -> list[Difference]:
    """Compare this process's part of each case; all processes call it together."""
    return [
        difference(name, net, DeviceMeshTeam(at, device)) for name, net, at in cases
    ]


def report(device: DeviceKind | None = None) -> tuple[list[str], bool]:
    """Lines of `alexnet check --towers`, and whether all is equal.

    Two processes on two GPUs over NCCL, or on the CPU over gloo: as `device` says,
    else on GPUs if there are two.
    """
    kind = device_kind(2, device)
    backend = "NCCL, two GPUs" if kind == "cuda" else "gloo, on the CPU"
    if kind == "cpu" and device is None and torch.cuda.device_count():
        backend += ", since each needs a GPU and there is one"
    found = compare_layouts(check_cases(), device=kind)
    rows = [
        f"{d.case:24}"
        + "".join(f" {x:9.1e}" for x in (d.outputs, d.loss, d.gradients, d.weights))
        for d in found
    ]
    equal = all(d.largest <= TOLERANCE for d in found)
    verdict = "equal to" if equal else "NOT EQUAL to"
    return [
        f"two towers in two processes ({backend})",
        f"against one device, float64: largest relative difference; {STEPS} steps",
        f"{'':24} {'outputs':>9} {'loss':>9} {'gradients':>9} {'weights':>9}",
        *rows,
        f"two towers are {verdict} one device (tolerance {TOLERANCE:g})",
    ], equal


@dataclass(frozen=True)
class Trained:
    """Outputs at the start, the epoch's loss, last gradients, weights at the end."""

    net: nn.Module
    outputs: Tensor
    loss: Tensor
    gradients: dict[str, Tensor]
    weights: dict[str, Tensor]


def difference(name: str, network: NetworkConfig, mesh: DeviceMeshTeam) -> Difference:
    """Train `network` in one process and on the mesh, and compare."""
    one, own = trained(network, SingleProcess(mesh.device)), trained(network, mesh)

    def largest(kind: dict[str, Tensor], whole: dict[str, Tensor]) -> float:
        part = mesh.shard(own.net, whole)
        return max(_apart(kind[name], part[name]) for name in kind)

    return Difference(
        name,
        _apart(own.outputs, one.outputs),
        _apart(own.loss, one.loss),
        largest(own.gradients, one.gradients),
        largest(own.weights, one.weights),
    )


def _apart(own: Tensor, one: Tensor) -> float:
    """Largest difference over the largest value of `one`; infinite for NaN or inf.

    A NaN would be lost, since Python's `max` passes over it.
    """
    if not own.numel():
        return 0.0
    apart = ((own - one).abs().max() / one.abs().max().clamp_min(1e-300)).item()
    return apart if math.isfinite(apart) else math.inf


def trained(network: NetworkConfig, team: Team) -> Trained:
    """Train an epoch of `STEPS` steps; the gradients are those of the last."""
    device = team.device
    source = _RandomImages(network, device)
    config = TrainingConfig(learning_rate=0.01, epochs=1, weight_decay=5e-4)
    with random_state_kept(device):
        torch.manual_seed(1)
        net = team.network(network, 1).double().to(device)
        net.eval()
        with torch.no_grad():
            outputs = net(source.split.images[:BATCH])
        batches = team.batches(source)
        epochs = train(net, batches, config, lambda _: {}, show=False, team=team)
    loss = torch.tensor(epochs[-1]["train_running_loss"], dtype=torch.float64)
    parameters = dict(net.named_parameters())
    gradients = {n: p.grad for n, p in parameters.items() if p.grad is not None}
    weights = {name: p.detach() for name, p in parameters.items()}
    return Trained(net, outputs, loss, gradients, weights)


class _RandomImages(Shuffled):
    """Random float64 images; the last batch is odd, so that no replicas share it."""

    def __init__(self, network: NetworkConfig, device: torch.device) -> None:
        generator = torch.Generator().manual_seed(2)
        count = BATCH * (STEPS - 1) + BATCH // 2
        shape = (count, *network.input_shape)
        images = torch.randn(shape, generator=generator, dtype=torch.float64)
        labels = torch.randint(10, (count,), generator=generator)
        super().__init__(Split(images.to(device), labels.to(device)), BATCH, seed=2)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield this process's images (B, C, H, W) and labels (B,)."""
        order, _ = self.order(epoch)
        for batch in range(start, len(self)):
            chosen = order[self.part(batch)]
            yield self.split.images[chosen], self.split.labels[chosen]
