"""Train one network, under torchrun in several processes.

Under `torchrun` each process runs this command; by itself it is one process:

    torchrun --nproc-per-node 2 -m alexnet_lib train --data imagenette
    alexnet train --data imagenette

What is trained is said in one of three ways: AlexNet by the recipe of the authors'
code, with changes (`--data imagenette --epochs 20`); a config in a file (`--config
FILE`); or an arm of an experiment, whose record is written as `alexnet run` does
(`--experiment NAME --arm ARM`).

Two towers by default, replicas as many as the processes make. A rank that dies
takes the run down; with `--max-restarts N` torchrun starts all processes again and
they go on from the last checkpoint, which must lie where every machine sees it
(`ALEXNET_RUNS`). Checkpoints hold the merged network: any layout can go on from
one of any other.

With `--plan` nothing is trained but a few steps on noise, which say what the training
would take of the devices that are here: steps, memory, traffic, disk, hours.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from alexnet_lib import settings
from alexnet_lib.commands import plan, recipe, words
from alexnet_lib.config import RunConfig
from alexnet_lib.config_json import digest
from alexnet_lib.parallel.sharding import DeviceKind, Layout, Output, Wire

if TYPE_CHECKING:
    from alexnet_lib.data import Dataset
    from alexnet_lib.parallel.mesh import DeviceMeshTeam
    from alexnet_lib.runs.run import Run


def add(parser: argparse.ArgumentParser) -> None:
    """Add the words of `alexnet train`."""
    form = parser.add_argument_group("a config, or an arm, instead of the recipe")
    form.add_argument("--config", type=Path, help="a RunConfig as JSON")
    form.add_argument("--experiment", help="with --arm; its record: ALEXNET_RUNS")
    form.add_argument("--arm", help="which of the experiment's")
    form.add_argument(
        "--scale", choices=settings.SCALES, help="of the experiment; default laptop"
    )
    recipe.add(parser.add_argument_group("changes to the recipe of #145"))
    parser.add_argument(
        "--plan", action="store_true", help="only say what that takes of what is here"
    )
    how = parser.add_argument_group("how it is trained")
    how.add_argument("--seed", type=words.seed, default=1)
    how.add_argument(
        "--towers", type=words.count, help="default 2, or 1 in a single process"
    )
    how.add_argument("--output", choices=get_args(Output), default="split")
    how.add_argument("--wire", choices=get_args(Wire), default="same")
    how.add_argument("--device", choices=get_args(DeviceKind))
    how.add_argument(
        "--save-every",
        type=words.seconds,
        metavar="SECONDS",
        help=f"at most once in so long within an epoch; default "
        f"{settings.CHECKPOINT_SECONDS:g}",
    )
    how.add_argument(
        "--save", type=words.file, help="checkpoint; default in ALEXNET_RUNS"
    )


def run(arguments: argparse.Namespace) -> int:
    """Train as told, together with whatever processes torchrun started.

    An interrupt is rank 0's to tell; the others return the same status. Raises
    `WordsError` for words that do not belong together, `ValueError` for a layout that
    does not take these processes or cannot share the network out, and for an unknown
    experiment or arm.
    """
    _check_words(arguments)
    if "RANK" in os.environ:
        signal.signal(signal.SIGINT, _stop_once)
    try:
        _train_together(arguments)
    except KeyboardInterrupt:
        if os.environ.get("RANK", "0") == "0":
            raise
        return 128 + signal.SIGINT
    return 0


def _stop_once(*_: object) -> None:
    """Heed the first interrupt alone: after a terminal's, torchrun sends its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _train_together(arguments: argparse.Namespace) -> None:
    import torch.distributed as dist

    from alexnet_lib import machine
    from alexnet_lib.parallel.mesh import DeviceMeshTeam
    from alexnet_lib.parallel.process_group import connect

    with connect(arguments.device) as device:
        processes = dist.get_world_size()
        if processes == 1 and (busy := machine.leave_busy_cores()):
            print(busy)
        towers = arguments.towers or min(2, processes)
        if towers == 1 and (arguments.wire, arguments.output) != ("same", "split"):
            raise words.WordsError("--wire and --output are for towers; here is one")
        layout = Layout(
            towers=towers,
            replicas=max(1, processes // towers),
            output=arguments.output,
            wire=arguments.wire,
        )
        mesh = DeviceMeshTeam(layout, device)
        if arguments.plan:
            _plan(mesh, arguments)
        elif arguments.experiment is None:
            _train(mesh, arguments)
        else:
            _train_arm(mesh, arguments)


def _check_words(arguments: argparse.Namespace) -> None:
    """Refuse words that what is trained leaves no room for."""
    given = {word for word, value in vars(arguments).items() if value is not None}
    form = next((word for word in ("experiment", "config") if word in given), None)
    without = {
        "experiment": ("config", "save", "save_every", *recipe.CHANGES),
        "config": ("arm", "scale", *recipe.CHANGES),
        None: ("arm", "scale"),
    }[form]
    if wrong := [word for word in without if word in given]:
        word = wrong[0].replace("_", "-")
        raise words.WordsError(
            f"--{word} goes with --experiment only"
            if wrong[0] in ("arm", "scale")
            else f"--{word} does not go with --{form}, which says that itself"
        )
    if arguments.plan and given & {"save", "save_every"}:
        raise words.WordsError("--save and --save-every are not for --plan")
    if form == "experiment" and "arm" not in given:
        raise words.WordsError(f"--arm is missing: which of {arguments.experiment}?")


def _train(mesh: DeviceMeshTeam, arguments: argparse.Namespace) -> None:
    from alexnet_lib.runs.run import run_id
    from alexnet_lib.runs.train_config import load_for, train_config, usual_measures
    from alexnet_lib.training.checkpoint import held
    from alexnet_lib.training.progress import Checkpoints

    if arguments.config is None:
        dataset = _loaded("imagenet" if arguments.data is None else arguments.data)
        config = recipe.recipe_of(arguments, dataset)
    else:
        config = recipe.read(arguments.config)
        _loaded(config.data.name)
        dataset = load_for(config)
    saved = arguments.save or _place(config, arguments.seed)
    layout, device = mesh.layout, mesh.device
    measures, seconds = usual_measures(config), arguments.save_every
    if seconds is None:
        seconds = settings.CHECKPOINT_SECONDS
    of_run = run_id(config, measures, dataset.fingerprint, arguments.seed)
    with held(saved, mesh):
        _, epochs = train_config(
            config,
            dataset,
            arguments.seed,
            measures=measures,
            checkpoints=Checkpoints(saved, of_run, seconds),
            title=f"{layout.replicas} x {layout.towers} on {device.type}",
            team=mesh,
        )
    if mesh.is_main:
        print(_last(epochs[-1]), f"weights in {saved}", sep="\n")


def _plan(mesh: DeviceMeshTeam, arguments: argparse.Namespace) -> None:
    """Print what the training would take, instead of training."""
    from alexnet_lib.runs.forecast import Images

    run = None if arguments.experiment is None else _run(arguments)
    config = run.config if run else arguments.config and recipe.read(arguments.config)
    name = config.data.name if config else arguments.data or "imagenet"
    images = plan.published(name) or Images.of(_loaded(name))
    config = config or recipe.recipe_of(arguments, images.noise(1, 1))
    expect = run.experiment.expect[run.scale] if run else plan.expectation(config)
    plan.print_plan(config, images.without(config.data.held_out), expect, mesh)


def _train_arm(mesh: DeviceMeshTeam, arguments: argparse.Namespace) -> None:
    from alexnet_lib.runs.run import Options

    run = _run(arguments)
    _loaded(run.config.data.name)
    record = run.record(Options(team=mesh))
    if record is not None:
        path = run.record_path(run.own_root)
        print(_last(record.result), f"record in {path}", sep="\n")


def _run(arguments: argparse.Namespace) -> Run:
    """The experiment's run that the words name."""
    from alexnet_lib import experiments
    from alexnet_lib.runs.run import Run

    chosen = experiments.by_name(arguments.experiment)
    scale = settings.scale(arguments.scale, default="laptop")
    return Run(chosen, arguments.arm, arguments.seed, scale)


def _loaded(name: str) -> Dataset:
    """The data set; the first process of each machine prepares it for the rest."""
    import torch.distributed as dist

    from alexnet_lib import data

    first = int(os.environ.get("LOCAL_RANK", "0")) == 0
    dataset = data.load(name) if first else None
    dist.barrier()
    return dataset or data.load(name)


def _place(config: RunConfig, seed: int) -> Path:
    return settings.runs_root() / "train" / f"{digest(config)}.s{seed}.pt"


def _last(last: Mapping[str, Any]) -> str:
    figures = {k: v for k, v in last.items() if isinstance(v, int | float)}
    return "  ".join(f"{k} {v:.4g}" for k, v in figures.items())
