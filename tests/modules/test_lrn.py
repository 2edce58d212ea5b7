"""Response normalisation against loops, finite differences and torch."""

from __future__ import annotations

import json
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from alexnet_lib import native, settings
from alexnet_lib.bench.lrn import measure
from alexnet_lib.modules import lrn_compiled, lrn_steps
from alexnet_lib.modules.lrn import LocalResponseNorm, MapResponseNorm, reference
from alexnet_lib.modules.lrn_steps import Rule

LAYOUTS = [torch.contiguous_format, torch.channels_last]
DOUBLE = torch.float64
needs_compiler = pytest.mark.skipif(
    not shutil.which(settings.compiler()[0]), reason="no C++ compiler"
)


@contextmanager
def fresh_libraries() -> Iterator[None]:
    """Within, everything is compiled anew; after it, what was made goes on."""
    for cached in (native.library, native._warn):
        cached.cache_clear()
    yield
    for cached in (native.library, native._warn):
        cached.cache_clear()


def on_threads(count: int, work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` gives on `count` threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        return work(*arguments)
    finally:
        torch.set_num_threads(threads)


def across_by_loop(
    a: Tensor, n: int, k: float, alpha: float, beta: float, groups: int
) -> Tensor:
    """§3.3's formula map by map, each square counting `alpha`, group by group."""
    parts = a.chunk(groups, dim=1)
    return torch.cat([reference(part, n, k, alpha, beta) for part in parts], 1)


def within_by_loop(a: Tensor, size: int, k: float, alpha: float, beta: float) -> Tensor:
    """Place by place, each square counting `alpha` / size^2."""
    height, width = a.shape[2:]
    out = torch.empty_like(a)
    for y in range(height):
        for x in range(width):
            top, left = y - size // 2, x - size // 2
            window = a[:, :, max(top, 0) : top + size, max(left, 0) : left + size]
            s = k + alpha / size**2 * (window**2).sum((2, 3))
            out[:, :, y, x] = a[:, :, y, x] / s**beta
    return out


def inputs(
    *shape: int, layout: torch.memory_format, dtype: torch.dtype = DOUBLE
) -> tuple[Tensor, Tensor]:
    """Values that the sums matter to, and a gradient for the output."""
    generator = torch.Generator().manual_seed(sum(shape))
    a, g = (torch.randn(shape, generator=generator, dtype=DOUBLE) for _ in "ag")
    a = a.mul(3).to(dtype, memory_format=layout)
    return a.requires_grad_(), g.to(dtype)


def assert_same(
    ours: Tensor, other: Tensor, a: Tensor, g: Tensor, tolerance: float
) -> None:
    """Equal outputs, and equal gradients with respect to `a`."""
    close = {"rtol": tolerance, "atol": tolerance}
    torch.testing.assert_close(ours, other, **close)
    (mine,) = torch.autograd.grad(ours, a, g)
    (theirs,) = torch.autograd.grad(other, a, g, retain_graph=True)
    assert theirs.abs().max() > 0
    torch.testing.assert_close(mine, theirs, **close)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("groups", [1, 2, 3])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 9])
def test_across_equals_the_formula(
    n: int, groups: int, layout: torch.memory_format
) -> None:
    a, g = inputs(3, 12, 4, 5, layout=layout)
    norm = LocalResponseNorm(n, 2, 0.3, 0.75, divide_alpha_by_n=False, groups=groups)
    assert_same(norm(a), across_by_loop(a, n, 2, 0.3, 0.75, groups), a, g, 1e-12)


@pytest.mark.parametrize("n", [1, 3, 5, 9])
def test_the_formula_is_torchs_layer_with_alpha_times_n(n: int) -> None:
    a, g = inputs(3, 12, 4, 5, layout=torch.contiguous_format)
    torchs = nn.LocalResponseNorm(n, alpha=0.3 * n, beta=0.75, k=2)
    assert_same(reference(a, n, 2, 0.3, 0.75), torchs(a), a, g, 1e-12)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_within_equals_a_loop(size: int, layout: torch.memory_format) -> None:
    a, g = inputs(2, 3, 6, 7, layout=layout)
    norm = MapResponseNorm(size, 1, 0.7, 0.75)
    assert_same(norm(a), within_by_loop(a, size, 1, 0.7, 0.75), a, g, 1e-12)


@pytest.mark.parametrize("beta", [0.75, 0.5, 1.3])
def test_any_exponent(beta: float) -> None:
    a, g = inputs(2, 6, 3, 3, layout=torch.channels_last)
    norm = LocalResponseNorm(3, 1.5, 0.3, beta, divide_alpha_by_n=False)
    assert_same(norm(a), across_by_loop(a, 3, 1.5, 0.3, beta, 1), a, g, 1e-12)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "norm",
    [
        LocalResponseNorm(4, 2, 0.3, divide_alpha_by_n=True, groups=2),
        MapResponseNorm(2, 1, 0.7),
    ],
)
def test_gradient_by_finite_differences(
    norm: nn.Module, layout: torch.memory_format
) -> None:
    a, _ = inputs(2, 4, 3, 3, layout=layout)
    assert torch.autograd.gradcheck(norm, (a,))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n", [4, 5, 9])
def test_torchs_layer_divides_alpha_by_n(n: int, layout: torch.memory_format) -> None:
    a, g = inputs(2, 10, 3, 3, layout=layout, dtype=torch.float32)
    ours = LocalResponseNorm(n, 2, 0.3, 0.75, divide_alpha_by_n=True)
    torchs = nn.LocalResponseNorm(n, alpha=0.3, beta=0.75, k=2)
    assert_same(ours(a), torchs(a), a, g, 1e-5)
    literal = LocalResponseNorm(n, 2, 0.3 / n, 0.75, divide_alpha_by_n=False)
    assert_same(ours(a), literal(a), a, g, 1e-6)


def test_within_equals_average_pooling() -> None:
    a, g = inputs(2, 3, 9, 8, layout=torch.channels_last, dtype=torch.float32)
    mean = nn.functional.avg_pool2d(a * a, 5, stride=1, padding=2)
    assert_same(MapResponseNorm()(a), a / (1 + 1e-3 * mean) ** 0.75, a, g, 1e-6)


def test_no_window_crosses_the_border_between_groups() -> None:
    a, _ = inputs(2, 8, 3, 3, layout=torch.channels_last)
    norm = LocalResponseNorm(5, alpha=0.3, divide_alpha_by_n=False, groups=2)
    (gradient,) = torch.autograd.grad(norm(a)[:, :4].sum(), a)
    assert gradient[:, 3].abs().min() > 0
    assert not gradient[:, 4:].any()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "norm",
    [
        LocalResponseNorm(alpha=0.3, divide_alpha_by_n=False, groups=2),
        MapResponseNorm(alpha=0.7),
    ],
)
def test_bfloat16_is_float32_rounded_once(
    norm: nn.Module, layout: torch.memory_format
) -> None:
    low, g = inputs(3, 8, 5, 5, layout=layout, dtype=torch.bfloat16)
    high = low.detach().float().requires_grad_()
    b_low, b_high = norm(low), norm(high)
    torch.testing.assert_close(b_low, b_high.bfloat16(), rtol=0, atol=0)
    (d_low,) = torch.autograd.grad(b_low, low, g)
    (d_high,) = torch.autograd.grad(b_high, high, g.float())
    torch.testing.assert_close(d_low, d_high.bfloat16(), rtol=0, atol=0)


@pytest.mark.parametrize(
    "device",
    [
        "cpu",
        pytest.param(
            "cuda",
            marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"),
        ),
    ],
)
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)]
)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_device_gives_the_formula(
    layout: torch.memory_format, dtype: torch.dtype, tolerance: float, device: str
) -> None:
    a, g = inputs(3, 12, 5, 4, layout=layout, dtype=dtype)
    there = a.detach().to(device).requires_grad_()
    exact = a.detach().double().requires_grad_()
    across = LocalResponseNorm(4, 2, 0.3, divide_alpha_by_n=False, groups=2)
    for norm, other in (
        (across, across_by_loop(exact, 4, 2, 0.3, 0.75, 2)),
        (MapResponseNorm(4, 1, 0.7), within_by_loop(exact, 4, 1, 0.7, 0.75)),
    ):
        b = norm(there)
        assert (b.device.type, b.dtype) == (device, dtype)
        (ours,) = torch.autograd.grad(b, there, g.to(device))
        (theirs,) = torch.autograd.grad(other, exact, g.double())
        close = {"rtol": tolerance, "atol": tolerance}
        torch.testing.assert_close(b.cpu().double(), other, **close)
        torch.testing.assert_close(ours.cpu().double(), theirs, **close)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("piece", [1, 40, 100, 1000])
def test_cutting_into_pieces_changes_nothing(
    piece: int, layout: torch.memory_format, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, g = inputs(5, 6, 3, 3, layout=layout)
    norms = (
        LocalResponseNorm(4, alpha=0.3, divide_alpha_by_n=False),
        MapResponseNorm(4, alpha=0.7),
    )
    whole = [norm(a) for norm in norms]
    wholes_gradients = [torch.autograd.grad(b, a, g)[0] for b in whole]
    monkeypatch.setattr(lrn_steps, "_PIECE", piece)
    for norm, b, gradient in zip(norms, whole, wholes_gradients, strict=True):
        assert torch.equal(norm(a), b)
        assert torch.equal(torch.autograd.grad(norm(a), a, g)[0], gradient)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_is_kept(layout: torch.memory_format) -> None:
    a, _ = inputs(2, 6, 4, 4, layout=layout)
    for norm in (LocalResponseNorm(divide_alpha_by_n=True), MapResponseNorm()):
        b = norm(a)
        assert b.is_contiguous(memory_format=layout)
        (gradient,) = torch.autograd.grad(b.sum(), a)
        assert gradient.is_contiguous(memory_format=layout)


def test_any_strides() -> None:
    a, g = inputs(4, 6, 5, 5, layout=torch.contiguous_format)
    norm = LocalResponseNorm(alpha=0.3, divide_alpha_by_n=False)
    part = a[::2, :, 1:4].transpose(2, 3)
    other = across_by_loop(part, 5, 2, 0.3, 0.75, 1)
    assert_same(norm(part), other, a, g[::2, :, 1:4].transpose(2, 3), 1e-12)


def test_unit_scaled_input_is_only_multiplied_by_a_constant() -> None:
    a, _ = inputs(2, 10, 4, 4, layout=torch.channels_last)
    b = LocalResponseNorm(divide_alpha_by_n=True)(a / 3)
    torch.testing.assert_close(b, a / 3 * 2**-0.75, rtol=2e-4, atol=0)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="2 equal groups"):
        LocalResponseNorm(divide_alpha_by_n=True, groups=2)(torch.ones(1, 3, 2, 2))
    with pytest.raises(ValueError, match="not 0"):
        LocalResponseNorm(0, divide_alpha_by_n=True)
    with pytest.raises(ValueError, match="not 0"):
        MapResponseNorm(0)


COMPILED = [
    LocalResponseNorm(5, alpha=0.3, divide_alpha_by_n=False, groups=2),
    LocalResponseNorm(4, alpha=0.3, divide_alpha_by_n=False),
    MapResponseNorm(5, alpha=0.7),
    MapResponseNorm(2, alpha=0.7),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [(DOUBLE, 1e-13), (torch.float32, 1e-5), (torch.bfloat16, 2**-7)],
)
@pytest.mark.parametrize("norm", COMPILED, ids=str)
@needs_compiler
def test_compiled_code_gives_the_same(
    norm: nn.Module,
    dtype: torch.dtype,
    tolerance: float,
    layout: torch.memory_format,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a, g = inputs(3, 34, 13, 14, layout=layout, dtype=dtype)
    plain = norm(a)
    (plains_gradient,) = torch.autograd.grad(plain, a, g)
    monkeypatch.setattr(lrn_compiled, "COMPILE_FROM", 0)
    for threads in (1, 2):
        compiled = on_threads(threads, lambda: norm(a))
        (gradient,) = on_threads(threads, torch.autograd.grad, compiled, a, g)
        close = {"rtol": tolerance, "atol": tolerance}
        torch.testing.assert_close(compiled, plain, **close)
        torch.testing.assert_close(gradient, plains_gradient, **close)


@pytest.mark.parametrize("layout", LAYOUTS)
@needs_compiler
def test_compiled_float32_is_exact_to_its_last_digits(
    layout: torch.memory_format, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newton's steps, over twelve powers of ten of the bracket, against float64."""
    a, g = inputs(2, 12, 13, 14, layout=layout)
    a = (a.detach() * torch.logspace(-3, 6, 12)[:, None, None]).requires_grad_()
    norm = LocalResponseNorm(3, 1e-3, 0.5, divide_alpha_by_n=False)
    b = norm(a)
    (gradient,) = torch.autograd.grad(b, a, g)
    monkeypatch.setattr(lrn_compiled, "COMPILE_FROM", 0)
    single = a.detach().float().requires_grad_()
    ours = norm(single)
    (our_gradient,) = torch.autograd.grad(ours, single, g.float())
    torch.testing.assert_close(ours.double(), b, rtol=1e-6, atol=0)
    by_map = [x.transpose(0, 1).flatten(1) for x in (our_gradient.double(), gradient)]
    apart = (by_map[0] - by_map[1]).norm(dim=1)
    assert (apart <= 2e-6 * by_map[1].norm(dim=1)).all()


@needs_compiler
def test_compiled_bfloat16_rounds_as_torch_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ties to even, and what is not a number stays so; k = 1, alpha = 0: b = a."""
    bits = torch.arange(2**15, dtype=torch.int32) * 2
    a = torch.cat([bits, bits + 2**15 + 2**16]).short().view(torch.bfloat16)
    monkeypatch.setattr(lrn_compiled, "COMPILE_FROM", 0)
    norm = LocalResponseNorm(1, 1, 1e-3, divide_alpha_by_n=False)
    a = a.view(1, 1, 256, 256)
    wide = norm(a.float())
    assert wide.isnan().any()
    assert torch.equal(norm(a).nan_to_num(7), wide.bfloat16().nan_to_num(7))


BROKEN = {
    "no header": ("echo 'lrn.cpp:11:10: fatal error: cmath: No such file' >&2; exit 1"),
    "no OpenMP": "echo \"error: unsupported option '-fopenmp'\" >&2; exit 1",
    "warned first": "printf 'warning: old\\nerror: new\\n' >&2; exit 1",
    "silent": "exit 3",
    "nothing made": "exit 0",
    "no library": 'while [ "$1" != -o ]; do shift; done; echo text > "$2"',
}


@pytest.mark.parametrize("fault", [*BROKEN, "missing", "not executable", "open quote"])
def test_a_broken_compiler_is_said_once_and_done_without(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = tmp_path / "c++"
    if fault != "missing":
        compiler.write_text(f"#!/bin/sh\n{BROKEN.get(fault, '')}\n", encoding="utf-8")
        compiler.chmod(0o644 if fault == "not executable" else 0o755)
    monkeypatch.setenv("CXX", str(compiler) + " '" * (fault == "open quote"))
    monkeypatch.setattr(lrn_compiled, "COMPILE_FROM", 0)
    a, g = inputs(2, 6, 4, 4, layout=torch.channels_last)
    norm = LocalResponseNorm(alpha=0.3, divide_alpha_by_n=False)
    by_loop = across_by_loop(a, 5, 2, 0.3, 0.75, 1)
    with fresh_libraries(), pytest.warns(UserWarning, match="c\\+\\+") as warned:
        assert_same(norm(a), by_loop, a, g, 1e-12)
    assert len(warned) == 1
    said = str(warned[0].message)
    assert "\n" not in said
    assert ("error: " in said) == ("error: " in BROKEN.get(fault, ""))


@needs_compiler
@pytest.mark.filterwarnings("error")
def test_a_compiler_of_several_words_and_a_folder_with_a_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    monkeypatch.setenv("CXX", f"env -u CXX {shlex.join(settings.compiler())}")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(lrn_compiled, "COMPILE_FROM", 0)
    with fresh_libraries():
        rule = Rule(5, 1, False, 2.0, 0.3, 0.75)
        assert lrn_compiled.library_for(rule, torch.ones(1, 6, 2, 2)) is not None
    assert not list(folder.iterdir())


def test_the_benchmark_reports_every_case_as_json() -> None:
    report = json.loads(json.dumps(measure(shape=(2, 8, 5, 5), rounds=1)))
    assert set(report["errors"]) <= {"torch bfloat16 NCHW"}
    kinds = {"torch float32", "ours float32", "ours bfloat16", "traffic"}
    for kind in kinds:
        assert any(case.startswith(kind) for case in report["seconds"])
    theirs = [f"torch float32 {layout}" for layout in ("NCHW", "NHWC")]
    assert min(report["ratio"][case] for case in theirs) < 1
    assert max(report["ratio"][case] for case in theirs) == 1
    assert not report["compiled"]
    assert min(report["seconds"].values()) > 0
