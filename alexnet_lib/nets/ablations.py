"""The paper's ablations: from one AlexNet's config to another's.

Each takes any preset of `alexnet` and leaves all that it does not name as it was.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from types import UnionType

from alexnet_lib.nets.layers import (
    Activation,
    AdaptivePool,
    BatchNorm,
    Conv,
    Dropout,
    Layer,
    Linear,
    MapResponseNorm,
    Pool,
    ResponseNorm,
    Weighted,
)
from alexnet_lib.nets.network import NetworkConfig


def half(network: NetworkConfig) -> NetworkConfig:
    """The one-GPU net of §3.2: half the maps in every conv layer but the last.

    No groups are left. The last keeps its width, since its size decides that of
    the first fully connected layer, which has most parameters (footnote to §3.2;
    `layers-145-half.cfg`).
    """
    last = _positions(network, Conv)[-1]

    def one_gpu(index: int, layer: Layer) -> Layer:
        if isinstance(layer, ResponseNorm):
            return dataclasses.replace(layer, groups=1)
        if isinstance(layer, Conv):
            maps = layer.maps if index == last else layer.maps // 2
            return dataclasses.replace(layer, maps=maps, groups=1)
        return layer

    return _with_layers(
        network, (one_gpu(i, layer) for i, layer in enumerate(network.layers))
    )


def six_conv(network: NetworkConfig) -> NetworkConfig:
    """With a sixth conv layer over the last pooling layer (§6), before any dropout.

    Like conv5, but reading both halves: a second point of exchange
    (`layers-146-2012-2011.cfg:258-286`).
    """
    conv5 = network.layers[_positions(network, Conv)[-1]]
    assert isinstance(conv5, Conv)
    at = _positions(network, Linear | Dropout)[0]
    conv6 = (dataclasses.replace(conv5, groups=1), Activation())
    return _with_layers(network, (*network.layers[:at], *conv6, *network.layers[at:]))


def without_response_norm(network: NetworkConfig) -> NetworkConfig:
    """Without any response normalisation, within maps included (§3.3, #148)."""
    return _replace_norms(network, None)


def with_batch_norm(network: NetworkConfig) -> NetworkConfig:
    """With batch normalisation in the place of each response normalisation.

    A normalisation within maps goes without replacement.
    """
    return _replace_norms(network, BatchNorm())


def with_alpha_as_printed(network: NetworkConfig) -> NetworkConfig:
    """With alpha times each square, not alpha/n: the formula of §3.3 to the letter."""

    def literal(layer: Layer) -> Layer:
        if isinstance(layer, ResponseNorm):
            return dataclasses.replace(layer, divide_alpha_by_n=False)
        return layer

    return _with_layers(network, map(literal, network.layers))


def with_norm_after_units(network: NetworkConfig) -> NetworkConfig:
    """With every response normalisation on the units' outputs, as §3.3 has it.

    #145 normalises conv1's maps before their ReLU, which stands after the pooling.
    """
    layers = list(network.layers)
    for at in _positions(network, ResponseNorm):
        if not isinstance(layers[at - 1], Activation):
            unit = next(
                i for i, x in enumerate(layers) if i > at and isinstance(x, Activation)
            )
            layers.insert(at, layers.pop(unit))
    return _with_layers(network, layers)


def with_norm_before_units(network: NetworkConfig) -> NetworkConfig:
    """With every normalisation on the sums, and the units after it.

    As #145 has it in layer 1, and #166 in layer 2 too (`layer-params-166.cfg:195`).
    """
    layers = list(network.layers)
    for at in _positions(network, ResponseNorm | MapResponseNorm):
        if isinstance(layers[at - 1], Activation):
            layers[at - 1], layers[at] = layers[at], layers[at - 1]
    return _with_layers(network, layers)


def with_deviation(
    network: NetworkConfig, depths: Iterable[int], std: float
) -> NetworkConfig:
    """With the weights of the layers numbered `depths` drawn with deviation `std`."""
    weighted = _positions(network, Weighted)
    chosen = {weighted[depth - 1] for depth in depths}
    return _with_layers(
        network,
        (
            dataclasses.replace(layer, std=std)
            if i in chosen and isinstance(layer, Weighted)
            else layer
            for i, layer in enumerate(network.layers)
        ),
    )


def without_norm_in(network: NetworkConfig, depth: int) -> NetworkConfig:
    """Without any normalisation after conv layer number `depth`; 2 in #167."""
    starts = [*_positions(network, Weighted), len(network.layers)]
    first, after = starts[depth - 1], starts[depth]
    norms = ResponseNorm | MapResponseNorm
    return _with_layers(
        network,
        (
            layer
            for i, layer in enumerate(network.layers)
            if not (first < i < after and isinstance(layer, norms))
        ),
    )


def _replace_norms(network: NetworkConfig, norm: BatchNorm | None) -> NetworkConfig:
    layers: list[Layer] = []
    for layer in network.layers:
        if isinstance(layer, ResponseNorm) and norm is not None:
            layers.append(norm)
        elif not isinstance(layer, ResponseNorm | MapResponseNorm):
            layers.append(layer)
    return _with_layers(network, layers)


def without_overlap(network: NetworkConfig) -> NetworkConfig:
    """With 2/2 pooling, and the same 6x6 maps at the end (§3.4).

    conv2 pads by 1 and conv5 not at all, so that sides go 55, 28, 26, 13, 13, 11,
    6 instead of 55, 27, 27, 13, 13, 13, 6 (`layers-147.cfg`).
    """
    convs = _positions(network, Conv)
    paddings = {convs[1]: 1, convs[4]: 0}

    def same_size(index: int, layer: Layer) -> Layer:
        if isinstance(layer, Conv) and index in paddings:
            return dataclasses.replace(layer, padding=paddings[index])
        return layer

    return pools_apart(
        _with_layers(
            network, (same_size(i, layer) for i, layer in enumerate(network.layers))
        )
    )


def pools_apart(network: NetworkConfig) -> NetworkConfig:
    """With every pooling window as wide as its stride, and nothing else changed.

    The CIFAR nets' maps keep their size by it, 32, 16, 8 and 4, since windows may
    hang over the edge; AlexNet's do not: `without_overlap`.
    """
    return _with_layers(
        network,
        (
            dataclasses.replace(layer, size=layer.stride)
            if isinstance(layer, Pool)
            else layer
            for layer in network.layers
        ),
    )


def without_layer(network: NetworkConfig, depth: int) -> NetworkConfig:
    """Without weight layer number `depth`, 2 to 7 in AlexNet (§7).

    Its units, normalisation and dropout go with it; its pooling stays, so that
    the layers after it keep their size. Without layer 3 the GPUs first exchange
    in the fully connected layers. Raises `ValueError` for the first layer, the
    last, or one that is not there.
    """
    starts = [*_positions(network, Weighted), len(network.layers)]
    if not 1 < depth < len(starts) - 1:
        raise ValueError(f"no middle layer {depth}: choose 2 to {len(starts) - 2}")
    first, after = starts[depth - 1], starts[depth]
    kept = (
        x for x in network.layers[first:after] if isinstance(x, Pool | AdaptivePool)
    )
    return _with_layers(
        network, (*network.layers[:first], *kept, *network.layers[after:])
    )


def _positions(network: NetworkConfig, kind: type[Layer] | UnionType) -> list[int]:
    """Where the layers of `kind` stand in `network.layers`."""
    return [i for i, layer in enumerate(network.layers) if isinstance(layer, kind)]


def _with_layers(network: NetworkConfig, layers: Iterable[Layer]) -> NetworkConfig:
    return dataclasses.replace(network, layers=tuple(layers))
