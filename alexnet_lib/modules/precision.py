"""Number format and memory layout of a network and of what it is given."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn

from alexnet_lib.config import Precision

Net = TypeVar("Net", bound=nn.Module)


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Context in which convolutions and matrix products take `precision`."""
    return torch.autocast(
        device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16"
    )


def channels_last(images: Tensor) -> Tensor:
    """(B, C, H, W) laid out channels last, which convolutions here run faster on."""
    return images.contiguous(memory_format=torch.channels_last)


def to_device(net: Net, device: torch.device) -> Net:
    """Move `net` to `device`, its kernels laid out channels last."""
    return net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]


def precise(x: Tensor) -> Tensor:
    """`x` in float32, or in float64 if it is that already."""
    return x.to(torch.promote_types(x.dtype, torch.float32))
