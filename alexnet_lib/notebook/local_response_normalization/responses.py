"""Measurements of notebook 03: a trained first layer, and what LRN does to it.

The layer is that of the published run of config #145, on a photograph. A reader's own
and a small net, trained in seconds, give the same on images of their own data.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch
from matplotlib import cbook
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib import data, settings
from alexnet_lib.config import DataConfig, Pixels, RunConfig, TrainingConfig
from alexnet_lib.data.preparing.decode import decode
from alexnet_lib.data.views import centre_crop
from alexnet_lib.experiments.cifar import CIFAR_NORM
from alexnet_lib.experiments.photographs import FIRST_UPDATES
from alexnet_lib.nets.alexnet import HANGING_WINDOW
from alexnet_lib.nets.layers import Activation, Conv, Linear, Pool, ResponseNorm
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.runs import artifacts
from alexnet_lib.runs.run import Run
from alexnet_lib.runs.train_config import centre_views, train_config
from alexnet_lib.settings import Scale

_SHOWN = 20
_OWN_ARM, _OWN_SEED = "13pct-lrn", 1
_CROP, _STRIDE = 224, 4


@dataclass(frozen=True)
class FirstLayer:
    """Responses of a trained conv1 to a few images, and whose conv1 it is.

    `images` (B, 3, H, W) uint8, `sums` (B, maps, H, W) before the unit; the image
    that it responds to most comes first.
    """

    images: Tensor
    sums: Tensor
    origin: str

    @property
    def responses(self) -> Tensor:
        """After the ReLU."""
        return self.sums.relu()


def published_first_layer() -> FirstLayer:
    """conv1 of the published run of #145, on a photograph prepared as §2 says.

    The kernels (96, 3, 11, 11), their biases and the mean colour of the pixels that
    they were trained on are those of `first-711-updates`, arm `source`, seed 1. The
    photograph, a portrait of Grace Hopper in the public domain, comes with
    matplotlib. Raises `FileNotFoundError` if the kernels are not there.
    """
    path = Run(FIRST_UPDATES, "source", 1, "laptop").record_path(
        settings.results_root()
    )
    arrays = artifacts.read(artifacts.path_of(path, "conv1"))
    conv1 = {name: torch.from_numpy(array).float() for name, array in arrays.items()}
    image = photograph()
    pad = functional.pad(
        image - conv1["mean"][:, None, None],
        (0, HANGING_WINDOW.right, 0, HANGING_WINDOW.bottom),
    )
    weight, bias = conv1["weight"], conv1["bias"]
    sums = functional.conv2d(pad, weight, bias, _STRIDE)  # (1, 96, 55, 55)
    return FirstLayer(image, sums, "conv1 of config #145, published run, seed 1")


def photograph() -> Tensor:
    """matplotlib's photograph as §2 has it, and its centre: (1, 3, 224, 224) uint8."""
    file = cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    square = decode(Path(file).read_bytes())  # (256, 256, 3)
    return centre_crop(square.permute(2, 0, 1)[None], _CROP)


def small_first_layer(scale: Scale, pixels: Pixels) -> FirstLayer:
    """conv1 of `small_net`, trained now for a few seconds.

    On 2000 images of the scale's data.
    """
    config = small_net(pixels, "synthetic" if scale == "smoke" else "cifar10")
    whole = data.load(config.data.name)
    few = dataclasses.replace(
        whole,
        train=whole.train.first(2000),
        test=whole.test.first(500),
        sums=whole.statistics,
    )
    subject, _ = train_config(config, few, 1, show=False)
    seen = "synthetic images" if scale == "smoke" else "CIFAR-10"
    origin = f"a small net trained here on {seen}, {pixels} pixels"
    return _on_test_images(subject.net, config, origin)


def own_first_layer(scale: Scale) -> FirstLayer:
    """conv1 of the reader's own run: arm 13pct-lrn of `cifar-norm`, seed 1.

    Raises `FileNotFoundError` if it is not finished at this scale.
    """
    run = Run(CIFAR_NORM, _OWN_ARM, _OWN_SEED, scale)
    return _on_test_images(run.network(), run.config, f"your own run of {_OWN_ARM}")


def _on_test_images(net: nn.Module, config: RunConfig, origin: str) -> FirstLayer:
    """The first layer of `net` on a few test images of its data."""
    dataset, device = data.load(config.data.name), next(net.parameters()).device
    images = dataset.test.first(_SHOWN).images[:]
    views = centre_views(config, dataset, device)(images)
    with torch.no_grad():
        sums = next(net.children())(views).cpu().contiguous()
    seen = centre_crop(images, views.shape[-1])
    order = sums.relu().flatten(1).norm(dim=1).argsort(descending=True)
    return FirstLayer(seen[order], sums[order], origin)


def small_net(pixels: Pixels, name: str) -> RunConfig:
    """Two convolutions and a softmax layer; the first is AlexNet's but for stride 2.

    On `raw` pixels with the paper's init, on `unit` ones with PyTorch's own; each
    at a rate that suits it.
    """
    raw = pixels == "raw"
    network = NetworkConfig(
        (
            *(Conv(96, 11, std=0.01, stride=2, padding=5), Activation()),
            *(ResponseNorm(divide_alpha_by_n=False), Pool("max")),
            *(Conv(32, 5, std=0.01, padding=2), Activation(), Pool("average")),
            Linear(10, std=0.01),
        ),
        weight_init="gaussian" if raw else "torch",
    )
    rate = 1e-3 if raw else 1e-2
    training = TrainingConfig(learning_rate=rate, epochs=3, batch_size=32)
    return RunConfig(DataConfig(name, pixels), network, training)


def alpha_per_square(norm: nn.Module, k: float, beta: float, at: int = 5) -> float:
    """The weight of a square in `norm`, read off its answer to a single response.

    One of 11 maps has one response, 100, at one position: (100 / b)^(1 / beta) is k
    plus 100^2 times the number looked for.
    """
    a = torch.zeros(1, 11, 9, 9, dtype=torch.float64)
    a[0, at, 4, 4] = 100.0
    b = norm(a)[0, at, 4, 4].item()
    return ((100.0 / b) ** (1 / beta) - k) / 100.0**2


def lost(responses: Tensor, norm: nn.Module, k: float, beta: float) -> float:
    """Share of the responses' length that `norm` takes away, beyond k^beta.

    The length is the root of the sum of squares; 0 where `norm` only multiplies by
    the constant k^-beta.
    """
    a = responses.double()
    return 1 - (k**beta * norm(a).norm() / a.norm()).item()
