"""Several processes are the one network: shared out, trained, saved, counted."""

import dataclasses
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from alexnet_lib import cli, machine
from alexnet_lib.bench.towers import computed_bytes, measure
from alexnet_lib.modules.build import build
from alexnet_lib.nets.ablations import with_communication, with_wide_columns
from alexnet_lib.nets.alexnet import PRESETS, alexnet
from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.layers import Dropout, Linear, ResponseNorm
from alexnet_lib.nets.network import NetworkConfig, changed, numbers_of
from alexnet_lib.parallel import equality
from alexnet_lib.parallel.costs import columns
from alexnet_lib.parallel.equality import TOLERANCE, check_cases, small_alexnet
from alexnet_lib.parallel.exchange import Link, Rows
from alexnet_lib.parallel.launch import launch
from alexnet_lib.parallel.process_group import ProcessError, connect, device_kind
from alexnet_lib.parallel.sharding import Layout, shares_of, traffic
from alexnet_lib.parallel.towers import build_tower
from alexnet_lib.training import checkpoint
from alexnet_lib.training.team import SingleProcess, random_state_kept

from . import work

ON_CPU = SingleProcess(torch.device("cpu"))


def tower(network, number, layout=None):
    layout = layout or Layout()
    link = Link(None, range(layout.towers), number)
    return build_tower(network, layout, 1, link, Rows())


def norm_across(network: NetworkConfig) -> NetworkConfig:
    """Windows that reach from one tower's maps to the other's, as Caffe has them."""
    return changed(network, ResponseNorm, groups=1)


# the plan


def test_a_tower_of_the_paper_has_figure_2s_halves():
    shares = {s.name: s for s in shares_of(alexnet("paper"), Layout(), 0)}
    maps = [shares[f"conv{i}"].placed.output_shape[0] for i in range(1, 6)]
    assert maps == [48, 128, 192, 192, 128]
    units = [shares[f"fc{i}"].placed.layer.units for i in (6, 7, 8)]
    assert units == [2048, 2048, 500]
    exchanged = [name for name, share in shares.items() if share.gathers]
    assert exchanged == ["conv3", "fc6", "fc7", "fc8"]


def parameters_of(placed):
    """Of one layer in its place, counted as a network of its own."""
    alone = NetworkConfig((placed.layer,), input_shape=placed.input_shape)
    return total(count(alone)).parameters


@pytest.mark.parametrize("output", ["split", "first"])
@pytest.mark.parametrize("preset", PRESETS)
def test_towers_have_every_parameter_once(preset, output):
    network = alexnet(preset)
    sizes = [
        sum(parameters_of(s.placed) for s in shares if s.placed is not None)
        for shares in (shares_of(network, Layout(output=output), t) for t in (0, 1))
    ]
    assert sum(sizes) == total(count(network)).parameters
    assert (sizes[0] == sizes[1]) == (output == "split")


@pytest.mark.parametrize("output", ["split", "first"])
@pytest.mark.parametrize("pattern", ["paper", "none", "every"])
def test_towers_laid_end_to_end_are_the_merged_network(pattern, output):
    network = with_communication(small_alexnet(), pattern)
    whole = build(network, 1).state_dict()
    towers = [tower(network, t, Layout(output=output)) for t in (0, 1)]
    for name, tensor in whole.items():
        if name in towers[0].cuts:
            parts = [t.state_dict()[name] for t in towers]
            assert torch.equal(towers[0].joined(name, parts), tensor)
        else:
            assert output == "first"
            assert torch.equal(towers[0].state_dict()[name], tensor)
            assert name not in towers[1].state_dict()


def test_building_a_tower_leaves_the_random_state_that_building_the_whole_does():
    torch.manual_seed(1)
    build(small_alexnet(), 1)
    after = torch.rand(3)
    torch.manual_seed(1)
    tower(small_alexnet(), 1)
    assert torch.equal(torch.rand(3), after)


