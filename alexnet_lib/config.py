"""A run as data: frozen dataclasses that say everything and do nothing.

A `RunConfig` holds three parts: which pixels (`DataConfig`), which network
(`NetworkConfig`, a tuple of layers) and how it is trained (`TrainingConfig`).
Two arms of an experiment differ by one `dataclasses.replace`, so the difference
between them is readable in the code. `config_json` carries a config through JSON
unchanged; a record therefore holds exactly what was run.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.schedule import CONSTANT_RATE, Schedule

Pixels = Literal["raw", "unit"]
Precision = Literal["float32", "bfloat16"]
UpdateRule = Literal["paper", "torch"]
MeanWindow = Literal["own", "centre"]
ColourScale = Literal["deviation", "eigenvalue", "eigenvalue_unit"]


@dataclass(frozen=True)
class Augmentation:
    """Random training views of larger images (§4.1).

    `offsets` per axis, from 0 on, or `centred` in the room there is; None: as many as
    fit. `chunk` images in a row
    share one crop and one mirror. `mean` is subtracted at the crop's `own` window,
    or always at the `centre`. Colour noise moves each image along the principal
    axes of RGB by `colour` times a normal variate times the component's standard
    `deviation`, its `eigenvalue` in squared grey levels, or that of pixels in 0..1
    (`eigenvalue_unit`); then the image is divided by `divisor`.
    """

    size: int = 224
    offsets: int | None = None
    centred: bool = False
    mirror: bool = True
    chunk: int = 1
    mean: MeanWindow = "own"
    colour: float = 0.1
    colour_scale: ColourScale = "deviation"
    divisor: float = 1.0


@dataclass(frozen=True)
class DataConfig:
    """Which data set, which views of it, and on what scale its pixels arrive.

    `raw`: 0..255 minus the mean image (§2). `unit`: the same divided by the
    standard deviation of all centred training pixels, as is usual today. Without
    `augmentation` the network sees whole images; with it random views in training, and
    centres or ten views in tests. `held_out` images of each class are cut from the
    training set to choose by.
    """

    name: str = "cifar10"
    pixels: Pixels = "raw"
    augmentation: Augmentation | None = None
    held_out: int = 0


@dataclass(frozen=True)
class LayerRate:
    """`factor` times the learning rate for one layer, or one parameter of it.

    `layer` is a name, `conv1` or `conv1.weight`. From epoch number `from_epoch` on,
    counted from 0. A factor of 0 freezes it, as the authors froze conv1
    (`layer-params-145.cfg:165-182`).
    """

    layer: str
    factor: float
    from_epoch: int = 0


@dataclass(frozen=True)
class Stop:
    """The run ends after the first epoch whose figure `key` is at or below `target`."""

    key: str
    target: float


@dataclass(frozen=True)
class TrainingConfig:
    """SGD as in §5: rates per step, decay per step, epochs at most.

    - `learning_rate`: the weights'; biases take `bias_rate_factor` times that. The
      `schedule` divides both.
    - `weight_decay`: the weights', and with `decay_biases` the biases' too.
    - `update_rule`: `paper`, the rate inside the velocity, or `torch`, outside.
    - `layer_rates`: exceptions, layer by layer.
    - `stop`: ends the run before `epochs` are over.
    """

    learning_rate: float
    epochs: int
    batch_size: int = 128
    momentum: float = 0.9
    weight_decay: float = 0.0
    bias_rate_factor: float = 2.0
    decay_biases: bool = False
    update_rule: UpdateRule = "paper"
    schedule: Schedule = CONSTANT_RATE
    layer_rates: tuple[LayerRate, ...] = ()
    stop: Stop | None = None
    precision: Precision = "float32"


@dataclass(frozen=True)
class StartFrom:
    """Weights to start from: those of the run of `arm`, same experiment, same seed.

    `layers` names the layers that are copied; all others are drawn. Where that arm's
    network calls them otherwise, `theirs` has its names for them, in the same order.
    """

    arm: str
    layers: tuple[str, ...]
    theirs: tuple[str, ...] = ()

    @property
    def own_names(self) -> dict[str, str]:
        """By the other network's name of each layer, this one's.

        Raises `ValueError` unless `theirs` is empty or as long as `layers`.
        """
        return dict(zip(self.theirs or self.layers, self.layers, strict=True))


@dataclass(frozen=True)
class RunConfig:
    """One arm of an experiment; with a seed it determines a run."""

    data: DataConfig
    network: NetworkConfig
    training: TrainingConfig
    start: StartFrom | None = None

    def with_data(self, **fields: Any) -> RunConfig:
        """This config with some fields of its data changed."""
        return dataclasses.replace(self, data=dataclasses.replace(self.data, **fields))

    def with_training(self, **fields: Any) -> RunConfig:
        """This config with some fields of its training changed."""
        training = dataclasses.replace(self.training, **fields)
        return dataclasses.replace(self, training=training)

    def with_network(self, network: NetworkConfig) -> RunConfig:
        """This config with another network."""
        return dataclasses.replace(self, network=network)
