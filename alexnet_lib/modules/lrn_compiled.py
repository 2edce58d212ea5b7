"""Response normalisation by `lrn.cpp`: one pass over memory each way."""

from __future__ import annotations

import ctypes
import math
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
_ROWS, _PLACES = 8, 128  # of a tile


def library_for(rule: Rule, x: Tensor) -> ctypes.CDLL | None:
    """The compiled code for such tensors; None where torch's operations do it.

    They do off the CPU, for small tensors, for exponents other than 3/4, and where
    no compiler makes it, which draws a warning.
    """
    wanted = x.device.type == "cpu" and x.numel() >= COMPILE_FROM
    if not wanted or rule.beta != 0.75 or x.dtype not in _TYPES:
        return None
    value, real = _TYPES[x.dtype]
    window = f"N={rule.n}", f"WITHIN={int(rule.within_map)}"
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


def tiles(rule: Rule, x: Tensor) -> tuple[int, ...]:
    """The tensor as `lrn.cpp` takes it: outer, rows, columns, inner, tall, block.

    Windows lie along the columns, within maps also along the rows. Rows of few
    values are taken several at a time.
    """
    batch, maps, height, width = x.shape
    last = not x.is_contiguous()
    if rule.within_map:
        outer, inner = (batch, maps) if last else (batch * maps, 1)
        return outer, height, width, inner, height, inner
    rows, inner = (batch * height * width, 1) if last else (batch, height * width)
    tall = _ROWS if last else 1
    size = rows * rule.groups, maps // rule.groups
    even = inner / math.ceil(inner / _PLACES)  # blocks of one size, as far as it goes
    return 1, *size, inner, tall, min(inner, 16 * math.ceil(even / 16))
