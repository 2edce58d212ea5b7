"""Forecast of a training: steps, memory, traffic, disk and hours, from a short probe.

The probe trains the very network on noise, with the processes that ask for the
forecast: the loop, its batches and its tests are those of the training itself.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import torch

from alexnet_lib import machine
from alexnet_lib.config import RunConfig
from alexnet_lib.data import Dataset
from alexnet_lib.data.dataset import Split
from alexnet_lib.experiments.measures import TestErrors
from alexnet_lib.nets.counts import count, total
from alexnet_lib.parallel.costs import memory, sent
from alexnet_lib.parallel.mesh import DeviceMeshTeam
from alexnet_lib.parallel.sharding import Layout
from alexnet_lib.runs.train_config import train_config
from alexnet_lib.schedule import CONSTANT_RATE

STEPS = {"cpu": 2, "cuda": 50}
"""Steps of the probe that are timed, after as many that are not."""
_TINY_RATE = 1e-9
_FLOAT32 = 4
_GIB = 2**30


@dataclass(frozen=True)
class Images:
    """A data set as a forecast needs it: how many images, and their shape.

    `prepared`: whether they lie on this machine, ready to be trained on.
    """

    name: str
    train: int
    test: int
    classes: int
    shape: tuple[int, ...]
    prepared: bool = True

    @classmethod
    def of(cls, dataset: Dataset) -> Images:
        """The numbers of a data set that is there."""
        shape = tuple(dataset.train.images.shape[1:])
        sizes = len(dataset.train), len(dataset.test), len(dataset.classes)
        return cls(dataset.name, *sizes, shape)

    @property
    def bytes(self) -> int:
        """Bytes of all of them as they are prepared, a byte a value."""
        return (self.train + self.test) * math.prod(self.shape)

    def without(self, held_out: int) -> Images:
        """The images that are trained on where so many of each class are held out."""
        return dataclasses.replace(self, train=self.train - held_out * self.classes)

    def noise(self, train: int, test: int) -> Dataset:
        """So many images of noise under the same name, in as many classes."""
        names = tuple(str(label) for label in range(self.classes))
        splits = (self._split(train), self._split(test))
        return Dataset(self.name, *splits, names, "noise", real=False)

    def _split(self, images: int) -> Split:
        pixels = torch.randint(256, (images, *self.shape), dtype=torch.uint8)
        return Split(pixels, torch.arange(images) % self.classes)


@dataclass(frozen=True)
class Probe:
    """Seconds of a step and of testing one image, and the most memory, measured."""

    step: float
    test: float
    memory: int


@dataclass(frozen=True)
class Forecast:
    """The training of `config` on `images`, as far as it can be told beforehand."""

    config: RunConfig
    images: Images
    layout: Layout
    device: torch.device
    probe: Probe

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        whole, over = divmod(self.images.train, self.config.training.batch_size)
        return whole + (over >= self.layout.replicas)

    @property
    def hours(self) -> tuple[float, float]:
        """Hours of training, and of testing after each epoch and before the first."""
        epochs = self.config.training.epochs
        training = self.steps * epochs * self.probe.step
        return training / 3600, self.images.test * (epochs + 1) * self.probe.test / 3600

    @property
    def between_towers(self) -> int:
        """Bytes that a tower sends to the others in a step."""
        batch = self.config.training.batch_size // self.layout.replicas
        rows = sent(self.config.network, self.layout, batch).values()
        return sum(map(sum, rows)) if self.layout.towers > 1 else 0

    @property
    def between_replicas(self) -> int:
        """Bytes that a process sends in a step to average gradients over replicas."""
        replicas = self.layout.replicas
        own = self._parameters // self.layout.towers * _FLOAT32
        return 2 * own * (replicas - 1) // replicas

    @property
    def checkpoint(self) -> int:
        """Bytes of a checkpoint: weights and velocities."""
        return 2 * _FLOAT32 * self._parameters

    @property
    def _parameters(self) -> int:
        return total(count(self.config.network)).parameters

    def lines(self) -> list[str]:
        """The forecast in words, a line a topic."""
        training, layout, images = self.config.training, self.layout, self.images
        steps, (hours, tests) = self.steps, self.hours
        s = "s" if training.epochs > 1 else ""
        counted = memory(
            self.config.network, layout.towers, training.batch_size // layout.replicas
        )
        about = machine.environment(self.device, training.precision)
        where = "" if images.prepared else ", not prepared here: its published size"
        return [
            f"images   {images.name}: {images.train:,} to train on, {images.test:,} to "
            f"test on{where}",
            f"devices  {layout.replicas} x {layout.towers} (replicas x towers) on "
            f"{about['device']}, {about['threads']} threads each, {training.precision}",
            f"steps    {steps:,} an epoch, {steps * training.epochs:,} in "
            f"{training.epochs} epoch{s}, of {training.batch_size} images",
            f"memory   {self.probe.memory / _GIB:.2f} GiB {self._held_by}, measured; "
            f"{counted.total / _GIB:.2f} counted of weights, gradients and maps",
            f"between  {self._between}",
            f"disk     {images.bytes / 1e9:.1f} GB of prepared images; checkpoint "
            f"{self.checkpoint / 1e9:.2f} GB, twice that while it is written",
            f"hours    {hours + tests:,.1f}: {hours:,.1f} at {self.probe.step:.4f} s a "
            f"step ({training.batch_size / self.probe.step:,.0f} images a second), "
            f"{tests:.1f} of tests; measured on {self._timed} steps of noise",
        ]

    @property
    def _held_by(self) -> str:
        if self.device.type == "cuda":
            return "of tensors a GPU"
        return "a process, libraries and all"

    @property
    def _between(self) -> str:
        """The words for what a process sends to others."""
        towers, replicas = self.between_towers, self.between_replicas
        if self.layout.processes == 1:
            return "nothing: there is one process"
        steps = self.steps * self.config.training.epochs
        return (
            f"{towers / 1e6:.1f} MB a step that a process sends to towers, "
            f"{replicas / 1e6:.1f} MB to replicas; "
            f"{steps * (towers + replicas) / 1e12:.2f} TB in all"
        )

    @property
    def _timed(self) -> int:
        return STEPS[self.device.type]


def forecast(config: RunConfig, images: Images, team: DeviceMeshTeam) -> Forecast:
    """Probe `config` with the processes of `team`, all of which call this."""
    return Forecast(
        config, images, team.layout, team.device, _probe(config, images, team)
    )


def _probe(config: RunConfig, images: Images, team: DeviceMeshTeam) -> Probe:
    steps, batch = STEPS[team.device.type], config.training.batch_size
    noise = images.noise(steps * batch, batch)
    short = config.with_training(
        epochs=2, schedule=CONSTANT_RATE, stop=None, learning_rate=_TINY_RATE
    ).with_data(held_out=0)
    measures = (TestErrors(),)
    _, epochs = train_config(
        short, noise, seed=1, measures=measures, title="probe", team=team
    )
    last = epochs[-1]
    return Probe(
        step=last["seconds"] / steps,
        test=last["measure_seconds"] / batch,
        memory=_most(team.device),
    )


def _most(device: torch.device) -> int:
    """The most memory so far: of tensors on the GPU, or of the process as a whole."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return machine.peak_bytes()
