r"""The paper's update rule (§5) as a `torch.optim.Optimizer`.

$$v \leftarrow m v - \lambda \epsilon w - \epsilon \,\partial L/\partial w,
  \qquad w \leftarrow w + v$$

The learning rate $\epsilon$ stands inside the velocity. `torch.optim.SGD` keeps
it outside: equal while $\epsilon$ is constant, but after a drop the paper's old,
larger velocity coasts on for about ten steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.sgd import sgd


class PaperSGD(Optimizer):
    """SGD with momentum, the learning rate inside the velocity (§5).

    `lr` and `weight_decay` are per step. A group whose `lr` is 0 is left alone
    entirely, velocity included, which is how the authors froze conv1
    (`weights.cu:148`). Raises `ValueError` for a negative argument.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
    ) -> None:
        if lr < 0 or momentum < 0 or weight_decay < 0:
            raise ValueError("lr, momentum and weight_decay must not be negative")
        super().__init__(
            params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Apply one update from the gradients that `backward()` left."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            weights = [p for p in group["params"] if p.grad is not None]
            if group["lr"] == 0 or not weights:
                continue
            # torch's fused SGD, one pass over memory: it adds (1 - dampening) times
            # gradient and decay to its buffer and moves the weights by -lr times that
            sgd(
                [_flat(p, p) for p in weights],
                [_flat(p.grad, p) for p in weights],
                [_flat(self._velocity(p), p) for p in weights],
                fused=True,
                weight_decay=group["weight_decay"],
                momentum=group["momentum"],
                lr=-1.0,
                dampening=1.0 + group["lr"],
                nesterov=False,
                maximize=False,
            )
        return loss

    def velocities(self, net: torch.nn.Module) -> dict[str, Tensor]:
        """The velocities by the names of `net`'s parameters; none before a step."""
        return {
            name: self.state[parameter]["velocity"]
            for name, parameter in net.named_parameters()
            if self.state[parameter]
        }

    @torch.no_grad()
    def set_velocities(
        self, net: torch.nn.Module, velocities: Mapping[str, Tensor]
    ) -> None:
        """Take up `velocities` for the parameters of `net` that they name."""
        for name, velocity in velocities.items():
            self._velocity(net.get_parameter(name)).copy_(velocity)

    def _velocity(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["velocity"] = torch.zeros_like(parameter)
        # a net may have been laid out anew since the last step
        state["velocity"] = _laid_out(state["velocity"], parameter)
        return state["velocity"]


def _flat(tensor: Tensor, like: Tensor) -> Tensor:
    """All values of `tensor`, in the order in which those of `like` lie in memory.

    The fused kernel walks through memory and does not look at strides. Where
    `tensor` is laid out as `like` is, the result shares its memory.
    """
    return _laid_out(tensor, like).as_strided((tensor.numel(),), (1,))


def _laid_out(tensor: Tensor, like: Tensor) -> Tensor:
    """`tensor` itself if its strides are those of `like`, else a copy that has them."""
    if tensor.stride() == like.stride():
        return tensor
    return torch.empty_like(like).copy_(tensor)


def parameter_groups(
    net: torch.nn.Module,
    weight_rate: float,
    bias_rate: float,
    weight_decay: float,
    decay_mult: Mapping[str, float] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """Weights with decay, biases at their own rate without (§5).

    The authors' biases start at twice the weights' rate and have no decay
    (`layer-params-153.cfg`, `layer.cu:565`); the paper mentions neither.
    `decay_mult` gives, by name, what the decay of a weight is multiplied by, else
    1; weights of one factor make one group. `initial_lr` is the rate before drops.
    """
    by_factor: dict[float, list[Tensor]] = {}
    biases = []
    for name, parameter in net.named_parameters():
        if name.endswith("bias"):
            biases.append(parameter)
        else:
            by_factor.setdefault(decay_mult.get(name, 1.0), []).append(parameter)
    weights = [
        _group(parameters, weight_rate, weight_decay * factor)
        for factor, parameters in by_factor.items()
    ]
    return [*weights, _group(biases, bias_rate, 0.0)]


def _group(parameters: Sequence[Tensor], rate: float, decay: float) -> dict[str, Any]:
    return {
        "params": list(parameters),
        "lr": rate,
        "initial_lr": rate,
        "weight_decay": decay,
    }
