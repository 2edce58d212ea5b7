"""Print what `alexnet train` would take, instead of training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alexnet_lib import settings
from alexnet_lib.config import RunConfig
from alexnet_lib.experiments import photographs

if TYPE_CHECKING:  # whose import takes torch, and seconds
    from alexnet_lib.parallel.mesh import DeviceMeshTeam
    from alexnet_lib.runs.forecast import Images


def published(name: str) -> Images | None:
    """The published size of ImageNet while it is not prepared, else None.

    ILSVRC-2012 has 1,281,167 training and 50,000 validation images.
    """
    from alexnet_lib.data import shards
    from alexnet_lib.runs.forecast import Images

    if name != "imagenet" or shards.present(settings.data_root() / "prepared" / name):
        return None
    shape = (3, shards.SIDE, shards.SIDE)
    return Images(name, 1_281_167, 50_000, 1000, shape, prepared=False)


def print_plan(
    config: RunConfig, images: Images, expect: str, mesh: DeviceMeshTeam
) -> None:
    """Probe the training with all processes; the main one prints what it takes."""
    from alexnet_lib.runs.forecast import forecast

    found = forecast(config, images, mesh)
    if mesh.is_main:
        print("\n".join([*found.lines(), f"expect   {expect}", *_idle(mesh)]))


def _idle(mesh: DeviceMeshTeam) -> list[str]:
    """A line that says how to use GPUs that this plan leaves idle."""
    import torch

    gpus = torch.cuda.device_count()
    if gpus <= mesh.processes:
        return []
    return [
        f"idle     {gpus - mesh.processes} of {gpus} GPUs; all: torchrun "
        f"--nproc-per-node {gpus} -m alexnet_lib train ... --plan"
    ]


def expectation(config: RunConfig) -> str:
    """Say what others and the authors reached with #145 on ImageNet, if this is it."""
    from alexnet_lib.ledger.results_tables import reached

    usual = photographs.base("paper")
    if config != usual.with_training(precision=config.training.precision):
        return "no published result: this changes the recipe of #145 on ImageNet"
    return reached()
