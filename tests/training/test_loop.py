"""The training loop: resumed, refused, stopped, and its figures."""

import dataclasses

import pytest
import torch
from torch import nn
from torch.nn import functional

from alexnet_lib.config import LayerRate, Stop, TrainingConfig
from alexnet_lib.data import synthetic
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.data.batches import Batches
from alexnet_lib.data.dataset import Dataset, Split
from alexnet_lib.modules.build import build
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.runs.train_config import weights_sha256
from alexnet_lib.schedule import FixedDrops
from alexnet_lib.training import checkpoint
from alexnet_lib.training import loop as train_module
from alexnet_lib.training.checkpoint import CheckpointError
from alexnet_lib.training.finite import TrainingError
from alexnet_lib.training.loop import train
from alexnet_lib.training.progress import Checkpoints
from alexnet_lib.training.team import SingleProcess

CONFIG = TrainingConfig(learning_rate=1e-3, epochs=2, batch_size=16)


@pytest.fixture(scope="module")
def data():
    train_split = Split(*synthetic.images(160, 32, seed=1))
    test_split = Split(*synthetic.images(20, 32, seed=2))
    return Dataset.of("drawn", train_split, test_split, synthetic.CLASSES, real=False)


class Interrupted(Exception):
    pass


class Breaking:
    """Batches that break off once, at a given batch of a given epoch."""

    def __init__(self, batches, epoch, step):
        self.batches, self.at = batches, (epoch, step)

    def __len__(self):
        return len(self.batches)

    def epoch(self, epoch, start=0):
        for step, batch in enumerate(self.batches.epoch(epoch, start), start):
            if (epoch, step) == self.at:
                raise Interrupted
            yield batch


def batches_of(data, config=CONFIG):
    views = CentreViews(data, torch.device("cpu"))
    return Batches(data.train, views, config.batch_size, seed=1)


def run(data, config=CONFIG, batches=None, **more):
    net = build(four_layer(), seed=1)
    history = train(
        net, batches or batches_of(data), config, lambda _: {}, show=False, **more
    )
    return net, history


def often(path):
    """Checkpoints whenever sums are taken."""
    return Checkpoints(path, "", every_seconds=0.0)


def timeless(history):
    times = ("seconds", "images_per_second", "measure_seconds")
    return [{k: v for k, v in e.items() if k not in times} for e in history]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("at", [(0, 3), (0, 9), (1, 0), (1, 7)])
def test_interrupted_anywhere_it_ends_with_the_same_weights(
    data, tmp_path, monkeypatch, at, precision
):
    monkeypatch.setattr(train_module, "SUM_STEPS", 2)
    config = dataclasses.replace(CONFIG, precision=precision)
    alone, history = run(data, config)
    saved = tmp_path / "run.pt"
    with pytest.raises(Interrupted):
        run(
            data,
            config,
            Breaking(batches_of(data), *at),
            checkpoints=often(saved),
        )
    resumed, resumed_history = run(data, config, checkpoints=often(saved))
    assert weights_sha256(resumed) == weights_sha256(alone)
    assert timeless(resumed_history) == timeless(history)


def test_the_bar_says_from_the_first_what_runs_and_how_many_batches(data, capsys):
    batches = batches_of(data)
    net = build(four_layer(), seed=1)
    train(net, batches, CONFIG, lambda _: {}, title="four layers")
    said = [text for text in capsys.readouterr().err.split("\r") if text.strip()]
    assert said
    for text in said:
        assert text.startswith("four layers")
        assert f"/{len(batches)} [" in text


def loop_on_a_gpu(path):
    team = SingleProcess(torch.device("cuda"))
    return train_module._Loop(
        nn.Linear(2, 2), [], CONFIG, {}, Checkpoints(path, ""), "", team
    )


def test_the_generator_of_a_gpu_goes_on_where_it_was(tmp_path, monkeypatch):
    """Dropout on a GPU draws from it; checkpoints from before that still load."""
    state, path, came = torch.arange(16).byte(), tmp_path / "run.pt", []
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda _: state)
    loop_on_a_gpu(path).save()
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda x, at: came.append((x, at)))
    loop_on_a_gpu(path)
    ((restored, device),) = came
    assert torch.equal(restored, state)
    assert device.type == "cuda"
    content = checkpoint.load(path, "")
    del content["rng_cuda"]
    checkpoint.save(path, content)
    loop_on_a_gpu(path)
    assert len(came) == 1


