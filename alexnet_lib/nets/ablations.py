"""The paper's ablations and patterns of communication: one network from another.

Each takes any preset of `alexnet` and leaves all that it does not name as it was.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Literal, get_args

from alexnet_lib.nets import layers
from alexnet_lib.nets.layers import Conv, Linear, Pool, Weighted
from alexnet_lib.nets.network import NetworkConfig, changed, numbered, numbers_of

Pattern = Literal["paper", "none", "every"]
PATTERNS: tuple[Pattern, ...] = get_args(Pattern)

_NORMS = layers.ResponseNorm | layers.MapResponseNorm


def _left_out(_: layers.Layer) -> None:
    """Tell `changed` to put nothing in a layer's place."""


# --- layers -----------------------------------------------------------------------


def with_half_the_maps(network: NetworkConfig) -> NetworkConfig:
    """Make the one-GPU net of §3.2: half the maps in every conv layer but the last.

    No groups are left. The last keeps its width, since its size decides that of
    the first fully connected layer, which has most parameters (footnote to §3.2;
    `layers-145-half.cfg`).
    """

    def halved(conv: Conv) -> Conv:
        return dataclasses.replace(conv, maps=conv.maps // 2)

    network = changed(network, Conv, halved, numbers=numbers_of(network, Conv)[:-1])
    return changed(network, Conv | layers.ResponseNorm, groups=1)


def with_sixth_conv(network: NetworkConfig) -> NetworkConfig:
    """Add a sixth conv layer over the last pooling layer (§6), before any dropout.

    Like conv5, but reading both halves: a second point of exchange
    (`layers-146-2012-2011.cfg:258-286`).
    """
    before = network.layers
    conv5 = [layer for layer in before if isinstance(layer, Conv)][-1]
    conv6 = (dataclasses.replace(conv5, groups=1), layers.Activation())
    hidden = Linear | layers.Dropout
    at = next(i for i, layer in enumerate(before) if isinstance(layer, hidden))
    return dataclasses.replace(network, layers=(*before[:at], *conv6, *before[at:]))


def without_layer(network: NetworkConfig, number: int) -> NetworkConfig:
    """Take out one weight layer, 2 to 7 in AlexNet (§7).

    Its units, normalisation and dropout go with it; its pooling stays, so that
    the layers after it keep their size. Without layer 3 the GPUs first exchange
    in the fully connected layers. Raises `ValueError` for the first layer, the
    last, or one that is not there.
    """
    last = numbers_of(network, Weighted)[-1]
    if not 1 < number < last:
        raise ValueError(f"no middle layer {number}: choose 2 to {last - 1}")
    pools = Pool | layers.AdaptivePool
    kept = (x for n, x in numbered(network) if n != number or isinstance(x, pools))
    return dataclasses.replace(network, layers=tuple(kept))


def without_dropout(network: NetworkConfig) -> NetworkConfig:
    """Take out dropout (§4.2); nothing of its scale is left at test either."""
    return changed(network, layers.Dropout, _left_out)


def with_deviation(
    network: NetworkConfig, numbers: Collection[int], std: float
) -> NetworkConfig:
    """Draw the weights of the layers so numbered with deviation `std`."""
    return changed(network, Weighted, numbers=numbers, std=std)


# --- normalisation ----------------------------------------------------------------


def without_response_norm(network: NetworkConfig) -> NetworkConfig:
    """Take out all response normalisation, within maps included (§3.3, #148)."""
    return changed(network, _NORMS, _left_out)


def without_norm_in(network: NetworkConfig, number: int) -> NetworkConfig:
    """Take out all normalisation after one conv layer; after conv2 in #167."""
    return changed(network, _NORMS, _left_out, numbers=(number,))


def with_constant_norm(network: NetworkConfig) -> NetworkConfig:
    """Put in the place of each response normalisation what it is of nearly nothing.

    The constant k^-beta: .595 with §3.3's k and beta, and 1 for the one within maps.
    """
    return changed(network, _NORMS, alpha=0.0)


def with_batch_norm(network: NetworkConfig) -> NetworkConfig:
    """Put batch normalisation in the place of each response normalisation.

    A normalisation within maps goes without replacement.
    """
    network = changed(network, layers.MapResponseNorm, _left_out)
    return changed(network, layers.ResponseNorm, lambda _: layers.BatchNorm())


def with_alpha_as_printed(network: NetworkConfig) -> NetworkConfig:
    """Take alpha times each square, not alpha/n: §3.3's formula to the letter."""
    return changed(network, layers.ResponseNorm, divide_alpha_by_n=False)


def with_norm_after_units(network: NetworkConfig) -> NetworkConfig:
    """Put every response normalisation on the units' outputs, as §3.3 has it.

    #145 normalises conv1's maps before their ReLU, which stands after the pooling.
    """
    unit = layers.Activation()
    order = list(network.layers)
    for at, layer in enumerate(network.layers):
        if isinstance(layer, layers.ResponseNorm) and order[at - 1] != unit:
            order.insert(at, order.pop(order.index(unit, at)))
    return dataclasses.replace(network, layers=tuple(order))


def with_norm_before_units(network: NetworkConfig) -> NetworkConfig:
    """Put every normalisation on the sums, and the units after it.

    As #145 has it in layer 1, and #166 in layer 2 too (`layer-params-166.cfg:195`).
    """
    unit = layers.Activation()
    order = list(network.layers)
    for at, layer in enumerate(network.layers):
        if isinstance(layer, _NORMS) and order[at - 1] == unit:
            order[at - 1], order[at] = order[at], order[at - 1]
    return dataclasses.replace(network, layers=tuple(order))


# --- pooling ----------------------------------------------------------------------


def with_disjoint_pools(network: NetworkConfig) -> NetworkConfig:
    """Make every pooling window as wide as its stride, and change nothing else.

    The CIFAR nets' maps keep their size by it, 32, 16, 8 and 4, since windows may
    hang over the edge; AlexNet's do not: see `without_overlap`.
    """

    def narrowed(pool: Pool) -> Pool:
        return dataclasses.replace(pool, size=pool.stride)

    return changed(network, Pool, narrowed)


def without_overlap(network: NetworkConfig) -> NetworkConfig:
    """Pool 2/2 instead of 3/2, and end with the same 6x6 maps (§3.4).

    conv2 pads by 1 and conv5 not at all, so that sides go 55, 28, 26, 13, 13, 11,
    6 instead of 55, 27, 27, 13, 13, 13, 6 (`layers-147.cfg`).
    """
    network = changed(network, Conv, numbers=(2,), padding=1)
    network = changed(network, Conv, numbers=(5,), padding=0)
    return with_disjoint_pools(network)


# --- communication ----------------------------------------------------------------


def with_communication(network: NetworkConfig, pattern: Pattern) -> NetworkConfig:
    """Choose which layers read the maps of both GPUs (§3.2).

    `groups` says it all: 2 where a GPU keeps to its own maps, 1 where it reads
    both. So each pattern is a network like any other, to be built in one piece or,
    by `alexnet_lib.parallel`, as two towers.

    - `paper`: unchanged; for AlexNet conv3 and the fully connected layers read both.
    - `none`: two columns that meet in the classifier alone. The first layer reads
      the image, which both have. Cutting connections leaves fewer parameters: see
      `with_wide_columns`.
    - `every`: each layer with weights reads both; normalisation stays as it was.

    Raises `ValueError` for any other name.
    """
    if pattern not in PATTERNS:
        raise ValueError(f"no pattern {pattern!r}; known: {', '.join(PATTERNS)}")
    if pattern == "paper":
        return network
    network = changed(network, Conv | Linear, groups=1)
    between = numbers_of(network, Weighted)[1:-1] if pattern == "none" else ()
    return changed(network, Conv | Linear, numbers=between, groups=2)


def with_wide_columns(network: NetworkConfig) -> NetworkConfig:
    """Widen AlexNet's columns as the authors did to cut them apart.

    In #150 conv2 has 160 maps a column instead of 128, the first fully connected
    layer 4096 units instead of 2048 (`layers-150.cfg`): as with the one-GPU net
    (footnote to §3.2) the comparison is meant to be of nets of like size, and so
    shows less than what communication alone does.
    """

    def wider(conv: Conv) -> Conv:
        return dataclasses.replace(conv, maps=conv.maps * 5 // 4)

    def doubled(hidden: Linear) -> Linear:
        return dataclasses.replace(hidden, units=2 * hidden.units)

    network = changed(network, Conv, wider, numbers=(2,))
    return changed(network, Linear, doubled, numbers=numbers_of(network, Linear)[:1])
