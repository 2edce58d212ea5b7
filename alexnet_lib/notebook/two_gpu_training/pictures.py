"""Every picture of notebook 05: windows, the split, bytes sent, memory, two losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Rectangle

from alexnet_lib.figures.curves import whole_epochs
from alexnet_lib.figures.panels import legend_below
from alexnet_lib.figures.picture import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    SKY,
    YELLOW,
    Picture,
    canvas,
    own_settings,
)
from alexnet_lib.nets.ablations import Pattern, with_communication, with_half_the_maps
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.shapes import Rounding, window_count
from alexnet_lib.parallel.costs import (
    GTX_580,
    columns,
    drawn_layers,
    memory,
    sent,
)
from alexnet_lib.parallel.sharding import Layout, Wire

TOWERS = (BLUE, ORANGE)
_KERNEL, _STRIDE = 11, 4
_MIB = 2**20


@own_settings
def windows(side: int = 224, padding: int = 0) -> Picture:
    """conv1's last windows along one side, and how many there are by either rule."""
    figure, (left, right) = canvas(1, 2, 8, 3.8, width_ratios=(1, 1.4))
    _positions_by_side(left, side, padding)
    _last_windows(right, side, padding)
    floor, ceil = (_conv1(side, padding, rule) for rule in ("floor", "ceil"))
    return Picture(
        figure,
        f"conv1 on {side} pixels, padding {padding}: {floor} windows by floor, "
        f"{ceil} by ceil, the last reaching {_overhang(side, padding)} pixels over",
    )


def _conv1(side: int, padding: int, rule: Rounding) -> int:
    return window_count(side, _KERNEL, _STRIDE, padding, rule)


def _overhang(side: int, padding: int) -> int:
    """Pixels by which the last window of the ceil rule leaves the padded side."""
    last = (_conv1(side, padding, "ceil") - 1) * _STRIDE - padding + _KERNEL
    return max(0, last - side - padding)


def _positions_by_side(ax: Axes, side: int, padding: int) -> None:
    sides = range(side - 8, side + 9)
    rules: tuple[tuple[Rounding, str, str], ...] = (
        ("ceil", BLUE, "o"),
        ("floor", ORANGE, "s"),
    )
    for rule, colour, marker in rules:
        counts = [_conv1(n, padding, rule) for n in sides]
        ax.plot(sides, counts, marker, color=colour, markersize=4, label=rule)
    ax.axvline(side, color=GREY, linewidth=0.8)
    ax.axhline(55, color=GREY, linewidth=0.8, linestyle=":")
    ax.set(title="windows along a side", xlabel="pixels", ylabel="windows")
    ax.legend(frameon=False, loc="upper left", fontsize=9)


def _last_windows(ax: Axes, side: int, padding: int) -> None:
    count = _conv1(side, padding, "ceil")
    whole = _conv1(side, padding, "floor")
    edge = side + padding
    for row, number in enumerate(range(count - 4, count)):
        start = number * _STRIDE - padding
        colour = BLUE if number < whole else SKY
        ax.add_patch(Rectangle((start, row + 0.15), _KERNEL, 0.7, facecolor=colour))
        ax.text(start - 0.6, row + 0.5, f"window {number + 1}", ha="right", va="center")
    ax.axvline(side, color=BLACK, linewidth=1.2, label="end of the image")
    if padding:
        ax.axvline(
            edge, color=BLACK, linewidth=1.2, linestyle="--", label="end of the padding"
        )
    ax.legend(frameon=False, loc="upper left", fontsize=9)
    over = edge + max(1, _overhang(side, padding))
    ax.axvspan(edge, over + 1, color=GREY, alpha=0.15, linewidth=0)
    ax.set(title="the last four windows by ceil", xlabel="pixel")
    ax.set(xlim=(edge - 42, over + 1), ylim=(0, 4.2), yticks=[])
    ax.spines["left"].set_visible(False)


@own_settings
def split(pattern: Pattern = "paper") -> Picture:
    """Figure 2 from the configuration: a column of layers per tower, who reads whom."""
    layers = drawn_layers(with_communication(alexnet("paper"), pattern))
    figure, (ax,) = canvas(1, 1, 6.4, 7.6)
    _box(ax, 0.5, 0, "image", "3 × 224²", GREY)
    crossing = []
    for i, (own, _, gathers) in enumerate(layers, start=1):
        maps, *sides = own.output_shape
        size = f"{maps} × {sides[0]}²" if sides else f"{maps}"
        for tower, colour in enumerate(TOWERS):
            _box(ax, tower, i, own.name, size, colour)
            _arrow(ax, i, 0.5 if i == 1 else tower, tower, BLACK)
            if gathers:
                _arrow(ax, i, tower, 1 - tower, colour)
        crossing += [own.name] if gathers else []
    for tower, colour in enumerate(TOWERS):
        name = f"tower {tower}"
        ax.text(tower, 0.1, name, color=colour, ha="center", fontweight="bold")
    ax.set(xlim=(-0.4, 1.4), ylim=(len(layers) + 0.4, -0.4))
    ax.set_title(f"pattern {pattern}: maps × side² in each tower, coloured: copies")
    ax.set_axis_off()
    return Picture(
        figure,
        f"Two columns of layers, one per tower, pattern {pattern}; maps cross before "
        + ", ".join(crossing),
    )


