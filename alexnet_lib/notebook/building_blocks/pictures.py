"""Pictures of a convolution: it slides, it fits, it is unrolled, it sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor
from torch.nn import functional

from alexnet_lib.figures.panels import frame
from alexnet_lib.figures.picture import (
    BLUE,
    GREY,
    ORANGE,
    SKY,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.nets.shapes import window_count
from alexnet_lib.notebook.building_blocks.measures import (
    KERNELS,
    gradient_of_one_output,
    kernel,
)

SEVEN = torch.tensor(
    [
        [0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 1, 1, 0],
        [0, 0, 0, 0, 1, 0, 0],
        [0, 0, 0, 1, 0, 0, 0],
        [0, 0, 1, 0, 0, 0, 0],
        [0, 0, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
    ]
).float()
"""A drawn seven on seven by seven pixels."""


@own_settings
def sliding(position: int = 0, kernel_name: str = "vertical edge") -> Picture:
    """A 3x3 kernel over a 7x7 image: the window at `position`, outputs up to it."""
    weights = kernel(kernel_name)
    outputs = functional.conv2d(SEVEN[None, None], weights[None, None])[0, 0]
    row, column = divmod(position, outputs.shape[1])
    done = torch.arange(outputs.numel()).reshape(outputs.shape) <= position
    figure, axes = canvas(1, 3, 8, 3.2, gridspec_kw={"width_ratios": [7, 3, 5]})
    _numbers(axes[0], SEVEN, "input, 7x7")
    _numbers(axes[1], weights, f"kernel, 3x3\n{kernel_name}")
    _numbers(axes[2], outputs.where(done, torch.nan), "output, 5x5")
    frame(axes[0], (column - 0.5, row - 0.5), 3)
    frame(axes[2], (column - 0.5, row - 0.5), 1)
    window = SEVEN[row : row + 3, column : column + 3]
    terms = [
        f"{x:g}·({w:g})" if w < 0 else f"{x:g}·{w:g}"
        for x, w in zip(window.flatten(), weights.flatten(), strict=True)
        if x
    ]
    value = f"{outputs[row, column]:g}"
    figure.suptitle(f"{' + '.join(terms) or '0'} = {value}", fontsize="medium")
    return Picture(
        figure,
        f"a 3x3 kernel, {kernel_name}, over the 7x7 image of a seven: the window at "
        f"row {row}, column {column} gives {value}",
    )


def _numbers(ax: Axes, values: Tensor, title: str) -> None:
    """Draw (H, W) as shaded squares with their numbers; NaN stays empty."""
    bound = values.nan_to_num().abs().max().clamp(min=1).item() * 1.6
    ax.imshow(values.numpy(), cmap="PuOr_r", vmin=-bound, vmax=bound)
    for row, line in enumerate(values.tolist()):
        for column, value in enumerate(line):
            words = "" if value != value else f"{value:g}"
            ax.text(column, row, words, ha="center", va="center", fontsize=10)
    ax.set_title(title, fontsize=10)
    bare(ax)


def bare(ax: Axes) -> None:
    """Leave a thin frame around an image, and no ticks."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color=GREY, linewidth=0.5)


@own_settings
def sizes(side: int = 7, size: int = 3, stride: int = 1, padding: int = 0) -> Picture:
    """Every window along a row of `side` pixels with `padding` zeros at both ends."""
    whole = side + 2 * padding
    count = window_count(side, size, stride, padding)
    over = whole - (count - 1) * stride - size
    figure, (ax,) = canvas(1, 1, 8, 1.4 + 0.14 * count)
    for place in range(whole):
        inside = padding <= place < padding + side
        colour = SKY if inside else "white"
        ax.add_patch(
            Rectangle((place, -1), 1, 0.8, facecolor=colour, edgecolor=GREY, lw=0.6)
        )
    for i in range(count):
        ax.add_patch(Rectangle((i * stride, i + 0.1), size, 0.8, facecolor=BLUE))
    ax.set(xlim=(-0.5, whole + 0.5), ylim=(count + 0.5, -1.6), yticks=[])
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("places along a row; white: zeros of the padding")
    words = (
        f"{side} pixels, kernel {size}, stride {stride}, padding {padding}: "
        f"{count} outputs, {over} places left over"
    )
    ax.set_title(words, fontsize=10)
    return Picture(figure, words)


