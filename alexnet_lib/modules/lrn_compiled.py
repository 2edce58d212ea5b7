"""Response normalisation by `lrn.cpp`: one pass over memory each way."""

from __future__ import annotations

import ctypes
from pathlib import Path

import torch
from torch import Tensor

from alexnet_lib import native
from alexnet_lib.modules.lrn_steps import Rule

# compiling takes a second: made good in some hundred steps by tensors this large
COMPILE_FROM = 2**19

_SOURCE = Path(__file__).with_name("lrn.cpp")
_TYPES = {
    torch.float32: ("float", "float"),
    torch.bfloat16: ("Bfloat16", "float"),
    torch.float64: ("double", "double"),
}
_ROWS, _PLACES = 8, 128  # of a slice, of a strip


def library_for(rule: Rule, x: Tensor) -> ctypes.CDLL | None:
    """The compiled code for such tensors; None where torch's operations do it.

    They do off the CPU, for small tensors, for exponents other than 3/4, and where
    no compiler makes it, which draws a warning.
    """
    wanted = x.device.type == "cpu" and x.numel() >= COMPILE_FROM
    if not wanted or rule.beta != 0.75 or x.dtype not in _TYPES:
        return None
    value, real = _TYPES[x.dtype]
    down, across = _window(rule, x)
    window = f"DOWN={down}", f"ACROSS={across}"
    return native.library(_SOURCE, *window, f"VALUE={value}", f"REAL={real}")


def forward(library: ctypes.CDLL, rule: Rule, a: Tensor, b: Tensor) -> None:
    """Write the normalised `a` to `b`, dense and laid out alike."""
    library.forward(*_how(rule, a), *_where(a, b))


def backward(
    library: ctypes.CDLL, rule: Rule, a: Tensor, g: Tensor, da: Tensor
) -> None:
    """Write the gradient for `a` to `da`, from that for its image; laid out alike."""
    library.backward(*_how(rule, a), *_where(a, g, da))


def _how(rule: Rule, a: Tensor) -> tuple[object, ...]:
    sizes = tiles(rule, a)
    constants = ctypes.c_double(rule.share), ctypes.c_double(rule.alpha)
    return (ctypes.c_int64 * len(sizes))(*sizes), torch.get_num_threads(), *constants


def _where(*tensors: Tensor) -> list[ctypes.c_void_p]:
    return [ctypes.c_void_p(tensor.data_ptr()) for tensor in tensors]


def _window(rule: Rule, x: Tensor) -> tuple[int, int]:
    """Count the slices that a window reaches over, and its places in each."""
    if rule.within_map:
        return rule.n, rule.n
    return (rule.n, 1) if x.is_contiguous() else (1, rule.n)


def tiles(rule: Rule, x: Tensor) -> tuple[int, ...]:
    """The tensor as `lrn.cpp` takes it: rows, slices, tall, length, stride, strip."""
    batch, maps, height, width = x.shape
    last = not x.is_contiguous()
    if rule.within_map:
        images, places = (batch, maps) if last else (batch * maps, 1)
        return images * height, height, 1, width * places, places, width * places
    if last:
        each = maps // rule.groups
        return batch * height * width * rule.groups, 1, _ROWS, each, 1, each
    length = height * width
    return batch * maps, maps // rule.groups, 1, length, 1, min(length, _PLACES)