@pytest.mark.parametrize(
    ("network", "layout", "message"),
    [
        (alexnet("paper", 7), Layout(), "fc8: 7 outputs cannot be shared out among 2"),
        (alexnet("paper"), Layout(towers=3), "norm1: 2 groups cannot be shared out"),
        (with_communication(alexnet(), "none"), Layout(towers=4), "norm1: 2 groups"),
    ],
)
def test_what_cannot_be_shared_out_is_refused_by_name(network, layout, message):
    with pytest.raises(ValueError, match=message):
        shares_of(network, layout, 0)


# patterns of communication


def test_patterns_differ_in_connections_only():
    paper = alexnet("paper")
    assert with_communication(paper, "paper") == paper
    none, every = with_communication(paper, "none"), with_communication(paper, "every")
    assert [r.name for r in traffic(none, Layout())] == ["fc8", "logits"]
    names = [f"conv{i}" for i in range(2, 6)] + ["fc6", "fc7", "fc8", "logits"]
    assert [r.name for r in traffic(every, Layout())] == names
    shapes = [[p.shape for p in count(n)] for n in (paper, none, every)]
    assert shapes[0] == shapes[1] == shapes[2]
    sizes = [total(count(n)).parameters for n in (none, paper, every)]
    assert sizes == sorted(sizes)
    with pytest.raises(ValueError, match="no pattern 'some'; known: paper, none"):
        with_communication(paper, "some")


def test_columns_without_communication_come_near_the_papers_size_when_widened():
    paper = alexnet("source")
    none = with_communication(paper, "none")
    sizes = [total(count(n)).parameters for n in (none, with_wide_columns(none), paper)]
    assert abs(sizes[1] / sizes[2] - 1) < abs(sizes[0] / sizes[2] - 1)


