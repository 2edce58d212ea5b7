"""A process by itself: where it computes, and the random state it leaves."""

import pytest
import torch

from alexnet_lib import machine
from alexnet_lib.training.team import SingleProcess, random_state_kept

ON_CPU = SingleProcess(torch.device("cpu"))


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