@own_settings
def unrolled(side: int = 5, kernel_name: str = "vertical edge") -> Picture:
    """The matrix that convolves a flattened image: a row per output."""
    matrix = convolution_matrix(kernel(kernel_name), side)
    outputs, inputs = matrix.shape
    bound = matrix.abs().max().item()
    figure, (ax,) = canvas(1, 1, 8, 1.4 + 6.6 * outputs / inputs)
    ax.imshow(matrix.numpy(), cmap="PuOr_r", vmin=-bound, vmax=bound)
    ax.set(xlabel="input pixel, row after row", ylabel="output")
    filled = int((matrix != 0).sum())
    words = (
        f"{outputs} x {inputs} matrix of the kernel {kernel_name} on {side}x{side} "
        f"pixels: {filled} of {matrix.numel()} entries are not 0"
    )
    ax.set_title(words, fontsize=10)
    return Picture(figure, words)


def convolution_matrix(weights: Tensor, side: int) -> Tensor:
    """The matrix that does what the (k, k) kernel does to side x side pixels.

    Column i is the answer to an image that is 1 at pixel i and 0 elsewhere.
    """
    basis = torch.eye(side * side).reshape(-1, 1, side, side)
    return functional.conv2d(basis, weights[None, None]).flatten(1).T


@own_settings
def receptive_field(layers: int = 2, size: int = 3, first_stride: int = 1) -> Picture:
    """The input pixels that one output depends on, by the size of its gradient.

    A stack of `layers` convolutions, the first with `first_stride`.
    """
    stack = [(size, first_stride), *[(size, 1)] * (layers - 1)]
    seen = gradient_of_one_output(stack, side=_side_for(stack))
    across = int((seen.sum(0) != 0).sum())
    figure, axes = canvas(1, 2, 8, 3.4, gridspec_kw={"width_ratios": [1, 1.3]})
    axes[0].imshow(seen.numpy(), cmap="Blues", vmin=0)
    axes[0].set_title("gradient by pixel; white: not seen", fontsize=10)
    bare(axes[0])
    share = seen.sum(0) / seen.sum()
    axes[1].bar(range(len(share)), share.tolist(), color=ORANGE)
    axes[1].set(xlabel="column of the input", ylabel="share of the gradient")
    words = (
        f"{layers} layer{'s' * (layers > 1)} of {size}x{size}, first stride "
        f"{first_stride}: one output sees {across}x{across} pixels"
    )
    figure.suptitle(words, fontsize="medium")
    return Picture(figure, words)


def _side_for(stack: Sequence[tuple[int, int]]) -> int:
    """The shortest side of which the stack makes three outputs."""
    side = 3
    for size, stride in reversed(stack):
        side = (side - 1) * stride + size
    return side


@own_settings
def kernels_and_maps(
    image: Tensor, weights: Tensor, names: Sequence[str], maps: Tensor
) -> Picture:
    """An image (3, H, W), some kernels (n, C, k, k), and below each its map (n, H, W).

    Kernels of three planes are shown as colours, of one as greys, each on its own
    scale about 0; maps from 0, black, to the largest of each, white.
    """
    count = len(weights)
    figure, axes = canvas(2, count + 1, 8, 2.3 if count > 5 else 3.6)
    for ax in axes:
        bare(ax)
    axes[0].imshow(_upright(image))
    axes[0].set_title("image", fontsize=9)
    axes[count + 1].set_visible(False)
    for i, name in enumerate(names, start=1):
        axes[i].imshow(_upright(weights[i - 1]), cmap="gray", vmin=0, vmax=1)
        axes[i].set_title(name, fontsize=9)
        below = axes[count + 1 + i]
        below.imshow(maps[i - 1].numpy(), cmap="gray", vmin=0)
    return Picture(
        figure,
        f"an image, {count} kernels in a row, {', '.join(names)}, and below each "
        f"kernel the map of its answers; {_brightest(maps, names)}",
    )


def _upright(planes: Tensor) -> np.ndarray:
    """(C, H, W) about 0 as (H, W, C) in 0..1; one plane without its axis."""
    bound = planes.abs().max().clamp(min=1e-9)
    return (0.5 + 0.5 * planes / bound).permute(1, 2, 0).squeeze(2).numpy()


def _brightest(maps: Tensor, names: Sequence[str]) -> str:
    strongest = int(maps.flatten(1).mean(1).argmax())
    return f"brightest on average is {names[strongest]}"


@own_settings
def by_hand(image: Tensor) -> Picture:
    """`kernels_and_maps` of every kernel of `KERNELS` but the sum, on grey levels.

    `image` is (3, H, W) about 0; negative answers are cut off, as by a ReLU, and so
    is the rim, where the zeros of a padding would look like edges.
    """
    names = [name for name in KERNELS if name != "sum"]
    weights = torch.stack([kernel(name) for name in names])[:, None]  # (3, 1, 3, 3)
    maps = functional.conv2d(image.mean(0)[None, None], weights).relu()[0]
    return kernels_and_maps(image, weights, names, maps)
