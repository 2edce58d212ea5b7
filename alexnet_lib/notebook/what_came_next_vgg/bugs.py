"""Spot the bug, notebook 09: mistakes in copies of VGG."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from alexnet_lib.modules.build import build
from alexnet_lib.nets.vgg import layers_from_a, narrowed, vgg
from alexnet_lib.notebook.answers import Wrong, close, require
from alexnet_lib.notebook.exercise import Attempt, exercise


def _noise(*shape: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator)


@exercise
def stage(attempt: Attempt) -> None:
    """`attempt(x, weights)`: 3x3 convolutions with their ReLUs, then a 2/2 pooling."""
    weights = [_noise(4, 3, 3, 3) / 5, _noise(4, 4, 3, 3, seed=2) / 6]
    x = right = _noise(2, 3, 8, 8, seed=3)
    for weight in weights:
        right = functional.conv2d(right, weight, padding=1).relu()
    summed = right
    right = functional.max_pool2d(right, 2)
    got = attempt(x, weights, wanted=right, sides=False)
    if got.shape != right.shape:
        raise Wrong(
            f"Maps of 8 x 8 leave the stage as {got.shape[2]} x {got.shape[3]}, not as "
            "4 x 4. So E would have none left of 224 pixels before its last layers. "
            "What keeps the side in a 3x3 convolution?"
        )
    mistakes = {
        "The ReLUs are missing.": functional.max_pool2d(
            functional.conv2d(
                functional.conv2d(x, weights[0], padding=1), weights[1], padding=1
            ),
            2,
        ),
        "This is the average pooling of the right maps.": (
            functional.avg_pool2d(summed, 2)
        ),
    }
    require(got, right, mistakes)


@exercise
def fc_as_kernel(attempt: Attempt) -> None:
    """`attempt(weight, maps, side)`: (units, maps * side * side) as kernels.

    (units, maps, side, side) that give on the maps what the layer gives on them flat.
    """
    units, maps, side = 5, 3, 4
    weight, x = _noise(units, maps * side**2), _noise(2, maps, side, side, seed=2)
    right = weight.view(units, maps, side, side)
    kernel = attempt(weight, maps, side, wanted=right).float()
    if close(functional.conv2d(x, kernel)[..., 0, 0], x.flatten(1) @ weight.T):
        return
    if close(kernel.transpose(2, 3), right):
        raise Wrong("Rows and columns are exchanged.")
    if close(kernel.sum((1, 2, 3)), weight.sum(1)):
        raise Wrong(
            "Each unit has its own weights, but at other places: its answer to one map "
            "comes from another. PyTorch flattens (maps, rows, columns) with the "
            "columns fastest; which order does your reshaping take them to be in?"
        )
    raise Wrong("The kernels are not the weights of the layer.")


@exercise
def start_from_a(attempt: Attempt) -> None:
    """`attempt(deep, shallow, names)`: D's tensors, with A's put in (§3.1).

    `deep` and `shallow` are tensors by name, `names` A's layer by D's.
    """
    networks = [narrowed(vgg(c, 10), 32, parts=16) for c in ("D", "A")]
    deep, shallow = (
        {
            name: tensor + seed
            for name, tensor in build(network, seed).state_dict().items()
        }
        for seed, network in enumerate(networks, start=1)
    )  # a seed more, so that biases, which begin at 0, differ too
    names = layers_from_a("D")
    anything: dict[str, object] = {"conv1.weight": object()}
    got = _like(deep, attempt(deep, shallow, names, wanted=anything))
    copied = [
        own for own, a in names.items() if _same(got, f"{own}.weight", shallow, a)
    ]
    if missing := [own for own in names if own not in copied]:
        raise Wrong(
            f"Of the seven layers only {', '.join(copied) or 'none'} came from A. "
            f"{missing[0]} of D is {names[missing[0]]} in A: other names, or another "
            "shape under the same name, and nobody complained."
        )
    biases = [
        own for own, a in names.items() if not _same(got, f"{own}.bias", shallow, a)
    ]
    if biases:
        raise Wrong(f"The weights are A's, but the bias of {biases[0]} is not.")
    others = [n for n in deep if n.rpartition(".")[0] not in names]
    if changed := [n for n in others if not torch.equal(got[n], deep[n])]:
        raise Wrong(f"{changed[0]} is none of the seven, and should stay D's own.")


def _like(deep: dict[str, Tensor], given: dict[str, object]) -> dict[str, Tensor]:
    """The tensors `given` under the names of `deep`, of its shapes; else `Wrong`."""
    if given.keys() != deep.keys():
        raise Wrong("D's tensors have other names than those that came back.")
    found = {name: value for name, value in given.items() if isinstance(value, Tensor)}
    for name, own in deep.items():
        if name not in found or found[name].shape != own.shape:
            raise Wrong(f"{name} should be a tensor of shape {tuple(own.shape)}.")
    return found


def _same(
    got: dict[str, Tensor], name: str, shallow: dict[str, Tensor], a: str
) -> bool:
    theirs = shallow[f"{a}.{name.rpartition('.')[2]}"]
    return got[name].shape == theirs.shape and torch.equal(got[name], theirs)


@exercise
def size_at_scale(attempt: Attempt) -> None:
    """`attempt(height, width, scale)`: rows and columns with a shorter side `scale`."""
    for height, width, scale in ((300, 400, 256), (500, 375, 384), (320, 320, 512)):
        ratio = scale / min(height, width)
        right = round(height * ratio), round(width * ratio)
        got = attempt(height, width, scale, wanted=right)
        if all(abs(a - b) <= 1 for a, b in zip(got, right, strict=True)):
            continue
        asked = f"{height} x {width} at scale {scale} is {right}, not {got}."
        if got[0] == got[1]:
            raise Wrong(f"{asked} Yours is a square: every picture comes out squashed.")
        if got == (right[1], right[0]):
            raise Wrong(f"{asked} Rows come first, then columns.")
        if max(got) == scale:
            raise Wrong(f"{asked} The scale is the shorter side's.")
        raise Wrong(asked)
