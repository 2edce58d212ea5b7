r"""Convolution (§3.5), and a faster one for maps of a few places.

The gradient of the kernels is itself a convolution, of the input by the output's
gradient, with the images in the place of the maps:

$$\partial L / \partial w_{oi}(u) = \sum_b \sum_y g_{bo}(y)\, x_{bi}(y + u)$$

torch's own kernel for it, made for large maps, runs at half of the processor's peak
where maps have 5 x 5 places, as conv3 to conv5 at 96 pixels do.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.nn.grad import conv2d_input

from alexnet_lib.modules.precision import channels_last, cpu_has_bfloat16

# places of the largest maps that are taken so: at 12 x 12 it is slower
_SMALL = 36


class Conv2d(nn.Conv2d):
    """`nn.Conv2d` with zero padding, faster for small maps on a CPU with bfloat16."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, maps, H', W')."""
        small = x.shape[2] * x.shape[3] <= _SMALL and self.stride == (1, 1)
        low = x.device.type == "cpu" and torch.is_autocast_enabled("cpu")
        if not (small and low and cpu_has_bfloat16()) or self.bias is None:
            return super().forward(x)
        tensors = (t.bfloat16() for t in (x, self.weight, self.bias))
        return _SmallMaps.apply(*tensors, self.padding, self.groups)


class _SmallMaps(torch.autograd.Function):
    """The convolution, laid out maps first, which is faster for small maps."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        padding: tuple[int, int],
        groups: int,
    ) -> Tensor:
        ctx.how = {"padding": padding, "groups": groups}
        x, weight = x.contiguous(), weight.contiguous()
        ctx.save_for_backward(x, weight)
        y = functional.conv2d(x, weight, bias, **ctx.how)  # (B, maps, H', W')
        return channels_last(y)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        g = g.contiguous()  # (B, maps, H', W')
        dx = conv2d_input(x.shape, weight, g, **ctx.how)  # (B, C, H, W)
        dw = _kernels_gradient(x, g, **ctx.how)  # (maps, C / groups, kernel, kernel)
        return channels_last(dx), dw, g.sum((0, 2, 3)), None, None


def _kernels_gradient(
    x: Tensor, g: Tensor, padding: tuple[int, int], groups: int
) -> Tensor:
    """Convolve the input by the output's gradient, images in the place of maps."""
    inputs = [part.transpose(0, 1).contiguous() for part in x.chunk(groups, 1)]
    slopes = [part.transpose(0, 1).contiguous() for part in g.chunk(groups, 1)]
    return torch.cat(
        [
            # (C / groups, B, H, W) by (maps / groups, B, H', W')
            functional.conv2d(own, slope, padding=padding).transpose(0, 1)
            for own, slope in zip(inputs, slopes, strict=True)
        ]
    )
