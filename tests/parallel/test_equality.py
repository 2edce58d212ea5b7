"""Several processes are the one network: outputs, loss, gradients, weights."""

import dataclasses
import math

import pytest
import torch

from alexnet_lib import cli
from alexnet_lib.nets.ablations import with_communication
from alexnet_lib.nets.layers import Dropout, Linear, ResponseNorm
from alexnet_lib.nets.network import NetworkConfig, changed, numbers_of
from alexnet_lib.parallel import equality
from alexnet_lib.parallel.costs import columns
from alexnet_lib.parallel.equality import TOLERANCE, check_cases, small_alexnet
from alexnet_lib.parallel.launch import launch
from alexnet_lib.parallel.sharding import Layout, traffic
from alexnet_lib.training.team import SingleProcess

from . import work

ON_CPU = SingleProcess(torch.device("cpu"))


def norm_across(network: NetworkConfig) -> NetworkConfig:
    """Windows that reach from one tower's maps to the other's, as Caffe has them."""
    return changed(network, ResponseNorm, groups=1)


@pytest.fixture(scope="module")
def two_processes():
    net = small_alexnet()
    cases = [
        *check_cases(2),
        ("norm across", norm_across(net), Layout()),
        ("inverted", small_alexnet(Dropout("inverted", 0.7)), Layout()),
        ("2 x 1", net, Layout(towers=1, replicas=2)),
        ("wire", net, Layout(wire="bfloat16")),
    ]
    by_rank = launch(work.compared_and_counted, 2, (cases, 4), device="cpu")
    return {
        of_case[0].case: max(d.largest for d in of_case)
        for of_case in zip(*(found for found, _ in by_rank), strict=True)
    }, [sent for _, sent in by_rank]


def test_two_processes_equal_one_in_every_pattern(two_processes):
    found, _ = two_processes
    inexact = found.pop("wire")
    assert len(found) == 7
    assert {n: d for n, d in found.items() if not d <= TOLERANCE} == {}
    assert 1e-6 < inexact < 0.3


def test_bytes_counted_are_those_computed(two_processes):
    _, by_rank = two_processes
    for output in ("split", "first"):
        rows = traffic(small_alexnet(), Layout(output=output))
        for rank, sent in enumerate(by_rank):
            computed = {(r.name, "forward"): 16 * r.sends[rank] for r in rows}
            computed |= {(r.name, "backward"): 16 * r.backward[rank] for r in rows[:-1]}
            assert sent[output] == computed


def test_gradients_of_any_size_travel_in_float16():
    """2e-7 is the median before conv3, where float16 unscaled is 5 % off."""
    sizes = (2e-7, 1e-5, 1e-3, 1.0)
    for errors in launch(work.wire_errors, 2, (sizes, "float16"), device="cpu"):
        assert all(1e-6 < error < 3e-4 for error in errors)


def in_four_columns(network: NetworkConfig, classes: int) -> NetworkConfig:
    """Four groups wherever the network has two."""
    last = numbers_of(network, Linear)[-1:]
    return changed(columns(network, 4), Linear, numbers=last, units=classes)


def test_four_processes_equal_one_as_two_by_two_and_as_four_towers():
    four = in_four_columns(small_alexnet(), 12)
    every = with_communication(four, "every")
    cases = [
        *check_cases(4),
        ("1 x 4", four, Layout(towers=4)),
        ("1 x 4, every exchange", every, Layout(towers=4)),
        (
            "1 x 4, norm across and classifier on one",
            norm_across(in_four_columns(small_alexnet(), 10)),
            Layout(towers=4, output="first"),
        ),
    ]
    found = equality.compare_layouts(cases, device="cpu")
    assert len(found) == 7
    assert {d.case: d.largest for d in found if not d.largest <= TOLERANCE} == {}


def spoil(kept, value):
    """A tensor, or tensors by name, without a finite value."""
    if isinstance(kept, dict):
        return {name: spoil(x, value) for name, x in kept.items()}
    return torch.full_like(kept, value)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("which", ["outputs", "loss", "gradients", "weights"])
def test_what_is_not_finite_is_not_equal(monkeypatch, which, value):
    """Not even to one process that came to the same."""
    spoilt = equality.trained(small_alexnet(), ON_CPU)
    broken = {which: spoil(getattr(spoilt, which), value)}
    spoilt = dataclasses.replace(spoilt, **broken)
    monkeypatch.setattr(equality, "trained", lambda *_: spoilt)
    found = equality.difference("", small_alexnet(), ON_CPU)
    assert found.largest == getattr(found, which) == math.inf


def test_the_command_says_what_is_not_equal(monkeypatch, capsys):
    off = equality.Difference("paper exchange", 0.0, 0.0, 1e-3, 0.0)
    monkeypatch.setattr(equality, "compare_layouts", lambda *_, **__: [off])
    assert cli.main(["check", "--towers"]) == 1
    assert "NOT EQUAL" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "why"), [([], True), (["--device", "cpu"], False)])
def test_with_one_gpu_the_command_takes_the_cpu_and_says_why(
    monkeypatch, capsys, words, why
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    seen = []

    def compare(_, device):
        seen.append(device)
        return [equality.Difference("paper exchange", 0.0, 0.0, 0.0, 0.0)]

    monkeypatch.setattr(equality, "compare_layouts", compare)
    assert cli.main(["check", "--towers", *words]) == 0
    assert seen == ["cpu"]
    assert ("each needs a GPU and there is one" in capsys.readouterr().out) == why
