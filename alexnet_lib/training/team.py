"""Training one network together: `Team`, and a process by itself.

The training loop asks its team for whatever needs others: a network, a share of
each batch, sums over all images, the state as a whole. `alexnet_lib.parallel.mesh`
answers for several processes; for `SingleProcess` everything is its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, Self

import torch
from torch import Tensor, nn

from alexnet_lib import machine
from alexnet_lib.modules.build import build
from alexnet_lib.nets.network import NetworkConfig


class BatchSource(Protocol):
    """Epochs of batches that can be entered midway."""

    def __len__(self) -> int:
        """Number of batches in an epoch."""

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Images (B, C, H, W) and labels (B,), on the network's device."""


class SharedSource(BatchSource, Protocol):
    """Batches that several processes can have parts of."""

    def part(self, batch: int) -> slice:
        """Slice of the epoch's order that this process has of a batch."""

    def shared(self, rank: int, world: int) -> Self:
        """Share the batches: of each, the part of process `rank` of `world`."""


def random_state_kept(device: torch.device) -> AbstractContextManager[None]:
    """Restore the random state of the CPU and of `device` on exit.

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


class TeamError(RuntimeError):
    """Processes that cannot train one network together; says what differs, where."""


class Team(Protocol):
    """The processes that train one network together, as the training loop sees them."""

    @property
    def is_main(self) -> bool:
        """Whether this process shows progress and writes files."""

    @property
    def processes(self) -> int:
        """The number of processes that train together."""

    @property
    def device(self) -> torch.device:
        """The device on which this process computes."""

    def network(self, config: NetworkConfig, seed: int) -> nn.Sequential:
        """This process's part of the network that `build(config, seed)` makes."""

    def batches(self, source: SharedSource) -> BatchSource:
        """This process's share of the batches."""

    def wrap(self, net: nn.Module) -> nn.Module:
        """`net` as training steps call it; its parameters are the same."""

    def all_reduce(self, figures: Tensor) -> Tensor:
        """Sums, (n,) float64, over the images of all processes."""

    def broadcast(self, wish: bool) -> bool:
        """The main process's wish, the same answer in all."""

    def require_equal(self, facts: Mapping[str, Any]) -> None:
        """Raise `TeamError` unless all processes name the same facts.

        All call it together. Facts are plain JSON values by name; of nested ones the
        error names the item that differs, with each rank's value.
        """

    def merge(self, net: nn.Module, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Tensors of the merged network from this process's, by name.

        The main process has them all; others may get less.
        """

    def shard(self, net: nn.Module, whole: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """This process's part of the merged network's tensors."""


class SingleProcess:
    """One process that has the whole network and every image.

    On `device`; without one on the first GPU if there is any, else on the CPU.
    """

    is_main = True
    processes = 1

    def __init__(self, device: torch.device | None = None) -> None:
        self._device = device

    @property
    def device(self) -> torch.device:
        """The device on which it computes."""
        return self._device or machine.device()

    def network(self, config: NetworkConfig, seed: int) -> nn.Sequential:
        """The network that `build` makes."""
        return build(config, seed)

    def batches(self, source: SharedSource) -> BatchSource:
        """All batches, whole."""
        return source

    def wrap(self, net: nn.Module) -> nn.Module:
        """`net` itself."""
        return net

    def all_reduce(self, figures: Tensor) -> Tensor:
        """The sums themselves."""
        return figures

    def broadcast(self, wish: bool) -> bool:
        """The wish itself."""
        return wish

    def require_equal(self, facts: Mapping[str, Any]) -> None:
        """Pass: one process agrees with itself."""

    def merge(self, net: nn.Module, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors themselves: they are whole."""
        return dict(own)

    def shard(self, net: nn.Module, whole: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors themselves."""
        return dict(whole)


SINGLE_PROCESS = SingleProcess()
