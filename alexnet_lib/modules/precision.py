"""Number format and memory layout of a network and of what it is given.

A product of two bfloat16 numbers is exact in float32, and processors that multiply
bfloat16 add up such products in float32. One that cannot is spared its emulation in
PyTorch, two to three times slower than float32: it computes in float32, from operands
and to results that are rounded to bfloat16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from alexnet_lib.config import Precision

Net = TypeVar("Net", bound=nn.Module)


@contextmanager
def autocast(device: torch.device, precision: Precision) -> Iterator[None]:
    """Within it, convolutions and matrix products take `precision`."""
    low = precision == "bfloat16"
    emulated = low and device.type == "cpu" and not cpu_has_bfloat16()
    with (
        torch.autocast(device.type, dtype=torch.bfloat16, enabled=low),
        _ProductsInFloat32() if emulated else nullcontext(),
    ):
        yield


@lru_cache(maxsize=1)
def cpu_has_bfloat16() -> bool:
    """Whether the CPU has instructions for bfloat16, and PyTorch what uses them."""
    known = torch.cpu.get_capabilities()
    instructions = ("avx512_bf16", "amx_bf16", "bf16")  # Intel and AMD, Intel, ARM
    return torch.backends.mkldnn.is_available() and any(
        known.get(name) for name in instructions
    )


class _ProductsInFloat32(TorchFunctionMode):
    """Computes what autocast gives to bfloat16 in float32, rounded before and after.

    The same but for the order of the sums, gradients as well: autograd rounds them
    where the values were.
    """

    _PRODUCTS = frozenset(
        [torch.conv2d, functional.linear, torch.matmul, torch.bmm, torch.baddbmm]
    )

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func not in self._PRODUCTS:
            return func(*args, **kwargs)
        with torch.autocast("cpu", enabled=False):
            operands = (_rounded(argument) for argument in args)
            named = {name: _rounded(argument) for name, argument in kwargs.items()}
            return func(*operands, **named).bfloat16()


def _rounded(argument: Any) -> Any:
    """A tensor's values rounded to bfloat16, in float32; anything else as it is."""
    tensor = isinstance(argument, Tensor)
    return argument.bfloat16().float() if tensor else argument


def channels_last(images: Tensor) -> Tensor:
    """(B, C, H, W) laid out channels last, which convolutions here run faster on."""
    return images.contiguous(memory_format=torch.channels_last)


def to_device(net: Net, device: torch.device) -> Net:
    """Move `net` to `device`, its kernels laid out channels last."""
    return net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]


def precise(x: Tensor) -> Tensor:
    """`x` in float32, or in float64 if it is that already."""
    return x.to(torch.promote_types(x.dtype, torch.float32))
