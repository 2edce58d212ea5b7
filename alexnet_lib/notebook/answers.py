"""Looks at what an attempt at an exercise returned, before anything is tested.

An *example* says what is wanted: a tensor of the right shape, a number, a tuple of
two. NumPy arrays and other float types are taken where they can only mean one thing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

T = TypeVar("T")
_LONGEST = 10_000
_ORDINALS = ("first", "second", "third", "fourth")


class Wrong(Exception):
    """An attempt that is not right yet; the message says in what way."""


def conform(answer: Any, example: T, *, sides: bool = True) -> T:
    """The answer as one of the example's kind; `Wrong` says what came instead.

    A tensor must have the example's shape; but without `sides` its last two axes, the
    sides of maps, may be of any length.
    """
    if isinstance(example, Tensor):
        converted: Any = _tensor(answer, example, sides)
    elif isinstance(example, tuple):
        converted = _several(answer, example, sides)
    elif isinstance(example, list):
        converted = _listed(answer, example)
    elif isinstance(example, dict):
        if not isinstance(answer, Mapping):
            raise _other(answer, example)
        (like, *_) = example.values()
        converted = {key: conform(value, like) for key, value in answer.items()}
    elif isinstance(example, int | float):
        converted = _number(answer, example)
    elif isinstance(answer, type(example)):
        converted = answer
    else:
        raise _other(answer, example)
    return converted


def close(got: Tensor, right: Tensor) -> bool:
    """Whether shapes are the same and half of the digits of the coarser type agree."""
    if got.shape != right.shape:
        return False
    kinds = [x.dtype for x in (got, right) if x.is_floating_point()]
    coarsest = max((torch.finfo(kind).eps for kind in kinds), default=0.0)
    got, right = got.detach().double(), right.detach().double()
    scale = right.abs().max().item() if right.numel() else 0.0
    return torch.allclose(got, right, rtol=0, atol=math.sqrt(coarsest) * scale)


def require(
    got: Tensor,
    right: Tensor,
    mistakes: Mapping[str, Tensor] = MappingProxyType({}),
    otherwise: str = "",
) -> None:
    """Raise `Wrong` unless `got` is `close` to `right`.

    Its words are those of the mistake whose outcome `got` is, else `otherwise`.
    """
    if close(got, right):
        return
    for words, outcome in mistakes.items():
        if close(got, outcome):
            raise Wrong(words)
    worst = (got.detach().double() - right.double()).abs().max().item()
    raise Wrong(otherwise or f"It is off by up to {worst:.3g}.")


def _tensor(answer: Any, example: Tensor, sides: bool) -> Tensor:
    if isinstance(answer, np.ndarray | np.generic) and answer.dtype.kind in "biuf":
        answer = torch.from_numpy(np.array(answer))
    elif _is_number(answer) and example.ndim == 0:
        answer = torch.tensor(float(answer))
    if not isinstance(answer, Tensor) or answer.is_complex():
        raise _other(answer, example, sides)
    if _shape(answer, sides) != _shape(example, sides):
        raise _other(answer, example, sides)
    if example.is_floating_point() and not answer.is_floating_point():
        kind = str(answer.dtype).removeprefix("torch.")
        raise Wrong(f"A tensor of {kind} came. Wanted: one of floating point.")
    odd = int((~answer.isfinite()).sum())
    if odd:
        raise Wrong(f"{odd} of its {answer.numel()} values are NaN or infinite.")
    return answer.cpu()


def _shape(tensor: Tensor, sides: bool) -> list[str]:
    lengths = list(map(str, tensor.shape))
    return lengths if sides else [*lengths[:-2], *"HW"[2 - tensor.ndim :]]


def _listed(answer: Any, example: list[Any]) -> list[Any]:
    parts = _parts(answer)
    if parts is None:
        raise _other(answer, example)
    try:
        return [conform(part, example[0]) for part in parts]
    except Wrong as wrong:
        raise Wrong(f"In the list: {wrong}") from None


def _several(answer: Any, example: tuple[Any, ...], sides: bool) -> tuple[Any, ...]:
    parts = _parts(answer)
    listed = isinstance(answer, tuple | list | Iterator)
    if parts is None or (len(parts) != len(example) and not listed):
        raise Wrong(f"One value came, {_described(answer)}. {_wanted(example, sides)}")
    if len(parts) != len(example):
        raise Wrong(f"{len(parts)} values came. {_wanted(example, sides)}")
    made = []
    for ordinal, part, like in zip(_ORDINALS, parts, example, strict=False):
        try:
            made.append(conform(part, like, sides=sides))
        except Wrong as wrong:
            raise Wrong(f"The {ordinal} value: {wrong}") from None
    return tuple(made)


def _parts(answer: Any) -> list[Any] | None:
    """The items of a sequence, an array or a generator; None of anything else."""
    if isinstance(answer, Tensor | np.ndarray):
        return list(answer) if answer.ndim else None
    if isinstance(answer, tuple | list | range | Iterator):
        return list(islice(answer, _LONGEST))
    return None


def _number(answer: Any, example: float) -> float:
    if isinstance(answer, Tensor | np.ndarray) and math.prod(answer.shape) == 1:
        answer = answer.item()
    if not _is_number(answer):
        raise _other(answer, example)
    if not isinstance(answer, Integral) and not math.isfinite(answer):
        raise _other(answer, example)
    if isinstance(example, float):
        return float(answer)
    if answer != int(answer):
        raise _other(answer, example)
    return int(answer)


def _is_number(answer: Any) -> bool:
    return isinstance(answer, Real) and not isinstance(answer, bool)


def _other(answer: Any, example: Any, sides: bool = True) -> Wrong:
    came = _described(answer)
    return Wrong(f"{came[0].upper()}{came[1:]} came. {_wanted(example, sides)}")


def _described(answer: Any) -> str:
    """Describe what came: "a list", "the number 0.5", "a tensor of shape (3,)"."""
    if answer is None or isinstance(answer, bool):
        return str(answer)
    if _is_number(answer):
        return f"the number {answer}"
    if isinstance(answer, str):
        return f"the text {answer[:20]!r}"
    if isinstance(answer, Tensor | np.ndarray):
        kind = "a tensor" if isinstance(answer, Tensor) else "an array"
        dtype = str(answer.dtype).removeprefix("torch.")
        return f"{kind} of shape {tuple(answer.shape)} and type {dtype}"
    name = type(answer).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _wanted(example: Any, sides: bool) -> str:
    return f"Wanted: {_kind(example, sides)}."


def _kind(example: Any, sides: bool = True) -> str:
    """Name the kind that the example stands for."""
    if isinstance(example, Tensor):
        return f"a tensor of shape ({', '.join(_shape(example, sides))})"
    if isinstance(example, tuple):
        kinds = {_kind(part, sides) for part in example}
        each = f", each {kinds.pop()}" if len(kinds) == 1 else ""
        return f"{len(example)} values{each}"
    if isinstance(example, list):
        return f"a list, each item {_kind(example[0])}"
    if isinstance(example, dict):
        return f"a dictionary, each value {_kind(next(iter(example.values())))}"
    names: dict[type, str] = {
        int: "a whole number",
        float: "a number",
        object: "a value",
    }
    return names.get(type(example), f"a {type(example).__name__}")