def test_a_column_without_communication_reads_nothing_of_the_other():
    net = build(with_communication(small_alexnet(), "none"), 1).eval()
    images = torch.randn(2, 3, 27, 27)
    halves = []
    for change in (0.0, 1.0):
        with torch.no_grad():
            for name, p in net.named_parameters():
                if not name.startswith("fc7"):
                    p[len(p) // 2 :] += change
            halves.append(net[:-1](images))
    (own, other), (own_after, other_after) = (x.chunk(2, dim=1) for x in halves)
    assert torch.equal(own_after, own)
    assert not torch.equal(other_after, other)


# equality


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


def test_the_bench_counts_what_it_computes():
    net = small_alexnet()
    found = measure(trials=1, batch=2, network=net, device="cpu")
    computed = found["bytes_computed"]
    assert computed == computed_bytes(net, 2) == found["bytes"]
    assert list(computed) == [row.name for row in traffic(net, Layout())]
    seconds = found["seconds"]
    assert set(seconds) == {"one", "half", "towers", "float16"}
    for side in ("one", "half"):
        ratio = seconds[side] / seconds["towers"]
        assert found[f"{side}_over_towers"] == pytest.approx(ratio)
    assert 0 < found["waited_seconds"] < 60
    memory = found["memory"]
    parameters = total(count(net)).parameters
    assert memory["one"]["state"] == 12 * parameters / 2**20
    assert sum(m["state"] for m in memory["towers"]) == memory["one"]["state"]
    assert found["environment"]["device"] == "cpu"


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
    spoilt = equality._trained(small_alexnet(), ON_CPU)
    broken = {which: spoil(getattr(spoilt, which), value)}
    spoilt = dataclasses.replace(spoilt, **broken)
    monkeypatch.setattr(equality, "_trained", lambda *_: spoilt)
    found = equality._difference("", small_alexnet(), ON_CPU)
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


# checkpoints


def test_checkpoints_go_from_any_layout_to_any(tmp_path):
    files = [tmp_path / f"{n}.pt" for n in ("towers", "one", "mesh")]
    launch(work.train_and_save, 2, (Layout(), 1, files[0]), device="cpu")
    work.saved_again(ON_CPU, files[0], files[1])
    mesh = Layout(towers=2, replicas=2, output="first")
    launch(work.save_again, 4, (mesh, files[1], files[2]), device="cpu")
    contents = [checkpoint.load(file, "") for file in files]
    for content in contents[1:]:
        assert content["progress"] == contents[0]["progress"]
        for kind in ("net", "velocities"):
            assert content[kind].keys() == contents[0][kind].keys()
            for name, tensor in contents[0][kind].items():
                assert torch.equal(content[kind][name], tensor)
    assert contents[0]["velocities"].keys() == contents[0]["net"].keys()
    whole = build(small_alexnet(), 1).state_dict()
    assert {n: t.shape for n, t in contents[2]["net"].items()} == {
        n: t.shape for n, t in whole.items()
    }
    work.trained(ON_CPU, 2, files[2])
    work.trained(ON_CPU, 2, tmp_path / "undisturbed.pt")
    last = (files[2], tmp_path / "undisturbed.pt")
    ends = [checkpoint.load(file, "")["net"] for file in last]
    for name, tensor in ends[1].items():
        torch.testing.assert_close(ends[0][name], tensor, rtol=1e-3, atol=1e-5)


# launch


@pytest.mark.parametrize(
    ("gpus", "asked", "kind"),
    [
        *((0, None, "cpu"), (1, None, "cpu"), (2, None, "cuda"), (3, None, "cuda")),
        *((1, "cpu", "cpu"), (2, "cpu", "cpu"), (2, "cuda", "cuda")),
    ],
)
def test_two_processes_take_two_gpus_or_the_cpu(monkeypatch, gpus, asked, kind):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert device_kind(2, asked) == kind


@pytest.mark.parametrize("gpus", [0, 1])
def test_gpus_that_are_not_there_are_refused_with_a_mend(monkeypatch, gpus, capsys):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert cli.main(["check", "--towers", "--device", "cuda"]) == 1
    assert f"2 processes but {gpus} GPUs" in capsys.readouterr().err


def test_training_does_not_leave_a_gpu_for_the_cpu_unasked(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    with pytest.raises(RuntimeError, match="choose the CPU"), connect():
        pass


def test_a_process_alone_computes_where_it_is_told_else_on_the_gpu(monkeypatch):
    monkeypatch.setattr(machine, "device", lambda: torch.device("cuda"))
    assert SingleProcess().device.type == "cuda"
    assert ON_CPU.device.type == "cpu"


@pytest.mark.filterwarnings("error")
def test_the_random_state_is_kept_without_a_word_on_a_machine_of_two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    before = torch.get_rng_state()
    with random_state_kept(ON_CPU.device):
        torch.rand(1)
    assert torch.equal(torch.get_rng_state(), before)


def test_results_come_by_rank_and_rank_0_is_heard(capsys):
    assert launch(work.ranks, 2, ("hello",), device="cpu") == [(0, "cpu"), (1, "cpu")]
    assert capsys.readouterr().out == "hello from 0\n"


def test_the_failing_ranks_own_error_is_raised():
    with pytest.raises(KeyError, match="rank 1 has lost something") as caught:
        launch(work.fail_at, 2, (1,), device="cpu")
    assert "in process 1 of 2" in str(caught.value.__cause__)
    assert "parallel/work.py" in str(caught.value.__cause__)


def test_a_killed_rank_is_named():
    with pytest.raises(ProcessError, match="process 1 of 2 was killed by signal 9"):
        launch(work.be_killed, 2, (1,), device="cpu")


def test_what_a_process_cannot_import_is_refused():
    with pytest.raises(ValueError, match="cannot import it; define it at the top of"):
        launch(lambda device: None)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_runs_on_after_an_interrupt_or_a_kill(tmp_path, how):
    script = tmp_path / "program.py"
    script.write_text(
        "import signal\n"
        "from alexnet_lib.parallel.launch import launch\n"
        "from tests.parallel.work import sleep\n"
        "if __name__ == '__main__':\n"  # a shell's background jobs ignore SIGINT
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"    launch(sleep, 2, ({str(tmp_path)!r},), device='cpu')\n"
    )
    root = Path(__file__).parents[2]
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        stderr=subprocess.DEVNULL,
    )

    def started():
        return [p.name for p in tmp_path.glob("[0-9]*")]

    wait_for(lambda: len(started()) == 2)
    pids = started()
    parent.send_signal(how)
    parent.wait(timeout=60)
    wait_for(lambda: not any(Path("/proc", pid).exists() for pid in pids), 30)


def wait_for(condition, seconds=300.0):
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
    return found
