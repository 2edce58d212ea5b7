"""What a run is, as data: frozen dataclasses that say everything and do nothing.

A `RunConfig` holds three parts: which pixels (`DataConfig`), which network
(`NetworkConfig`, a tuple of layers) and how it is trained (`TrainingConfig`).
Two arms of an experiment differ by one `dataclasses.replace`, so the difference
between them is readable in the code. `to_dict` and `from_dict` carry a config
through JSON unchanged; a record therefore holds exactly what was run.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from alexnet_lib.nets.layers import Layer
from alexnet_lib.nets.network import NetworkConfig

Pixels = Literal["raw", "unit"]
Precision = Literal["float32", "bfloat16"]
MeanWindow = Literal["own", "centre"]
ColourScale = Literal["deviation", "eigenvalue", "eigenvalue_unit"]


@dataclass(frozen=True)
class Augmentation:
    """How training views are drawn from larger images (§4.1).

    `offsets` per axis, from 0 on; None: as many as fit. `chunk` images in a row
    share one crop and one mirror. `mean` is subtracted at the crop's `own` window,
    or always at the `centre`. Colour noise moves each image along the principal
    axes of RGB by `colour` times a normal variate times the component's standard
    `deviation`, its `eigenvalue` in squared grey levels, or that of pixels in 0..1
    (`eigenvalue_unit`); then the image is divided by `divisor`.
    """

    size: int = 224
    offsets: int | None = None
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
    `augmentation` the network sees whole images; with it random views in training,
    the centre after each epoch, and all ten views at the end.
    """

    name: str = "cifar10"
    pixels: Pixels = "raw"
    augmentation: Augmentation | None = None


@dataclass(frozen=True)
class TrainingConfig:
    """SGD as in §5: rates per step, decay per step, epochs at most.

    `learning_rate` is the weights'; biases take `bias_rate_factor` times that and
    no decay. At each epoch listed in `drop_epochs` both are divided by 10. With
    `stop_at_train_error` the run ends after the first epoch whose training error
    is at or below that fraction. After each epoch the error on `evaluate_train`
    training images is measured, and gradients and saturation on the first
    `probe_images`; with `kernel_colour`, at the end, how much colour each
    kernel of the first layer has.
    """

    learning_rate: float
    epochs: int
    batch_size: int = 128
    momentum: float = 0.9
    weight_decay: float = 0.0
    bias_rate_factor: float = 2.0
    drop_epochs: tuple[int, ...] = ()
    stop_at_train_error: float | None = None
    evaluate_train: int = 0
    probe_images: int = 0
    kernel_colour: bool = False
    precision: Precision = "float32"


@dataclass(frozen=True)
class RunConfig:
    """One arm of an experiment; with a seed it determines a run."""

    data: DataConfig
    network: NetworkConfig
    training: TrainingConfig


T = TypeVar("T")


def to_dict(config: Any) -> Any:
    """Plain JSON types for a config; each layer is tagged with its class name."""
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        fields = {
            f.name: to_dict(getattr(config, f.name)) for f in dataclasses.fields(config)
        }
        tag = {"layer": type(config).__name__} if isinstance(config, Layer) else {}
        return tag | fields
    if isinstance(config, tuple):
        return [to_dict(item) for item in config]
    return config


def from_dict(kind: type[T], values: dict[str, Any]) -> T:
    """The config of type `kind` that `to_dict` turned into `values`.

    A missing field takes its default, so records outlive new options; an unknown
    field or layer raises `ValueError`.
    """
    types_of = typing.get_type_hints(kind)
    unknown = set(values) - set(types_of)
    if unknown:
        raise ValueError(f"{kind.__name__}: unknown fields {sorted(unknown)}")
    return kind(**{k: _parse(types_of[k], v) for k, v in values.items()})


def _parse(kind: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        return from_dict(typing.cast(type, kind), value)
    if typing.get_origin(kind) is tuple:
        item = typing.get_args(kind)[0]
        return tuple(_parse(item, v) for v in value)
    if isinstance(kind, types.UnionType) and isinstance(value, dict):
        kinds = [k for k in typing.get_args(kind) if k is not types.NoneType]
        if len(kinds) == 1:  # an optional config, not a choice of layers
            return _parse(kinds[0], value)
        layers = {k.__name__: k for k in kinds}
        fields = dict(value)
        name = fields.pop("layer", None)
        if name not in layers:
            raise ValueError(f"unknown layer {name!r}; known: {sorted(layers)}")
        return from_dict(layers[name], fields)
    return value


def digest(config: Any) -> str:
    """Short SHA-256 of a config, to tell whether a checkpoint belongs to it."""
    text = json.dumps(to_dict(config), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
