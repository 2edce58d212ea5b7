"""A network as one would write it in plain PyTorch, to be measured against."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib.modules.build import module_of
from alexnet_lib.nets import layers
from alexnet_lib.nets.network import ActivationName, NetworkConfig
from alexnet_lib.nets.shapes import Placed, layers_of

_UNITS = {"relu": nn.ReLU, "tanh": nn.Tanh, "logistic": nn.Sigmoid}


def transcription(network: NetworkConfig) -> nn.Sequential:
    """The network of torch's own modules, in their usual layout.

    Its norms know no groups, and its dropout scales in training.
    """
    net = nn.Sequential()
    for placed in layers_of(network):
        if isinstance(placed.layer, layers.Linear) and len(placed.input_shape) > 1:
            net.append(nn.Flatten())
        net.append(_plain(placed, network.activation))
    return net


def _plain(placed: Placed, activation: ActivationName) -> nn.Module:
    match placed.layer:
        case (
            layers.ResponseNorm(divide_alpha_by_n=divides, n=n, k=k, beta=beta) as norm
        ):
            alpha = norm.alpha if divides else norm.alpha * n
            return nn.LocalResponseNorm(n, alpha=alpha, beta=beta, k=k)
        case layers.MapResponseNorm() as norm:
            return _MapNorm(norm)
        case layers.Local(maps, kernel, padding=padding):
            return _Local(maps, kernel, padding, placed)
        case layers.Activation():
            return _UNITS[activation]()
        case layers.Dropout(_, keep):
            return nn.Dropout(1 - keep)
        case _:
            return module_of(placed, activation)


class _MapNorm(nn.Module):
    """Normalisation within maps by average pooling of the squares."""

    def __init__(self, norm: layers.MapResponseNorm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        size = self.norm.size
        mean = functional.avg_pool2d(x * x, size, 1, size // 2)
        return x / (self.norm.k + self.norm.alpha * mean) ** self.norm.beta


class _Local(nn.Module):
    """Unshared convolution by `unfold` and `einsum`."""

    def __init__(self, maps: int, kernel: int, padding: int, placed: Placed) -> None:
        super().__init__()
        self.kernel, self.padding, self.shape = kernel, padding, placed.output_shape
        places = self.shape[1] * self.shape[2]
        taps = placed.input_shape[0] * kernel**2
        self.weight = nn.Parameter(0.01 * torch.randn(places, maps, taps))
        self.bias = nn.Parameter(torch.zeros(self.shape))

    def forward(self, x: Tensor) -> Tensor:
        windows = functional.unfold(
            x, self.kernel, padding=self.padding
        )  # (B, taps, L)
        y = torch.einsum("btl,lmt->bml", windows, self.weight)
        return y.view(-1, *self.shape) + self.bias
