r"""The paper's update rule (§5) as a `torch.optim.Optimizer`.

$$v \leftarrow m v - \lambda \epsilon w - \epsilon \,\partial L/\partial w,
  \qquad w \leftarrow w + v$$

The learning rate $\epsilon$ stands inside the velocity. `torch.optim.SGD` keeps
it outside: equal while $\epsilon$ is constant, but after a drop the paper's old,
larger velocity coasts on for about ten steps.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.sgd import sgd

from alexnet_lib import native
from alexnet_lib.config import TrainingConfig

_SOURCE = Path(__file__).with_name("update.cpp")

# kernels and matrices of this many weights are worth a copy, and a second's compiling
COPY_FROM = 2**18


class _Copy(NamedTuple):
    """A rounded copy of a parameter's values, as they were at its `version`."""

    values: Tensor
    version: int


class PaperSGD(Optimizer):
    """SGD with momentum, the learning rate inside the velocity (§5).

    `lr` and `weight_decay` are per step. A group whose `lr` is 0 is left alone
    entirely, velocity included, which is how the authors froze conv1
    (`weights.cu:148`). Without `rate_inside` the rate stands where torch's SGD has it,
    outside. Raises `ValueError` for a negative argument.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        *,
        rate_inside: bool = True,
    ) -> None:
        if lr < 0 or momentum < 0 or weight_decay < 0:
            raise ValueError("lr, momentum and weight_decay must not be negative")
        super().__init__(
            params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        )
        self.rate_inside = rate_inside
        self._copies: dict[Tensor, _Copy] = {}

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Apply one update from the gradients that `backward()` left."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in [p for p in group["params"] if p in self._copies]:
                self._update_copied(parameter, group)
            others = [p for p in group["params"] if p.grad is not None]
            if others and group["lr"] != 0:
                self._update(others, [p.grad for p in others], group)
        return loss

    def copies(self, net: nn.Module) -> dict[str, Tensor]:
        """bfloat16 copies of `net`'s large kernels and matrices, to compute with.

        By name; `step` takes their gradients, and writes each copy anew along with
        its parameter: casting 25 million weights and their gradients, as autocast
        does, would be a tenth of a step.
        """
        return {
            name: self._copy(parameter)
            for name, parameter in net.named_parameters()
            if parameter.numel() >= COPY_FROM and parameter.dtype == torch.float32
        }

    def _copy(self, parameter: Tensor) -> Tensor:
        known = self._copies.get(parameter)
        # whoever else writes to a parameter, as a checkpoint does, leaves it a version
        if known is None or known.version != parameter._version:
            copy = parameter.detach().bfloat16().requires_grad_()
            known = self._copies[parameter] = _Copy(copy, parameter._version)
        return known.values

    def _update_copied(self, parameter: Tensor, group: dict[str, Any]) -> None:
        copy = self._copies[parameter].values
        gradient, copy.grad = copy.grad, None
        if gradient is None or group["lr"] == 0:
            return
        on_cpu = parameter.device.type == "cpu" and self.rate_inside
        library = native.library(_SOURCE) if on_cpu else None
        if library is None:
            self._update([parameter], [gradient.float()], group)
            copy.copy_(parameter)
            self._copies[parameter] = _Copy(copy, parameter._version)
            return
        tensors = parameter, self._velocity(parameter), gradient, copy
        places = [_flat(tensor, parameter) for tensor in tensors]
        library.update(
            ctypes.c_int64(parameter.numel()),
            torch.get_num_threads(),
            *(ctypes.c_float(group[k]) for k in ("lr", "momentum", "weight_decay")),
            *(ctypes.c_void_p(place.data_ptr()) for place in places),
        )

    def _update(
        self, weights: list[Tensor], gradients: list[Tensor], group: dict[str, Any]
    ) -> None:
        # torch's fused SGD, one pass over memory: it adds (1 - dampening) times
        # gradient and decay to its buffer and moves the weights by -lr times that;
        # without momentum there is no buffer, and its update is the paper's
        rate, momentum = group["lr"], group["momentum"]
        inside = self.rate_inside and momentum > 0
        sgd(
            [_flat(p, p) for p in weights],
            [_flat(g, p) for g, p in zip(gradients, weights, strict=True)],
            [_flat(self._velocity(p), p) for p in weights],
            fused=True,
            weight_decay=group["weight_decay"],
            momentum=momentum,
            lr=-1.0 if inside else rate,
            dampening=1.0 + rate if inside else 0.0,
            nesterov=False,
            maximize=False,
        )

    def velocities(self, net: nn.Module) -> dict[str, Tensor]:
        """The velocities by the names of `net`'s parameters; none before a step."""
        return {
            name: self.state[parameter]["velocity"]
            for name, parameter in net.named_parameters()
            if self.state[parameter]
        }

    @torch.no_grad()
    def set_velocities(self, net: nn.Module, velocities: Mapping[str, Tensor]) -> None:
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
    return torch.empty_like(like, dtype=tensor.dtype).copy_(tensor)


def optimizer_for(
    net: nn.Module,
    config: TrainingConfig,
    decay_mult: Mapping[str, float] = MappingProxyType({}),
) -> PaperSGD:
    """The optimizer of `config` for `net`; `decay_mult`: see `parameter_groups`."""
    return PaperSGD(
        parameter_groups(net, config, decay_mult),
        lr=config.learning_rate,
        momentum=config.momentum,
        rate_inside=config.update_rule == "paper",
    )


def parameter_groups(
    net: nn.Module,
    config: TrainingConfig,
    decay_mult: Mapping[str, float] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """Weights with decay, and biases at their own rate without (§5).

    The authors' biases start at twice the weights' rate and have no decay
    (`layer-params-153.cfg`, `layer.cu:565`); the paper mentions neither.
    `decay_mult` gives, by name, what the decay of a weight is multiplied by, else 1.
    A group is of one rate and decay; its `initial_lr` is the rate before drops, and its
    `layer` is named only where the config makes an exception of that layer's rate.
    """
    exceptions = {rate.layer for rate in config.layer_rates}
    groups: dict[tuple[float, float, str], list[Tensor]] = {}
    for name, parameter in net.named_parameters():
        layer = name.rpartition(".")[0]
        is_bias = name.endswith("bias")
        rate = config.learning_rate * (config.bias_rate_factor if is_bias else 1.0)
        decay = config.weight_decay * decay_mult.get(name, 1.0)
        if is_bias and not config.decay_biases:
            decay = 0.0
        excepted = next((x for x in (name, layer) if x in exceptions), "")
        key = (rate, decay, excepted)
        groups.setdefault(key, []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": rate,
            "initial_lr": rate,
            "weight_decay": decay,
            "layer": layer,
        }
        for (rate, decay, layer), parameters in groups.items()
    ]
