"""The first layer of a trained network, kept beside its run's record.

Records are small and hold no weights. Of some published runs the first layer is kept
as well, for Figure 3 and for notebooks that need responses of a trained network.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from alexnet_lib.data import Dataset
from alexnet_lib.files import written_whole
from alexnet_lib.runs import records


@dataclass(frozen=True)
class FirstLayer:
    """conv1 of a trained network, float32, and what its input was centred by.

    `weight` (maps, 3, H, W) and `bias` (maps,) belong to pixels of 0..255 less the
    mean image; `mean` (3,) is that image's mean red, green and blue.
    """

    weight: Tensor
    bias: Tensor
    mean: Tensor

    @classmethod
    def of(cls, net: torch.nn.Module, data: Dataset) -> FirstLayer:
        """The first layer of `net`, trained on `data`."""
        weight, bias = (net.get_parameter(f"conv1.{n}") for n in ("weight", "bias"))
        mean = data.mean_image.mean((1, 2))
        return cls(weight.detach().cpu(), bias.detach().cpu(), mean)


def path_of(root: Path, experiment: str, arm: str, seed: int) -> Path:
    """Where the first layer of a run lies under `root`."""
    return records.path_of(root, experiment, arm, seed).with_suffix(".conv1.npz")


def write(path: Path, layer: FirstLayer) -> None:
    """Write `layer` to `path`, in half precision, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {name: tensor.half().numpy() for name, tensor in vars(layer).items()}
    with written_whole(path) as stream:
        np.savez_compressed(stream, **arrays)


def read(path: Path) -> FirstLayer:
    """The first layer at `path`; `FileNotFoundError` names it and the mend."""
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is missing: the kernels of a published run; restore it with "
            "`git checkout -- results`, or publish the run again"
        )
    with np.load(path, allow_pickle=False) as arrays:
        tensors = {name: torch.from_numpy(arrays[name]).float() for name in arrays}
    return FirstLayer(**tensors)