def test_a_run_goes_on_with_as_many_threads_as_it_began_with(
    data, tmp_path, monkeypatch
):
    """Another number of them rounds differently; the load decides it at the start."""
    now = torch.get_num_threads()
    saved = tmp_path / "run.pt"
    try:
        torch.set_num_threads(3)
        run(data, checkpoints=often(saved))
        torch.set_num_threads(1)
        run(data, checkpoints=often(saved))
        assert torch.get_num_threads() == 1, "OMP_NUM_THREADS was set, and decides"
        monkeypatch.delenv("OMP_NUM_THREADS")
        run(data, checkpoints=often(saved))
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(now)


def test_a_finished_run_is_not_trained_again(data, tmp_path):
    saved = tmp_path / "run.pt"
    first, history = run(data, checkpoints=often(saved))
    again, same = run(
        data,
        batches=Breaking(batches_of(data), 0, 0),
        checkpoints=often(saved),
    )
    assert weights_sha256(again) == weights_sha256(first)
    assert same == history


def test_a_checkpoint_of_another_run_is_refused(data, tmp_path):
    saved = tmp_path / "run.pt"
    run(data, checkpoints=Checkpoints(saved, "seed 1"))
    with pytest.raises(CheckpointError, match=r"run.pt: made by another"):
        run(data, checkpoints=Checkpoints(saved, "seed 2"))


def test_a_checkpoint_of_the_former_format_is_refused(data, tmp_path):
    torch.save({"run": ""}, tmp_path / "run.pt")
    with pytest.raises(CheckpointError, match=r"run\.pt: written by another version"):
        run(data, checkpoints=Checkpoints(tmp_path / "run.pt", ""))


@pytest.mark.parametrize("part", ["net", "velocities", "progress", "rng"])
def test_a_checkpoint_that_lacks_a_part_or_has_another_in_its_place_is_refused(
    data, tmp_path, part
):
    saved = tmp_path / "run.pt"
    run(data, checkpoints=often(saved))
    content = torch.load(saved, weights_only=True)
    for spoilt in (
        content | {part: {"a": 1}},
        {k: content[k] for k in content if k != part},
    ):
        torch.save(spoilt, saved)
        with pytest.raises(CheckpointError, match=r"damaged \(.*\); delete it"):
            run(data, checkpoints=often(saved))


