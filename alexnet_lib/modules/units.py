"""The units of §3.1: what each layer applies to its sums."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from alexnet_lib.modules.precision import precise
from alexnet_lib.nets.network import ActivationName


class Unit(nn.Module):
    """A non-linearity by name: relu, tanh, logistic or |tanh| (§3.1).

    Saturating units compute in float32 where they are given less: in bfloat16
    tanh rounds to exactly 1 from 3.1 on, its derivative to 0, and saturation,
    the very thing Figure 1 is about, would be the number format's doing. With
    `inplace` relu overwrites its input, as `nn.ReLU` does, which saves its memory.
    """

    def __init__(self, name: ActivationName, inplace: bool = False) -> None:
        super().__init__()
        self.name, self.inplace = name, inplace

    def forward(self, x: Tensor) -> Tensor:
        """Apply the unit to a tensor of any shape, place by place."""
        match self.name:
            case "relu":
                return functional.relu(x, inplace=self.inplace)
            case "tanh":
                return precise(x).tanh()
            case "logistic":
                return precise(x).sigmoid()
            case "abs_tanh":
                return precise(x).tanh().abs()

    def derivative(self, output: Tensor) -> Tensor:
        """Compute the unit's derivative (for |tanh| its size) from its output."""
        match self.name:
            case "relu":
                return (output > 0).float()
            case "logistic":
                return output * (1 - output)
            case _:
                return 1 - output * output

    def extra_repr(self) -> str:
        """Show the unit's name in `print(net)`."""
        return self.name
