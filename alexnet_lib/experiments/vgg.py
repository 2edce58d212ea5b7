"""VGG's comparisons (Simonyan and Zisserman, 2014) on narrow copies of its networks.

Here § are that paper's. A copy has a quarter of the maps and of the hidden units, on
whole images of CIFAR-10 and their mirrors; after five poolings of 32 pixels one place
is left. The recipe is the paper's: momentum .9, weight decay .0005, dropout, a first
rate of .01, which we do not choose anew. It says that the rate is dropped three times
and not when: where it is dropped, and how long the copies train, is ours.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from alexnet_lib.config import (
    Augmentation,
    DataConfig,
    Precision,
    RunConfig,
    StartFrom,
    TrainingConfig,
)
from alexnet_lib.experiments.experiment import Arms, Experiment
from alexnet_lib.experiments.kept import RightAnswers
from alexnet_lib.experiments.measures import Measures, TestErrors, TrainErrors
from alexnet_lib.experiments.metrics import Gap, Last, Metric, StepsTo
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.nets.vgg import (
    Configuration,
    layers_from_a,
    narrowed,
    vgg,
    with_5x5,
)
from alexnet_lib.schedule import FixedDrops
from alexnet_lib.settings import Scale

DEEP: Configuration = "D"
"""The deep network that starts from A's layers, or from nothing."""


@dataclass(frozen=True)
class _Size:
    """The networks' size, their data and training at one scale."""

    data: str
    side: int
    parts: int
    classes: int
    depth_epochs: int
    depth_drops: tuple[int, ...]
    start_epochs: int
    start_drops: tuple[int, ...]
    batch_size: int
    train_images: int
    precision: Precision
    colour: float


_AT: dict[Scale, _Size] = {
    "smoke": _Size(
        *("synthetic", 32, 8, 10),
        *(1, (), 1, ()),
        *(64, 500, "float32", 0.0),
    ),
    "laptop": _Size(
        *("cifar10", 32, 4, 10),
        *(15, (10, 13), 10, (7, 9)),
        *(128, 10_000, "bfloat16", 0.0),
    ),
    "paper": _Size(
        *("imagenet", 224, 1, 1000),
        *(74, (37, 56, 68), 74, (37, 56, 68)),
        *(256, 50_000, "float32", 0.1),
    ),
}


def _run(
    network: NetworkConfig, scale: Scale, epochs: int, drops: tuple[int, ...]
) -> RunConfig:
    """Train a copy of `network` by the paper's recipe (§3.1)."""
    size = _AT[scale]
    training = TrainingConfig(
        learning_rate=0.01,
        epochs=epochs,
        batch_size=size.batch_size,
        weight_decay=5e-4,
        bias_rate_factor=1.0,
        schedule=FixedDrops(drops),
        precision=size.precision,
    )
    views = Augmentation(size.side, mean="centre", colour=size.colour)
    copy = narrowed(network, size.side, size.parts)
    return RunConfig(DataConfig(size.data, augmentation=views), copy, training)


def _depth_arms(scale: Scale) -> Arms:
    """The networks of Table 1 but E, and B with 5x5 kernels (§4.1).

    Drawn after Glorot and Bengio, from which all of them start, as the authors found
    (§3.1): so no arm has another's training behind it.
    """
    size = _AT[scale]
    networks = {
        "A": vgg("A", size.classes),
        "A-LRN": vgg("A-LRN", size.classes),
        "B": vgg("B", size.classes),
        "C": vgg("C", size.classes),
        "D": vgg("D", size.classes),
        "B-5x5": with_5x5(vgg("B", size.classes)),
    }
    return {
        arm: _run(
            dataclasses.replace(network, weight_init="xavier"),
            scale,
            size.depth_epochs,
            size.depth_drops,
        )
        for arm, network in networks.items()
    }


def _start_arms(scale: Scale) -> Arms:
    """A, then the deep network three ways: from A's layers, from nothing, Glorot's.

    Weights are Gaussian, in the copies as strong as .01 is in the whole networks.
    """
    size = _AT[scale]

    def drawn(configuration: Configuration) -> RunConfig:
        network = vgg(configuration, size.classes)
        return _run(network, scale, size.start_epochs, size.start_drops)

    pairs = layers_from_a(DEEP)
    deep = drawn(DEEP)
    from_a = StartFrom("A", tuple(pairs), tuple(pairs.values()))
    glorot = dataclasses.replace(deep.network, weight_init="xavier")
    return {
        "A": drawn("A"),
        "D-from-A": dataclasses.replace(deep, start=from_a),
        "D": deep,
        "D-glorot": deep.with_network(glorot),
    }


def _measures(scale: Scale) -> Measures:
    return (TestErrors(), TrainErrors(_AT[scale].train_images))


_METRICS: dict[str, Metric] = {
    "test_top1": Last("test_top1"),
    "train_top1": Last("train_top1"),
    "gap": Gap("test_top1", minus="train_top1"),
    "test_loss": Last("test_loss"),
}

DEPTH = Experiment(
    name="vgg-depth",
    section="VGG §4.1",
    question="Do more layers lower VGG's error, and does response normalisation?",
    arms=_depth_arms,
    measures=_measures,
    metrics=_METRICS,
    seeds={"smoke": 1, "laptop": 3, "paper": 1},
    expect={
        "smoke": "half a minute, on synthetic images: the errors mean nothing",
        "laptop": "about 50 minutes per seed, one thread to a run, where the CPU has "
        "bfloat16; two to four times that where not",
        "paper": "ImageNet, 74 epochs of each net: weeks on a GPU",
    },
    keeps=(RightAnswers(),),
    plan={
        "laptop": Plan(
            seeds=3,
            epochs=_AT["laptop"].depth_epochs,
            endpoint="test_top1",
            rule="A-LRN equivalent to A if the interval is within a point to either "
            "side; the direction of B less A, C less B, D less C, and B-5x5 less B",
            error_term="pooled",
        )
    },
)
START = Experiment(
    name="vgg-start",
    section="VGG §3.1",
    question="Does a deep VGG need the weights of a shallow one to start?",
    arms=_start_arms,
    measures=_measures,
    metrics=_METRICS | {"steps_to_2.20": StepsTo(2.20)},
    seeds={"smoke": 1, "laptop": 3, "paper": 1},
    expect={
        "smoke": "half a minute, on synthetic images: the errors mean nothing",
        "laptop": "about 25 minutes per seed, one thread to a run, where the CPU has "
        "bfloat16; two to four times that where not",
        "paper": "ImageNet, 74 epochs of each net: weeks on a GPU",
    },
    keeps=(RightAnswers(),),
    plan={
        "laptop": Plan(
            seeds=3,
            epochs=_AT["laptop"].start_epochs,
            endpoint="test_top1",
            rule="the direction of D-from-A less D, and of D-glorot less D",
            selection_seeds=(100,),
            selection="that A starts at all: 500 steps, training loss; no rate chosen",
        )
    },
)
EXPERIMENTS = (DEPTH, START)
