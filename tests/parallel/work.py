"""What the tests of `alexnet_lib.parallel` run in other processes."""

import dataclasses
import os
import signal
import sys
import time
from pathlib import Path

import torch
import torch.distributed as dist

from alexnet_lib.bench.towers import training_step
from alexnet_lib.config import DataConfig, RunConfig, TrainingConfig
from alexnet_lib.data import synthetic
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.data.batches import Batches
from alexnet_lib.data.dataset import Dataset, Split
from alexnet_lib.nets.layers import Activation
from alexnet_lib.parallel.equality import differences, small_alexnet
from alexnet_lib.parallel.exchange import Exchange
from alexnet_lib.parallel.mesh import DeviceMeshTeam
from alexnet_lib.parallel.sharding import Layout
from alexnet_lib.runs.train_config import train_config
from alexnet_lib.training.loop import _Loop, train
from alexnet_lib.training.progress import Checkpoints
from alexnet_lib.training.team import TeamError, random_state_kept


def ranks(device, word):
    print(f"{word} from {dist.get_rank()}")
    return dist.get_rank(), device.type


def fail_at(device, rank):
    if dist.get_rank() == rank:
        raise KeyError(f"rank {rank} has lost something")
    dist.barrier()


def be_killed(device, rank):
    if dist.get_rank() == rank:
        os.kill(os.getpid(), signal.SIGKILL)
    dist.barrier()


class Uncopied(Exception):
    """An error that a copy cannot be made of."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")

    def __reduce__(self):
        if self.args == ("3 and 4",):
            raise TypeError("not to be pickled")
        return super().__reduce__()


def leave(device, way, what):
    """End in some other way than by returning."""
    if way == "raise":
        raise what(1, 2) if what is Uncopied else what
    if way == "return":
        return what(3, 4)
    {"sys.exit": sys.exit, "os._exit": os._exit}[way](what)


def sleep(device, folder):
    Path(folder, str(os.getpid())).touch()
    time.sleep(600)


def compared_and_counted(device, cases, batch):
    """`differences`, and the bytes that a step of the small net sends, by output."""
    found, sent = differences(device, cases), {}
    for output in ("split", "first"):
        mesh = DeviceMeshTeam(Layout(output=output), device)
        training_step(mesh, small_alexnet(), batch, "float32")()
        sent[output] = dict(mesh.link.sent)
    return found, sent


def wire_errors(device, sizes, wire):
    """Relative error of gradients of about those sizes that came over `wire`."""
    links = [
        DeviceMeshTeam(layout, device).link for layout in (Layout(wire=wire), Layout())
    ]
    generator = torch.Generator().manual_seed(dist.get_rank())
    errors = []
    for size in sizes:
        came = size * torch.randn(4, 6, 5, 5, generator=generator)
        found = []
        for link in links:
            x = torch.zeros(4, 3, 5, 5, requires_grad=True)
            Exchange(link, "conv3", (0, 1))(x).backward(came)
            found.append(x.grad)
        errors.append(((found[0] - found[1]).norm() / found[1].norm()).item())
    return errors


DATA = Dataset.of(
    "drawn",
    Split(*synthetic.images(90, 27, seed=1)),
    Split(*synthetic.images(20, 27, seed=2)),
    synthetic.CLASSES,
    real=False,
)


def trained(team, epochs, saved):
    """Train the small net for `epochs`, going on from `saved`; returns the loop."""
    config = TrainingConfig(1e-3, epochs, batch_size=16, weight_decay=5e-4)
    views = CentreViews(DATA, team.device, pixels="unit")
    batches = team.batches(Batches(DATA.train, views, config.batch_size, seed=1))
    with random_state_kept(team.device):
        torch.manual_seed(1)
        net = team.network(small_alexnet(), 1)
        at = Checkpoints(saved, "")
        train(net, batches, config, lambda _: {}, checkpoints=at, show=False, team=team)


def saved_again(team, saved, to):
    """Load `saved` and write it anew to `to`."""
    config = TrainingConfig(1e-3, 9, batch_size=16, weight_decay=5e-4)
    net = team.network(small_alexnet(), 2)
    with random_state_kept(team.device):
        loop = _Loop(net, [], config, {}, Checkpoints(saved, ""), "again", team)
        loop.checkpoints = Checkpoints(to, "")
        loop.save()


def train_and_save(device, layout, epochs, saved):
    trained(DeviceMeshTeam(layout, device), epochs, saved)


def save_again(device, layout, saved, to):
    saved_again(DeviceMeshTeam(layout, device), saved, to)


RUN = RunConfig(
    DataConfig("drawn", pixels="unit"),
    small_alexnet(),
    TrainingConfig(1e-3, epochs=1, batch_size=15),
)


def _refusal(team, config=RUN, data=DATA, seed=1):
    """What is said when these train together; None if they do."""
    try:
        train_config(config, data, seed, show=False, team=team)
    except TeamError as error:
        return str(error)
    return None


def refusals(device):
    """By what differs in rank 2 of three, whose batches they share."""
    team, odd = DeviceMeshTeam(Layout(1, replicas=3), device), dist.get_rank() == 2
    faster = dataclasses.replace(RUN.training, learning_rate=0.1)
    layers = (*RUN.network.layers, Activation())
    deeper = dataclasses.replace(RUN.network, layers=layers)
    other, rest = Split(*synthetic.images(90, 27, seed=3)), (DATA.test, DATA.classes)
    differing = {
        "seed": {"seed": 2},
        "learning rate": {"config": dataclasses.replace(RUN, training=faster)},
        "a layer more": {"config": dataclasses.replace(RUN, network=deeper)},
        "pixels": {"data": Dataset.of("drawn", other, *rest)},
        "length": {"data": Dataset.of("drawn", DATA.train.first(80), *rest)},
        "name": {"data": dataclasses.replace(DATA, name="other")},
        "nothing": {},
    }
    return {
        what: _refusal(team, **own if odd else {}) for what, own in differing.items()
    }
