"""Unshared ("local") convolution, as in cuda-convnet's CIFAR-10 nets (§3.3)."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib.nets.shapes import window_count


class LocalConv2d(nn.Module):
    """Convolution whose every output place has weights and biases of its own.

    `weight` is (H', W', maps, C, kernel, kernel): `weight[y, x]` is the ordinary
    kernel used at (y, x); `bias` is (H', W', maps). `side` is the input's (H, W),
    which unshared weights fix. All parameters start at 0: `initialise` draws them.
    """

    def __init__(
        self,
        channels: int,
        maps: int,
        kernel: int,
        side: tuple[int, int],
        stride: int = 1,
        padding: int = 0,
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding = kernel, stride, padding
        places = [window_count(n, kernel, stride, padding) for n in side]
        self.weight = nn.Parameter(torch.zeros(*places, maps, channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(*places, maps))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, maps, H', W'): one matrix product per place."""
        height, width, maps = self.bias.shape
        x = functional.pad(x, [self.padding] * 4).permute(2, 3, 0, 1)  # (H, W, B, C)
        rows, columns = (self.stride * n for n in (height, width))
        taps = itertools.product(range(self.kernel), repeat=2)
        windows = torch.cat(
            [x[i:, j:][: rows : self.stride, : columns : self.stride] for i, j in taps],
            dim=3,
        )  # (H', W', B, kernel * kernel * C)
        weight = self.weight.permute(0, 1, 4, 5, 3, 2).flatten(2, 4)
        y = torch.baddbmm(
            self.bias.view(-1, 1, maps), windows.flatten(0, 1), weight.flatten(0, 1)
        )  # (H' * W', B, maps)
        return y.view(height, width, -1, maps).permute(2, 3, 0, 1)

    def extra_repr(self) -> str:
        """Sizes, for `print(net)`."""
        height, width, maps, channels, kernel, _ = self.weight.shape
        return (
            f"{channels}, {maps}, kernel={kernel}, places={height}x{width}, "
            f"stride={self.stride}, padding={self.padding}"
        )
