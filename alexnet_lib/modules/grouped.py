"""A fully connected layer in groups: towers that do not speak (§3.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GroupedLinear(nn.Linear):
    """Each of `groups` equal runs of units reads its own run of the inputs only.

    What `groups` is to a convolution: with the maps of tower 0 first, a layer of 2
    groups is two layers, one in each tower. Weight (out, in / groups), bias (out,).
    Raises `ValueError` where either number does not divide.
    """

    def __init__(self, in_features: int, out_features: int, groups: int) -> None:
        if in_features % groups or out_features % groups:
            raise ValueError(
                f"{in_features} inputs and {out_features} units do not make "
                f"{groups} equal groups"
            )
        super().__init__(in_features // groups, out_features)
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in) to (B, out)."""
        inputs = x.unflatten(1, (self.groups, -1)).transpose(0, 1)  # (groups, B, in/g)
        weight = self.weight.unflatten(0, (self.groups, -1))  # (groups, out/g, in/g)
        outputs = torch.bmm(inputs, weight.transpose(1, 2))  # (groups, B, out/g)
        return outputs.transpose(0, 1).flatten(1) + self.bias

    def extra_repr(self) -> str:
        """Show the sizes in `print(net)`."""
        return (
            f"in_features={self.in_features * self.groups}, "
            f"out_features={self.out_features}, groups={self.groups}"
        )
