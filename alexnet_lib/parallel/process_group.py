"""Process groups: NCCL between GPUs, gloo between CPUs.

`connect` joins the processes that `torchrun` has started; `group` forms one of any.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist

from alexnet_lib.parallel.sharding import DeviceKind

TIMEOUT = timedelta(minutes=10)


class ProcessError(RuntimeError):
    """A process that is missing or ended without a word; says which and how."""


def device_kind(processes: int, asked: DeviceKind | None = None) -> DeviceKind:
    """The kind of device on which `processes` of this machine compute.

    As `asked`; else on GPUs if it has one for each, which NCCL needs, and on the CPU
    if not. Raises `RuntimeError` if GPUs are asked for and there are too few.
    """
    gpus = torch.cuda.device_count()
    if asked == "cuda" and gpus < processes:
        raise RuntimeError(
            f"{processes} processes but {gpus} GPUs, and each needs its own; choose "
            "the CPU (device 'cpu'), or fewer processes"
        )
    return asked or ("cuda" if gpus >= processes else "cpu")


@contextmanager
def connect(kind: DeviceKind | None = None) -> Iterator[torch.device]:
    """Join the processes that `torchrun` started; gives this one's device.

    On GPUs if the machine has any. `RuntimeError` if it has fewer than processes: a
    training on the CPU beside a GPU is to be asked for. A process started without
    torchrun is alone in its group. A rank that answers nothing for ten minutes is an
    error in the others.
    """
    kind = kind or ("cuda" if torch.cuda.is_available() else "cpu")
    kind = device_kind(int(os.environ.get("LOCAL_WORLD_SIZE", "1")), kind)
    if "RANK" in os.environ:
        store, rank, world = next(dist.rendezvous("env://", timeout=TIMEOUT))
        local_rank = int(os.environ.get("LOCAL_RANK", "0"))
        place = local_rank, _fresh(store, rank, world), rank, world
    else:
        place = 0, dist.HashStore(), 0, 1
    with group(kind, *place) as device:
        yield device


def _fresh(store: dist.Store, rank: int, world: int) -> dist.Store:
    """The part of `store` that these very processes have to themselves.

    torchrun keeps one store over restarts, in which the addresses of processes that
    died are still to be read (torch 2.14), and the machines need not have counted as
    many restarts. So rank 0 offers a name of its own, each rank answers with its
    own, and it holds once rank 0 has repeated all answers. Not needed where torchrun
    runs with TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1, by reading; it is not the default.
    """
    me = uuid.uuid4().hex
    if rank == 0:
        store.set("offer", me)
        answers = [store.get(f"{me}/{r}").decode() for r in range(1, world)]
        store.set(f"{me}/settled", " ".join(answers))
        return dist.PrefixStore(me, store)
    until = time.monotonic() + TIMEOUT.total_seconds()
    while time.monotonic() < until:
        offer = store.get("offer").decode()
        store.set(f"{offer}/{rank}", me)
        settled = f"{offer}/settled"
        if store.check([settled]) and me in store.get(settled).decode().split():
            return dist.PrefixStore(offer, store)
        time.sleep(0.05)
    raise ProcessError(
        f"rank {rank} has waited {TIMEOUT} for rank 0; has it died, or does its "
        "machine not reach this one?"
    )


@contextmanager
def group(
    kind: DeviceKind, local_rank: int, store: dist.Store, rank: int, processes: int
) -> Iterator[torch.device]:
    """Form a process group for the time; gives this process's device.

    `store` is where the processes find each other, `local_rank` the GPU's number.
    Raises `ProcessError` in the block's place where it fails for another's end.
    """
    device = torch.device(kind, local_rank) if kind == "cuda" else torch.device(kind)
    if kind == "cuda":
        torch.cuda.set_device(device)
    backend = "nccl" if kind == "cuda" else "gloo"
    dist.init_process_group(
        backend, store=store, rank=rank, world_size=processes, timeout=TIMEOUT
    )
    try:
        # whoever is done before another has connected would fail that one
        dist.barrier(device_ids=[local_rank] if kind == "cuda" else None)
        yield device
    except RuntimeError as error:
        if not isinstance(error, dist.DistError) and "/gloo/" not in str(error):
            raise
        raise ProcessError(
            f"rank {rank} has lost another rank, whose own last words say why "
            f"({str(error).splitlines()[0]})"
        ) from error
    finally:
        dist.destroy_process_group()
