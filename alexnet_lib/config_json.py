"""Configs, layers and measures as plain JSON, and back again unchanged."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from typing import Any, Literal, TypeVar

from alexnet_lib.experiments.measures import Measure
from alexnet_lib.nets.layers import Layer
from alexnet_lib.schedule import Schedule

T = TypeVar("T")
_TAGS = {Layer: "layer", Schedule: "schedule", Measure: "measure"}
_TAG_OF = {kind: tag for union, tag in _TAGS.items() for kind in typing.get_args(union)}


def to_dict(config: Any) -> Any:
    """Plain JSON types for a config; what is one of several kinds is tagged by name."""
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        fields = {
            f.name: to_dict(getattr(config, f.name)) for f in dataclasses.fields(config)
        }
        kind = type(config)
        return {_TAG_OF[kind]: kind.__name__} | fields if kind in _TAG_OF else fields
    if isinstance(config, tuple):
        return [to_dict(item) for item in config]
    return config


def from_dict(kind: type[T], values: Any) -> T:
    """The config of type `kind` that `to_dict` turned into `values`.

    A missing field takes its default, so records outlive new options. Any other JSON
    raises `ValueError`, which names the field and says what is there.
    """
    return typing.cast(T, _parse(kind, values, getattr(kind, "__name__", "")))


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
        if len(options) == 1:  # an optional value, not a choice of kinds
            return _parse(options[0], value, where)
        return _tagged(options, value, where)
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


def _tagged(options: list[Any], value: Any, where: str) -> Any:
    tag, kinds = _TAG_OF[options[0]], {kind.__name__: kind for kind in options}
    if not isinstance(value, dict):
        raise _wrong(where, f"a {tag}", value)
    name = value.get(tag)
    if not isinstance(name, str) or name not in kinds:
        raise ValueError(f"{where}: unknown {tag} {name!r}; known: {', '.join(kinds)}")
    fields = {key: item for key, item in value.items() if key != tag}
    return _config(kinds[name], fields, where)


def _wrong(where: str, wanted: str, value: Any) -> ValueError:
    text = json.dumps(value)
    return ValueError(f"{where}: {wanted} is wanted, not {text[:60]}")


def digest(config: Any) -> str:
    """Short SHA-256 of a config, to tell whether a checkpoint belongs to it."""
    text = json.dumps(to_dict(config), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
