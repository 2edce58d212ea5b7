"""Measurements of pooling windows for notebook 04: what they see, pass on, share."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from alexnet_lib.data.preparing.decode import central_square
from alexnet_lib.modules.build import build
from alexnet_lib.nets.layers import Conv, Pool
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.shapes import window_count
from alexnet_lib.notebook import drawn_photographs

OVERLAPPING, APART = Pool("max", 3, 2), Pool("max", 2, 2)


def pooled(x: Tensor, pool: Pool) -> Tensor:
    """(N, C, H, W) through the library's pooling layer."""
    maps, height, width = x.shape[1:]
    config = NetworkConfig((pool,), input_shape=(maps, height, width))
    return build(config, seed=1)(x)


def windows(side: int, size: int, stride: int) -> list[range]:
    """The pixels of each window along a side: clipped, and as many as see all.

    As in the authors' code (`layer.py:1163-1164`).
    """
    count = window_count(side, size, stride, rounding="ceil")
    starts = range(0, count * stride, stride)
    return [range(start, min(start + size, side)) for start in starts]


def coverage(side: int, size: int, stride: int) -> Tensor:
    """Number of windows that see each pixel along a side, (side,) int64."""
    seen = torch.zeros(side, dtype=torch.int64)
    for window in windows(side, size, stride):
        seen[list(window)] += 1
    return seen


def wins(x: Tensor, pool: Pool) -> Tensor:
    """Count the windows that each activation of (N, C, H, W) wins; of a tie, the first.

    It is the gradient of the sum of the maxima.
    """
    x = x.detach().clone().requires_grad_()
    (won,) = torch.autograd.grad(pooled(x, pool).sum(), x)
    return won


def tied(x: Tensor, pool: Pool) -> float:
    """Share of max windows over (N, C, H, W) with two or more equal maxima."""
    largest = pooled(x, pool)
    ends = [(n - 1) * pool.stride + pool.size for n in largest.shape[-2:]]
    right, bottom = ends[1] - x.shape[-1], ends[0] - x.shape[-2]
    filled = functional.pad(x, (0, right, 0, bottom), value=-math.inf)
    views = filled.unfold(2, pool.size, pool.stride).unfold(3, pool.size, pool.stride)
    equal = (views == largest[..., None, None]).sum((-2, -1))
    return (equal > 1).double().mean().item()


def gradient_of_2012(x: Tensor, g: Tensor, size: int, stride: int) -> Tensor:
    """Compute the gradient of max pooling as in 2012, (H, W).

    `x` (H, W), `g` the gradient of the outputs. Every tied maximum of a window gets
    all of the window's gradient (cuda-convnet's `conv_util.cu:1559`).
    """
    gradient = torch.zeros_like(x)
    rows, columns = (windows(n, size, stride) for n in x.shape)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            at = slice(row.start, row.stop), slice(column.start, column.stop)
            gradient[at] += g[i, j] * (x[at] == x[at].max())
    return gradient


def change(x: Tensor, pool: Pool, pixels: int = 1) -> float:
    """Measure how pooled maps change when (N, C, H, W) moves by `pixels`, across.

    Root mean square of the change over the standard deviation of the pooled maps,
    map by map, then the mean. Nothing is filled in at the edge: both are cut out of
    the same wider maps.
    """
    width = x.shape[-1] - pixels
    before, after = (pooled(x[..., i : i + width], pool) for i in (0, pixels))
    moved = (after - before).square().mean((0, 2, 3)).sqrt()
    return (moved / before.std((0, 2, 3))).mean().item()


def thin_line(position: int, side: int = 16, width: int = 1) -> Tensor:
    """(1, 1, 1, side) of zeros, with ones from `position` on, `width` of them."""
    line = torch.zeros(1, 1, 1, side)
    line[..., position : position + width] = 1
    return line


def answers(pool: Pool, side: int = 16, width: int = 1) -> Tensor:
    """Pool `thin_line` along a row, at each of its positions: (side, outputs).

    The row is as high as a window, so that only its length counts.
    """
    lines = torch.cat([thin_line(p, side, width) for p in range(side)])
    return pooled(lines.expand(-1, -1, pool.size, -1), pool)[:, 0, 0]


def first_maps(seed: int = 1) -> Tensor:
    """Apply an untrained conv1 of §3.5 to four synthetic photographs, (4, 96, 55, 56).

    No ReLU yet: the largest of rectified values is the rectified largest. Of a
    window four pixels wider than it takes, so that the maps are one pixel wider:
    moving the photograph by conv1's stride moves the maps by one.
    """
    squares = torch.stack(
        [
            central_square(torch.from_numpy(drawn_photographs.photograph(kind, i)))
            for i, kind in enumerate(drawn_photographs.SKY_AND_GROUND, start=1)
        ]
    )
    images = squares.permute(0, 3, 1, 2)[..., 14:241, 12:243].float()
    conv1 = Conv(96, 11, std=0.01, stride=4)
    net = build(NetworkConfig((conv1,), input_shape=(3, 227, 231)), seed)
    with torch.no_grad():
        return net(images - images.mean((0, 2, 3), keepdim=True))
