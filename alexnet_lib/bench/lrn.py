"""Response normalisation against torch's, on conv1's output (§3.3).

Cases are named after layer, number format and layout: torch's and ours each in
float32, contiguous (NCHW) and channels last (NHWC), and in bfloat16; ours also with
two groups, as in the paper's net, and within maps. `traffic` is the floor: the memory
that forward and backward must at least read and write, a copy of the tensor and a sum
of two.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from alexnet_lib.bench import interleaved
from alexnet_lib.machine import device, environment, prepare_process
from alexnet_lib.modules.lrn import LocalResponseNorm, MapResponseNorm
from alexnet_lib.modules.lrn_compiled import COMPILE_FROM

SHAPE = (128, 96, 55, 55)
ROUNDS = 7


def measure(
    shape: tuple[int, int, int, int] = SHAPE,
    rounds: int = ROUNDS,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Any]:
    """Median seconds of forward + backward of each case, the cases taking turns.

    `ratio` is the time of torch's faster layout in float32 over each case's,
    `over_floor` each of ours over the `traffic` of its format. A first round, not
    counted, warms up and compiles; `compiled` says whether ours is. `clock`: see
    `interleaved`.
    """
    prepare_process()
    x, g = _tensors(shape)
    cases = _cases(x, g)
    errors = _without_broken(cases)
    medians = interleaved(cases, rounds, clock)
    best = min(medians["torch float32 NCHW"], medians["torch float32 NHWC"])
    ours = {name: t for name, t in medians.items() if name.startswith("ours")}
    return {
        "shape": list(shape),
        "rounds": rounds,
        "compiled": x.numel() >= COMPILE_FROM,
        "seconds": medians,
        "ratio": {name: best / seconds for name, seconds in medians.items()},
        "over_floor": {
            name: t / medians[f"traffic {_format(name)}"] for name, t in ours.items()
        },
        "errors": errors,
        "environment": environment(device(), "float32"),
    }


def _without_broken(cases: dict[str, Callable[[], None]]) -> dict[str, str]:
    """Take out torch's bfloat16 where it has none; returns what it says, by case."""
    name = "torch bfloat16 NCHW"
    try:
        cases[name]()
    except RuntimeError as error:
        del cases[name]
        return {name: str(error)}
    return {}


def _format(case: str) -> str:
    return "bfloat16" if "bfloat16" in case else "float32"


def _tensors(shape: tuple[int, int, int, int]) -> tuple[Tensor, Tensor]:
    """Values of the size of conv1's responses to raw pixels; a gradient."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(shape, generator=generator).mul_(30).relu_()
    return x.to(device()), torch.randn(shape, generator=generator).to(device())


def _cases(x: Tensor, g: Tensor) -> dict[str, Callable[[], None]]:
    layouts = {"NCHW": torch.contiguous_format, "NHWC": torch.channels_last}

    def case(norm: nn.Module, dtype: torch.dtype, layout: str) -> Callable[[], None]:
        a = x.to(dtype, memory_format=layouts[layout]).detach().requires_grad_()
        b_gradient = g.to(dtype, memory_format=layouts[layout])
        return lambda: _forward_backward(norm, a, b_gradient)

    theirs = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    ours = LocalResponseNorm(divide_alpha_by_n=False)
    grouped = LocalResponseNorm(divide_alpha_by_n=False, groups=2)
    single, half = torch.float32, torch.bfloat16
    return {
        "torch float32 NCHW": case(theirs, single, "NCHW"),
        "torch float32 NHWC": case(theirs, single, "NHWC"),
        "torch bfloat16 NCHW": case(theirs, half, "NCHW"),
        "ours float32 NCHW": case(ours, single, "NCHW"),
        "ours float32 NHWC": case(ours, single, "NHWC"),
        "ours bfloat16 NHWC": case(ours, half, "NHWC"),
        "ours groups=2 float32 NHWC": case(grouped, single, "NHWC"),
        "ours groups=2 bfloat16 NHWC": case(grouped, half, "NHWC"),
        "ours within maps float32 NHWC": case(MapResponseNorm(), single, "NHWC"),
        "traffic float32": _traffic(x, g),
        "traffic bfloat16": _traffic(x.bfloat16(), g.bfloat16()),
    }


def _traffic(x: Tensor, g: Tensor) -> Callable[[], None]:
    out = torch.empty_like(x)

    def copy_and_add() -> None:
        out.copy_(x)
        torch.add(x, g, out=out)
        _wait(x)

    return copy_and_add


def _forward_backward(norm: nn.Module, a: Tensor, b_gradient: Tensor) -> None:
    torch.autograd.grad(norm(a), a, b_gradient)
    _wait(a)


def _wait(x: Tensor) -> None:
    if x.is_cuda:
        torch.cuda.synchronize()