@pytest.mark.parametrize("keep", [0, 100, 0.5])
def test_a_torn_checkpoint_is_refused(data, tmp_path, keep):
    saved = tmp_path / "run.pt"
    run(data, checkpoints=often(saved))
    content = saved.read_bytes()
    saved.write_bytes(content[: keep if isinstance(keep, int) else len(content) // 2])
    with pytest.raises(CheckpointError, match=r"damaged \(.*\); delete it"):
        run(data, checkpoints=often(saved))


def test_a_save_that_fails_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    checkpoint.save(path, {"run": "a", "step": 1})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save(path, {"run": "a", "step": 2})
    assert checkpoint.load(path, "a") == {"run": "a", "step": 1}


def test_a_checkpoint_from_a_gpu_is_read_on_the_cpu(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(torch.serialization, "location_tag", lambda _: "cuda:0")
        checkpoint.save(tmp_path / "run.pt", {"run": "a", "net": torch.arange(3)})
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="is_available"):
        torch.load(tmp_path / "run.pt", weights_only=True)
    state = checkpoint.load(tmp_path / "run.pt", "a")
    assert torch.equal(state["net"], torch.arange(3))


def test_a_loss_that_is_not_finite_stops_with_a_mend(data):
    config = dataclasses.replace(CONFIG, learning_rate=1e12)
    with pytest.raises(
        TrainingError,
        match=r"by epoch 1, batch 10, is not finite.*lower the learning",
    ):
        run(data, config)


@pytest.mark.parametrize(
    ("figures", "name"),
    [
        ({"test_loss": float("nan")}, "test_loss"),
        ({"test_top1": 0.5, "test_loss": float("inf")}, "test_loss"),
        ({"probe": {"conv1": {"gradient": float("-inf")}}}, "probe conv1 gradient"),
        ({"kernel_colour": [0.0, float("nan")]}, "kernel_colour 1"),
    ],
)
def test_a_measured_figure_that_is_not_finite_stops_before_the_epoch_is_saved(
    data, tmp_path, figures, name
):
    """The last update may be the one that diverges: no loss tells of it any more."""
    at = Checkpoints(tmp_path / "run.pt", "")
    net, batches = build(four_layer(), seed=1), batches_of(data)

    def measure(epoch):
        return figures if epoch == CONFIG.epochs else {"test_loss": 1.0}

    with pytest.raises(TrainingError, match=f"{name} after epoch 2, is not finite"):
        train(net, batches, CONFIG, measure, checkpoints=at, show=False)
    assert checkpoint.load(at.path, "")["progress"]["epoch"] == 1


def test_figures_of_an_epoch_are_those_of_its_batches(data):
    config = dataclasses.replace(CONFIG, epochs=1)
    _, history = run(data, config)
    net = build(four_layer(), seed=1)
    velocity = {p: torch.zeros_like(p) for p in net.parameters()}
    loss_sum = wrong = 0.0
    for images, labels in batches_of(data).epoch(0):
        logits = net(images)
        loss = functional.cross_entropy(logits, labels)
        loss_sum += loss.item() * len(labels)
        wrong += (logits.argmax(1) != labels).sum().item()
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p, v in velocity.items():
                rate = 1e-3 if p.dim() > 1 else 2e-3
                v.mul_(0.9).sub_(rate * p.grad)
                p.add_(v)
    assert history[1]["train_running_loss"] == pytest.approx(loss_sum / 160, rel=1e-4)
    assert history[1]["train_running_top1"] == pytest.approx(wrong / 160, abs=0.02)
    assert history[0].keys() == {"epoch", "measure_seconds"}


def test_it_stops_at_the_target_and_no_earlier(data):
    stop = Stop("train_running_top1", 0.999)
    config = dataclasses.replace(CONFIG, epochs=3, stop=stop)
    _, history = run(data, config)
    assert [e["epoch"] for e in history] == [0, 1]
    config = dataclasses.replace(config, stop=dataclasses.replace(stop, target=0.0))
    _, history = run(data, config)
    assert [e["epoch"] for e in history] == [0, 1, 2, 3]


def test_rates_drop_by_ten_at_the_epochs_named(data):
    config = dataclasses.replace(CONFIG, epochs=4, schedule=FixedDrops((1, 3)))
    _, history = run(data, config)
    rates = [e["learning_rate"] for e in history[1:]]
    assert rates == pytest.approx([1e-3, 1e-4, 1e-4, 1e-5])


def test_means_of_every_so_many_batches_are_kept(data, monkeypatch):
    monkeypatch.setattr(train_module, "SUM_STEPS", 4)
    _, history = run(data)
    for epoch in history[1:]:
        losses = epoch["train_running_losses"]
        assert len(losses) == 3
        mean = (4 * losses[0] + 4 * losses[1] + 2 * losses[2]) / 10
        assert mean == pytest.approx(epoch["train_running_loss"], abs=1e-5)


def test_a_layer_that_is_frozen_stays_and_the_others_move(data):
    frozen = dataclasses.replace(CONFIG, layer_rates=(LayerRate("conv1", 0.0, 1),))
    first, _ = run(data, dataclasses.replace(CONFIG, epochs=1))
    net, history = run(data, frozen)
    assert torch.equal(net.conv1.weight, first.conv1.weight)
    assert torch.equal(net.conv1.bias, first.conv1.bias)
    assert not torch.equal(net.conv2.weight, first.conv2.weight)
    assert [e["learning_rate"] for e in history[1:]] == [1e-3, 1e-3]


def test_torchs_update_rule_differs_after_a_drop_and_not_before(data):
    ours = dataclasses.replace(CONFIG, schedule=FixedDrops((1,)))
    theirs = dataclasses.replace(ours, update_rule="torch")
    one = dataclasses.replace(CONFIG, epochs=1)
    before = [
        run(data, c)[0] for c in (one, dataclasses.replace(one, update_rule="torch"))
    ]
    torch.testing.assert_close(before[0].state_dict(), before[1].state_dict())
    after = [run(data, config)[0] for config in (ours, theirs)]
    assert weights_sha256(after[0]) != weights_sha256(after[1])


def test_training_learns_forty_images_by_heart():
    split = Split(*synthetic.images(40, 32, seed=1))
    data = Dataset.of("drawn", split, split, synthetic.CLASSES, real=False)
    config = TrainingConfig(learning_rate=2e-3, epochs=18, batch_size=8)
    views = CentreViews(data, torch.device("cpu"), pixels="unit")
    net = build(four_layer("relu", "kaiming"), seed=1)
    batches = Batches(data.train, views, config.batch_size, seed=1)
    history = train(net, batches, config, lambda _: {}, show=False)
    assert history[-1]["train_running_top1"] < 0.3 < history[1]["train_running_top1"]
