"""Train one network, under torchrun in several processes.

Under `torchrun` each process runs this module; by itself it is one process:

    torchrun --nproc-per-node 2 -m alexnet_lib train --data imagenette
    alexnet train --data imagenette

Two towers by default, replicas as many as the processes make. A rank that dies
takes the run down; with `--max-restarts N` torchrun starts all processes again and
they go on from the last checkpoint, which must lie where every machine sees it
(`ALEXNET_RUNS`). Checkpoints hold the merged network: any layout can go on from
one of any other. With `--experiment NAME --arm ARM` it is an arm of an experiment
that is trained, and its record is written as `alexnet run` does.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from alexnet_lib import settings
from alexnet_lib.config import (
    Augmentation,
    DataConfig,
    RunConfig,
    TrainingConfig,
    digest,
    from_dict,
)
from alexnet_lib.nets.ablations import PATTERNS, with_communication, with_half_the_maps
from alexnet_lib.nets.alexnet import PRESETS, alexnet
from alexnet_lib.nets.network import with_input_side
from alexnet_lib.parallel.sharding import DeviceKind, Layout, Output, Wire

if TYPE_CHECKING:
    from alexnet_lib.data import Dataset
    from alexnet_lib.parallel.mesh import DeviceMeshTeam


def add(parser: argparse.ArgumentParser) -> None:
    """Add the words of `alexnet train`."""
    what = parser.add_argument_group("what is trained")
    what.add_argument(
        "--config", type=Path, help="a RunConfig as JSON, instead of the rest"
    )
    what.add_argument("--experiment", help="one of its arms, instead of the rest")
    what.add_argument("--arm", help="which; its record goes to ALEXNET_RUNS")
    what.add_argument(
        "--scale", choices=settings.SCALES, help="of the experiment; default laptop"
    )
    what.add_argument("--data", default="imagenet", help="data set, as in `data ls`")
    what.add_argument("--network", choices=PRESETS, default="paper")
    what.add_argument(
        "--crop", type=int, help="side of the crops in pixels; default the network's"
    )
    what.add_argument(
        "--pattern",
        choices=(*PATTERNS, "half"),
        default="paper",
        help="which layers read both towers; half: the one-GPU net of §3.2",
    )
    what.add_argument("--epochs", type=int, default=90)
    what.add_argument("--batch-size", type=int, default=128, help="of all replicas")
    what.add_argument("--learning-rate", type=float, default=0.01)
    what.add_argument(
        "--drop", type=int, nargs="*", default=[25, 51, 79], help="epochs: rate / 10"
    )
    what.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    what.add_argument("--seed", type=int, default=1)
    how = parser.add_argument_group("how it is shared out")
    how.add_argument("--towers", type=int, help="default 2, or 1 in a single process")
    how.add_argument("--output", choices=get_args(Output), default="split")
    how.add_argument("--wire", choices=get_args(Wire), default="same")
    how.add_argument("--device", choices=get_args(DeviceKind))
    how.add_argument("--save", type=Path, help="checkpoint; default in ALEXNET_RUNS")


def run(arguments: argparse.Namespace) -> None:
    """Train as told, together with whatever processes torchrun started.

    Raises `ValueError` for a layout that does not take these processes or cannot
    share the network out, and for an unknown experiment or arm.
    """
    import torch.distributed as dist

    from alexnet_lib.parallel.mesh import DeviceMeshTeam
    from alexnet_lib.parallel.process_group import connect

    with connect(arguments.device) as device:
        processes = dist.get_world_size()
        towers = arguments.towers or min(2, processes)
        layout = Layout(
            towers=towers,
            replicas=max(1, processes // towers),
            output=arguments.output,
            wire=arguments.wire,
        )
        mesh = DeviceMeshTeam(layout, device)
        if arguments.experiment is None:
            _train(mesh, arguments)
        else:
            _train_arm(mesh, arguments)


def _train(mesh: DeviceMeshTeam, arguments: argparse.Namespace) -> None:
    from alexnet_lib.runs.train_config import train_config

    name = arguments.data
    if arguments.config is not None:
        name = json.loads(arguments.config.read_text())["data"]["name"]
    dataset = _loaded(name)
    config = config_of(arguments, dataset)
    saved = arguments.save or _place(config, arguments.seed)
    layout, device = mesh.layout, mesh.device
    _, history = train_config(
        config,
        dataset,
        arguments.seed,
        saved=saved,
        title=f"{layout.replicas} x {layout.towers} on {device.type}",
        team=mesh,
    )
    if mesh.is_main:
        print(_last(history), f"weights in {saved}", sep="\n")


def _train_arm(mesh: DeviceMeshTeam, arguments: argparse.Namespace) -> None:
    from alexnet_lib import experiments
    from alexnet_lib.runs import records
    from alexnet_lib.runs.run import arm_config, run_arm_in

    chosen = experiments.by_name(arguments.experiment)
    arm, seed = arguments.arm, arguments.seed
    scale = settings.scale(arguments.scale, default="laptop")
    _loaded(arm_config(chosen, scale, arm).data.name)
    record = run_arm_in(mesh, chosen, arm, seed, scale)
    if record is not None:
        path = records.path_of(settings.runs_root() / scale, chosen.name, arm, seed)
        print(_last([record.result]), f"record in {path}", sep="\n")


def _loaded(name: str) -> Dataset:
    """The data set; the first process of each machine prepares it for the rest."""
    import torch.distributed as dist

    from alexnet_lib import data

    first = int(os.environ.get("LOCAL_RANK", "0")) == 0
    dataset = data.load(name) if first else None
    dist.barrier()
    return dataset or data.load(name)


def config_of(arguments: argparse.Namespace, dataset: Dataset) -> RunConfig:
    """What the words say: a file's `RunConfig`, or a preset on crops of its size."""
    if arguments.config is not None:
        return from_dict(RunConfig, json.loads(arguments.config.read_text()))
    network = alexnet(arguments.network, classes=len(dataset.classes))
    if arguments.pattern == "half":
        network = with_half_the_maps(network)
    else:
        network = with_communication(network, arguments.pattern)
    side = arguments.crop or network.input_shape[-1]
    network = with_input_side(network, side)
    return RunConfig(
        DataConfig(dataset.name, augmentation=Augmentation(side)),
        network,
        TrainingConfig(
            learning_rate=arguments.learning_rate,
            epochs=arguments.epochs,
            batch_size=arguments.batch_size,
            weight_decay=0.0005,
            drop_epochs=tuple(arguments.drop),
            precision=arguments.precision,
        ),
    )


def _place(config: RunConfig, seed: int) -> Path:
    return settings.runs_root() / "train" / f"{digest(config)}.s{seed}.pt"


def _last(history: list[dict[str, Any]]) -> str:
    last = history[-1]
    figures = {k: v for k, v in last.items() if isinstance(v, int | float)}
    return "  ".join(f"{k} {v:.4g}" for k, v in figures.items())
