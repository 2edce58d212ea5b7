"""Pictures of what the normalisation does to the responses of a trained layer."""

from __future__ import annotations

import torch
from matplotlib.axes import Axes
from torch import Tensor, nn

from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.modules.lrn import LocalResponseNorm, MapResponseNorm
from alexnet_lib.notebook.local_response_normalization.responses import FirstLayer, lost
from alexnet_lib.notebook.local_response_normalization.windows import HALF, MAPS

COUNTS = {"alpha": False, "alpha / n": True}
READINGS: dict[str, nn.Module] = {
    "alpha (the paper's text)": LocalResponseNorm(divide_alpha_by_n=False),
    "alpha / n (code, torch, Caffe)": LocalResponseNorm(divide_alpha_by_n=True),
    "alpha / size² (within a map)": MapResponseNorm(5, k=2.0, alpha=1e-4),
}


@own_settings
def before_and_after(layer: FirstLayer) -> Picture:
    """Draw all maps at one position of the first image, before LRN and after it.

    By the formula as printed, times k^beta, where the responses are strongest.
    """
    before = layer.responses[:1]  # (1, maps, H, W)
    norm = LocalResponseNorm(divide_alpha_by_n=False)
    after = norm.k**norm.beta * norm(before)
    figure, axes = canvas(1, 2, 8, 3.6, width_ratios=(1, 2))
    y, x = _liveliest(before[0])
    _where(axes[0], layer.images[0], (y, x), before.shape[2:])
    bars = [maps[0, :, y, x].tolist() for maps in (before, after)]
    _bars(axes[1], *bars)
    axes[1].set_title("what conv1's maps answer there")
    legend_below(figure, [axes[1]])
    strongest = sorted(zip(*bars, range(len(bars[0])), strict=True), reverse=True)[:3]
    told = "; ".join(f"map {i} {was:.0f}, after {is_:.0f}" for was, is_, i in strongest)
    return Picture(
        figure,
        "A photograph with a mark, and the responses of all maps of conv1 at the "
        f"marked position, before LRN and after it: {told}",
    )


@own_settings
def effect(
    layer: FirstLayer,
    k: float = 2.0,
    n: int = 5,
    alpha: float = 1e-4,
    beta: float = 0.75,
    counts: str = "alpha",
    image: int = 0,
) -> Picture:
    """Responses of one image before and after, times k^beta, and their divisors."""
    before = layer.responses[image]  # (maps, H, W)
    norm = LocalResponseNorm(n, k, alpha, beta, divide_alpha_by_n=COUNTS[counts])
    after = k**beta * norm(before[None])[0]
    figure, axes = canvas(2, 2, 8, 6, width_ratios=(2, 1))
    y, x = _liveliest(before)
    _bars(axes[0], before[:, y, x].tolist(), after[:, y, x].tolist())
    axes[0].set_title(f"every map at row {y}, column {x}", loc="left")
    _where(axes[1], layer.images[image], (y, x), before.shape[1:])
    active = before > 0
    _after_against_before(axes[2], before[active], after[active])
    _histogram(axes[3], (before[active] / after[active]).clamp(max=1e6))
    axes[3].set(title="divided by, beyond $k^\\beta$", ylabel="responses")
    legend_below(figure, axes)
    share = lost(before[None], norm, k, beta)
    told = (
        f"k = {k:.2g}, n = {n}, alpha = {alpha:.2g}, a square counts {counts}, "
        f"beta = {beta:.2g}: {share:.1%} of the length taken away"
    )
    figure.suptitle(f"{layer.origin}\n{told}", fontsize=10)
    return Picture(figure, f"conv1's responses before and after LRN with {told}")


def _after_against_before(ax: Axes, before: Tensor, after: Tensor) -> None:
    ax.scatter(before.numpy(), after.numpy(), s=3, color=BLUE)
    top = before.max().item()
    ax.plot([0, top], [0, top], color=GREY, linewidth=0.8)
    ax.set(title="after against before", xlabel="before", ylabel="after")


def _histogram(ax: Axes, values: Tensor) -> None:
    """Counts on a logarithmic scale, in 40 bins of some width even if all are alike."""
    low, high = values.min().item(), values.max().item()
    ends = low, max(high, low + 1e-3)
    ax.hist(values.double().numpy(), bins=40, range=ends, color=GREEN, log=True)


