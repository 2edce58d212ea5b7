"""Who trains one network together: here a process alone.

The training loop asks its team for whatever needs others: a network, a share of
each batch, sums over all images, the state as a whole. `alexnet_lib.parallel.mesh`
answers for several processes; alone, everything is one's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, Self

import torch
from torch import Tensor, nn

from alexnet_lib import machine
from alexnet_lib.modules.build import build
from alexnet_lib.nets.network import NetworkConfig


class BatchSource(Protocol):
    """What the loop needs of data: epochs of batches that can be entered midway."""

    def __len__(self) -> int:
        """Number of batches in an epoch."""

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Images (B, C, H, W) and labels (B,), on the network's device."""


class SharedSource(BatchSource, Protocol):
    """Batches that several processes can have parts of."""

    def part(self, batch: int) -> slice:
        """Which places of the epoch's order this process has of a batch."""

    def shared(self, rank: int, world: int) -> Self:
        """The same batches, of each the part of process `rank` of `world`."""


def random_state_kept(device: torch.device) -> AbstractContextManager[None]:
    """Whatever is drawn within, on the CPU or `device`, the random states come back.

    `fork_rng` by itself takes every GPU of the machine, and warns of several.
    """
    return torch.random.fork_rng([device] if device.type == "cuda" else [])


def random_state(device: torch.device) -> dict[str, Tensor]:
    """The CPU's random state, and a GPU's, which draws dropout's masks there."""
    state = {"rng": torch.get_rng_state()}
    if device.type == "cuda":
        state["rng_cuda"] = torch.cuda.get_rng_state(device)
    return state


def set_random_state(device: torch.device, state: Mapping[str, Tensor]) -> None:
    """Go on from a `random_state`; the GPU's may be lacking."""
    torch.set_rng_state(state["rng"])
    if device.type == "cuda" and "rng_cuda" in state:
        torch.cuda.set_rng_state(state["rng_cuda"], device)


class Alone:
    """One process that has the whole network and every image.

    On `device`; without one on the first GPU if there is any, else on the CPU.
    """

    leads = True
    """Whether this process shows progress and writes files."""

    processes = 1
    """How many train together."""

    def __init__(self, device: torch.device | None = None) -> None:
        self._device = device

    @property
    def device(self) -> torch.device:
        """Where this process computes."""
        return self._device or machine.device()

    def network(self, config: NetworkConfig, seed: int) -> nn.Sequential:
        """What this process has of the network that `build(config, seed)` makes."""
        return build(config, seed)

    def batches(self, source: SharedSource) -> BatchSource:
        """This process's share of the batches."""
        return source

    def for_steps(self, net: nn.Module) -> nn.Module:
        """`net` as training steps call it; its parameters are the same."""
        return net

    def sums(self, figures: Tensor) -> Tensor:
        """Sums, (n,) float64, over the images of all processes."""
        return figures

    def agreed(self, wish: bool) -> bool:
        """The leading process's wish, the same answer in all."""
        return wish

    def check_alike(self, values: Sequence[float], what: str) -> None:
        """Raise `CheckpointError` unless `values` are the same in all processes."""

    def whole(self, net: nn.Module, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Tensors of the merged network from this process's, by name.

        The leading process has them all; others may get less.
        """
        return dict(own)

    def part(self, net: nn.Module, whole: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What this process has of the merged network's tensors."""
        return dict(whole)


ALONE = Alone()