def _box(ax: Axes, x: float, y: float, name: str, size: str, colour: str) -> None:
    ax.add_patch(
        FancyBboxPatch(
            (x - 0.27, y - 0.25),
            0.54,
            0.5,
            boxstyle="round,pad=0.0,rounding_size=0.05",
            facecolor="white",
            edgecolor=colour,
            linewidth=2,
        )
    )
    ax.text(x, y, f"{name}    {size}", ha="center", va="center")


def _arrow(ax: Axes, to: int, start: float, end: float, colour: str) -> None:
    """Draw an arrow from a box in layer `to` - 1 to one in layer `to`."""
    ax.annotate(
        "",
        xy=(end, to - 0.25),
        xytext=(start, to - 0.75),
        arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 1.5},
    )


@own_settings
def traffic_bars(
    pattern: Pattern = "paper",
    towers: int = 2,
    batch: int = 128,
    wire: Wire = "same",
) -> Picture:
    """Draw what each tower sends in a training step of AlexNet, layer by layer."""
    network = columns(with_communication(alexnet("paper"), pattern), towers)
    rows = sent(network, Layout(towers=towers, wire=wire), batch)
    names = [*list(alexnet_layers()), "logits"]
    figure, (ax,) = canvas(1, 1, 8, 3.6)
    for way, (word, colour) in enumerate((("forward", BLUE), ("backward", ORANGE))):
        heights = [rows.get(name, [0, 0])[way] / _MIB for name in names]
        at = [i + 0.4 * way - 0.2 for i in range(len(names))]
        ax.bar(at, heights, 0.38, color=colour, label=word)
    ax.set_xticks(range(len(names)), names)
    total = sum(map(sum, rows.values())) / _MIB
    ax.set(ylabel="MiB sent by a tower per step")
    ax.set_title(
        f"pattern {pattern}, {towers} towers, batch {batch}, "
        f"{'float32' if wire == 'same' else wire}: {total:.1f} MiB in all"
    )
    legend_below(figure, [ax])
    return Picture(
        figure,
        f"pattern {pattern}, {towers} towers, batch {batch}, wire {wire}: "
        f"each tower sends {total:.1f} MiB per step, by layer "
        + ", ".join(f"{n} {sum(b) / _MIB:.1f}" for n, b in rows.items()),
    )


def alexnet_layers() -> list[str]:
    """Names of the weight layers after the first, which reads the image."""
    return [own.name for own, _, _ in drawn_layers(alexnet("paper"))][1:]


@own_settings
def memory_bars(batch: int = 128) -> Picture:
    """Counted memory of the whole net, of one of two towers, and of the half net."""
    nets: dict[str, tuple[NetworkConfig, int]] = {
        "whole net, one GPU": (alexnet("paper"), 1),
        "one of two towers": (alexnet("paper"), 2),
        "half net, one GPU": (with_half_the_maps(alexnet("paper")), 1),
    }
    figure, (ax,) = canvas(1, 1, 8, 3.2)
    told = []
    parts = (("state", BLUE), ("maps", SKY), ("gradients", YELLOW))
    for row, (name, (network, towers)) in enumerate(nets.items()):
        needs, left = memory(network, towers, batch), 0.0
        for part, colour in parts:
            width = getattr(needs, part) / _MIB
            label = _PARTS[part] if row == 0 else None
            ax.barh(row, width, 0.6, left=left, color=colour, label=label)
            left += width
        told.append(f"{name} {left:.0f} MiB")
    ax.axvline(GTX_580 / _MIB, color=BLACK, linewidth=1.2, label="a GPU of 2012: 3 GB")
    ax.set_yticks(range(len(nets)), list(nets))
    ax.invert_yaxis()
    ax.set(xlabel="MiB", title=f"counted memory while training, batch {batch}")
    legend_below(figure, [ax], columns=2)
    return Picture(figure, f"batch {batch}: " + ", ".join(told))


_PARTS = {
    "state": "weights, gradients, velocities",
    "maps": "maps",
    "gradients": "gradients of maps",
}


@own_settings
def two_losses(runs: Mapping[str, Sequence[float]]) -> Picture:
    """Losses by epoch: the first run as a line, the second as dots upon it."""
    figure, (ax,) = canvas(1, 1, 8, 3.6)
    looks: tuple[dict[str, Any], ...] = (
        {"color": BLUE, "linewidth": 2.5},
        {"color": ORANGE, "linestyle": "", "marker": "o", "markersize": 3.5},
    )
    for (name, losses), look in zip(runs.items(), looks, strict=True):
        ax.plot(range(1, len(losses) + 1), losses, label=name, **look)
    ax.set(xlabel="epoch", ylabel="mean loss of its batches")
    whole_epochs(ax)
    ax.set_title("a small network on synthetic images, float64")
    legend_below(figure, [ax])
    told = (
        f"{n} from {losses[0]:.3f} to {losses[-1]:.3f}" for n, losses in runs.items()
    )
    return Picture(figure, f"Loss by epoch: {', and on the same line '.join(told)}")