def _liveliest(maps: Tensor) -> tuple[int, int]:
    """The position (y, x) of (maps, H, W) with the largest sum of squares."""
    at = maps.square().sum(0).argmax().item()
    return int(at) // maps.shape[2], int(at) % maps.shape[2]


def _bars(ax: Axes, before: list[float], after: list[float]) -> None:
    maps = range(len(before))
    ax.bar(maps, before, color=GREY, alpha=0.55, width=0.9, label="before")
    ax.bar(maps, after, color=BLUE, width=0.55, label="after, times $k^\\beta$")
    if len(before) == MAPS:
        ax.axvline(HALF - 0.5, color=BLACK, linestyle=":", linewidth=1)
    ax.set(xlabel="map", ylabel="response")


def _where(
    ax: Axes, image: Tensor, position: tuple[int, int], side: torch.Size
) -> None:
    """The image, with a mark where the responses at `position` come from."""
    ax.imshow(image.permute(1, 2, 0).numpy(), interpolation="nearest")
    y, x = ((p + 0.5) * image.shape[1] / side[0] - 0.5 for p in position)
    ax.plot([x], [y], marker="o", ms=14, mfc="none", mec="white", mew=4)
    ax.plot([x], [y], marker="o", ms=14, mfc="none", mec=BLACK, mew=1.5)
    ax.set_title("the image and the position")
    ax.set_axis_off()


@own_settings
def scales(raw: FirstLayer, unit: FirstLayer, deviation: float) -> Picture:
    """Length taken away, by the scale of the pixels; the second net's as a mark."""
    factors = torch.logspace(-3, 1, 41)
    figure, (ax,) = canvas(1, 1, 8, 4.2)
    for (name, norm), colour in zip(
        READINGS.items(), (BLUE, ORANGE, GREEN), strict=True
    ):
        taken = [100 * lost(f * raw.responses, norm, 2.0, 0.75) for f in factors]
        ax.plot(factors, taken, color=colour, label=name)
    marks = {"0..255,\ncentred": 1.0, "unit\nvariance": 1 / deviation, "0..1": 1 / 255}
    for words, at in marks.items():
        ax.axvline(at, color=GREY, linestyle=":", linewidth=1)
        ax.text(at * 0.93, 100, words, ha="right", va="top", fontsize=9)
    as_printed = next(iter(READINGS.values()))
    share = 100 * lost(unit.responses, as_printed, 2.0, 0.75)
    name = "a net trained on unit pixels, alpha"
    ax.plot([1 / deviation], [share], "D", color=PINK, label=name)
    ax.set(xscale="log", xlabel="pixels multiplied by", ylabel="% of the length")
    ax.set(title="What LRN takes away, beyond a constant")
    ax.set(yscale="log", ylim=(1e-5, 150))
    legend_below(figure, [ax], columns=2)
    return Picture(
        figure,
        "Share of the responses' length that normalisation takes away against the "
        "scale of the pixels: visible on raw pixels, nothing at unit variance or "
        "0..1, and nothing for a net that was trained on unit pixels",
    )


@own_settings
def orders(layer: FirstLayer) -> Picture:
    """The two orders in layer 1: ReLU then LRN, and the code's LRN then ReLU."""
    norm = LocalResponseNorm(divide_alpha_by_n=True)
    text, code = norm(layer.sums.relu()), norm(layer.sums).relu()
    active = text > 0
    figure, axes = canvas(1, 2, 8, 3.6)
    top = text.max().item()
    axes[0].plot([0, top], [0, top], color=GREY, linewidth=0.8)
    axes[0].scatter(
        text[active].numpy(), code[active].numpy(), s=3, color=BLUE, alpha=0.4
    )
    axes[0].set(title="each positive response", xlabel="paper: ReLU, then LRN")
    axes[0].set_ylabel("code: LRN, then ReLU")
    ratio = code[active] / text[active]
    _histogram(axes[1], ratio)
    axes[1].set(title="code / paper", xlabel="ratio", ylabel="responses")
    return Picture(
        figure,
        "Responses under the two orders: the same or smaller where the norm comes "
        "first, for then negative neighbours count in the sum too; code / paper from "
        f"{ratio.min():.2f} to {ratio.max():.2f}",
    )
