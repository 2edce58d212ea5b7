"""Pictures of §3.3: the window and its border, and what the formula does."""

from __future__ import annotations

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    SKY,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.modules.lrn import LocalResponseNorm, MapResponseNorm
from alexnet_lib.notebook.local_response_normalization.responses import FirstLayer, lost

MAPS, HALF = 96, 48
_SHOWN = 17
COUNTS = {"alpha": False, "alpha / n": True}
READINGS: dict[str, nn.Module] = {
    "alpha (the paper's text)": LocalResponseNorm(divide_alpha_by_n=False),
    "alpha / n (code, torch, Caffe)": LocalResponseNorm(divide_alpha_by_n=True),
    "alpha / size² (within a map)": MapResponseNorm(5, k=2.0, alpha=1e-4),
}


@own_settings
def window(i: int = 47, n: int = 5) -> Picture:
    """Which of AlexNet's 96 maps normalise map `i`: on one device, and on two GPUs."""
    figure, axes = canvas(2, 1, 8, 2.9)
    said = []
    for ax, gpus in zip(axes, (1, 2), strict=True):
        size = MAPS // gpus
        low = i // size * size
        inside = [j for j in range(i - n // 2, i - n // 2 + n) if low <= j < low + size]
        _row_of_maps(ax, i, n, inside)
        where = "one device" if gpus == 1 else "two GPUs"
        said.append(f"{where} maps {inside[0]} to {inside[-1]}")
        title = f"{where}: {len(inside)} of {n} maps in the sum"
        ax.set_title(title, loc="left", fontsize=11)
    return Picture(figure, f"map {i}, n = {n}: " + "; ".join(said))


def _row_of_maps(ax: Axes, i: int, n: int, inside: list[int]) -> None:
    """Numbered maps around `i`; hatched those that a border keeps out of the sum."""
    first = min(max(i - _SHOWN // 2, 0), MAPS - _SHOWN)
    for j in range(first, first + _SHOWN):
        wanted = i - n // 2 <= j < i - n // 2 + n
        colour = ORANGE if j == i else SKY if j in inside else "white"
        hatch = "////" if wanted and j not in inside else ""
        ax.add_patch(Rectangle((j - 0.45, 0), 0.9, 1, fc=colour, ec=GREY, hatch=hatch))
        ink = "white" if j == i else BLACK
        ax.text(j, 0.5, str(j), ha="center", va="center", color=ink, fontsize=9)
    if first < HALF <= first + _SHOWN:
        ax.plot([HALF - 0.5] * 2, [-0.25, 1.25], color=BLACK, linewidth=2)
        ax.text(HALF - 0.7, -0.45, "GPU 1", ha="right", va="center", fontsize=9)
        ax.text(HALF - 0.3, -0.45, "GPU 2", ha="left", va="center", fontsize=9)
    ax.set(xlim=(first - 0.7, first + _SHOWN - 0.3), ylim=(-0.75, 1.3))
    ax.set_axis_off()


@own_settings
def windows_of_both() -> Picture:
    """Draw what the two normalisations of #145's layer 2 sum over, in one cut."""
    figure, axes = canvas(1, 2, 8, 3.4)
    titles = "across maps: 5 maps, one place", "within a map: 5 x 5 places"
    for ax, across, title in zip(axes, (True, False), titles, strict=True):
        for row in range(9):
            for column in range(11):
                itself = (row, column) == (4, 5)
                near = abs(row - 4) <= 2 and column == 5
                if not across:
                    near = abs(column - 5) <= 2 and row == 4
                colour = ORANGE if itself else SKY if near else "white"
                ax.add_patch(Rectangle((column, row), 0.9, 0.9, fc=colour, ec=GREY))
        ax.set(title=title, xlim=(-0.3, 11.2), ylim=(9.2, -0.3), xticks=[], yticks=[])
        ax.set(xlabel="places along a row of the map", ylabel="maps")
        ax.spines[:].set_visible(False)
    return Picture(
        figure,
        "Maps downwards, places across: one window is five maps at one place, the "
        "other five places, and five rows of them, in one map",
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
        f"beta = {beta:.2g}: {share:.1%} of the norm taken away"
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
    """The place (y, x) of (maps, H, W) with the largest sum of squares."""
    at = maps.square().sum(0).argmax().item()
    return int(at) // maps.shape[2], int(at) % maps.shape[2]


def _bars(ax: Axes, before: list[float], after: list[float]) -> None:
    places = range(len(before))
    ax.bar(places, before, color=GREY, alpha=0.55, width=0.9, label="before")
    ax.bar(places, after, color=BLUE, width=0.55, label="after, times $k^\\beta$")
    if len(before) == MAPS:
        ax.axvline(HALF - 0.5, color=BLACK, linestyle=":", linewidth=1)
    ax.set(xlabel="map", ylabel="response")


def _where(ax: Axes, image: Tensor, place: tuple[int, int], side: torch.Size) -> None:
    """The image, with a mark where the responses of `place` come from."""
    ax.imshow(image.permute(1, 2, 0).numpy(), interpolation="nearest")
    y, x = ((p + 0.5) * image.shape[1] / side[0] - 0.5 for p in place)
    ax.plot([x], [y], marker="o", ms=14, mfc="none", mec="white", mew=4)
    ax.plot([x], [y], marker="o", ms=14, mfc="none", mec=BLACK, mew=1.5)
    ax.set_title("the image and the place")
    ax.set_axis_off()


@own_settings
def scales(raw: FirstLayer, unit: FirstLayer, deviation: float) -> Picture:
    """Norm taken away, against the scale of the pixels; the second net's as a mark."""
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
        ax.text(at * 0.93, 2e-5, words, ha="right", va="bottom", fontsize=9)
    as_printed = next(iter(READINGS.values()))
    share = 100 * lost(unit.responses, as_printed, 2.0, 0.75)
    name = "a net trained on unit pixels, alpha"
    ax.plot([1 / deviation], [share], "D", color=PINK, label=name)
    ax.set(xscale="log", xlabel="pixels multiplied by", ylabel="% of the norm")
    ax.set(title="What LRN takes away, beyond a constant")
    ax.set(yscale="log", ylim=(1e-5, 150))
    legend_below(figure, [ax], columns=2)
    return Picture(
        figure,
        "Share of the responses' norm that normalisation takes away against the scale "
        "of the pixels: visible on raw pixels, nothing at unit variance or 0..1, and "
        "nothing for a net that was trained on unit pixels",
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
