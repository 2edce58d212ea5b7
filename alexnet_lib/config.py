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


def from_dict(kind: type[T], values: Any) -> T:
    """The config of type `kind` that `to_dict` turned into `values`.

    A missing field takes its default, so records outlive new options. Any other JSON
    raises `ValueError`, which names the field and says what is there.
    """
    return typing.cast(T, _parse(kind, values, kind.__name__))


def _parse(kind: Any, value: Any, where: str) -> Any:
    """`value`, found at the dotted field name `where`, as the type `kind` has it."""
    options = [k for k in typing.get_args(kind) if k is not types.NoneType]
    if dataclasses.is_dataclass(kind):
        return _config(typing.cast(type, kind), value, where)
    if typing.get_origin(kind) is tuple:
        return _tuple(options, value, where)
    if typing.get_origin(kind) is Literal:
        fits, wanted = value in options, " or ".join(map(repr, options))
    elif isinstance(kind, types.UnionType):
        if value is None and len(options) < len(typing.get_args(kind)):
            return None
        if len(options) == 1:  # an optional value, not a choice of layers
            return _parse(options[0], value, where)
        return _layer(options, value, where)
    else:
        fits = type(value) is kind or (kind is float and type(value) is int)
        wanted = {int: "a whole number", float: "a number"}.get(kind, kind.__name__)
    if not fits:
        raise _wrong(where, wanted, value)
    return value


def _config(kind: type, values: Any, where: str) -> Any:
    if not isinstance(values, dict):
        raise _wrong(where, "an object of named fields", values)
    types_of = typing.get_type_hints(kind)
    if unknown := sorted(set(values) - set(types_of)):
        raise ValueError(
            f"{where}: unknown fields {', '.join(unknown)}; known: "
            f"{', '.join(types_of)}"
        )
    for field in dataclasses.fields(kind):
        if field.default is dataclasses.MISSING and field.name not in values:
            raise ValueError(f"{where}: the field {field.name} is missing")
    return kind(
        **{k: _parse(types_of[k], v, f"{where}.{k}") for k, v in values.items()}
    )


def _tuple(options: list[Any], value: Any, where: str) -> tuple[Any, ...]:
    any_number = options[-1] is Ellipsis
    if not isinstance(value, list | tuple) or not (
        any_number or len(value) == len(options)
    ):
        raise _wrong(where, "a list" if any_number else f"{len(options)} values", value)
    return tuple(
        _parse(options[0 if any_number else i], item, f"{where}[{i}]")
        for i, item in enumerate(value)
    )


def _layer(options: list[Any], value: Any, where: str) -> Any:
    kinds = {kind.__name__: kind for kind in options}
    if not isinstance(value, dict):
        raise _wrong(where, "a layer", value)
    name = value.get("layer")
    if not isinstance(name, str) or name not in kinds:
        raise ValueError(f"{where}: unknown layer {name!r}; known: {', '.join(kinds)}")
    fields = {key: item for key, item in value.items() if key != "layer"}
    return _config(kinds[name], fields, where)


def _wrong(where: str, wanted: str, value: Any) -> ValueError:
    text = json.dumps(value)
    return ValueError(f"{where}: {wanted} is wanted, not {text[:60]}")


def digest(config: Any) -> str:
    """Short SHA-256 of a config, to tell whether a checkpoint belongs to it."""
    text = json.dumps(to_dict(config), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
