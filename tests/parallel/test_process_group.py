"""Where processes compute: each on a GPU of its own, or all on the CPU."""

import pytest
import torch

from alexnet_lib import cli
from alexnet_lib.parallel.process_group import connect, device_kind


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
