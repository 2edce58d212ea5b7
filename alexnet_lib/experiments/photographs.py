"""§3 on photographs: AlexNet as its code had it, and one change to it at a time.

At `laptop` for seven epochs of 6,500 images, squashed to squares when they came to us:
711 updates, the beginning of a training. `long_photographs.py` goes to the end of one.
"""

from __future__ import annotations

from dataclasses import dataclass

from alexnet_lib.config import (
    Augmentation,
    DataConfig,
    Precision,
    RunConfig,
    TrainingConfig,
)
from alexnet_lib.experiments.experiment import Arms, Experiment
from alexnet_lib.experiments.kept import FirstLayer, RightAnswers
from alexnet_lib.experiments.measures import (
    KernelColour,
    Measures,
    TenViewErrors,
    TestErrors,
    TrainErrors,
)
from alexnet_lib.experiments.metrics import Gap, HalfColour, Last, Metric
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.nets import ablations
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.network import NetworkConfig, with_input_side
from alexnet_lib.schedule import FixedDrops
from alexnet_lib.settings import Scale


def networks(classes: int = 1000) -> dict[str, NetworkConfig]:
    """#145 (`source`), the text's network (`paper`), and the ablations of #145.

    `paper-code-init` is the text's network with conv3 to conv5 drawn as the code has
    them (`layers-145.cfg:135-218`). The others change one thing of #145: no
    normalisation at all (#148), none in layer 2 (#167), alpha times each square
    instead of alpha/n, layer 1 normalised after its ReLU or layer 2 before its own
    (#166), batch normalisation instead, 2/2 pooling (#147), the one-GPU net of half
    the maps (#145-half), and two columns that meet in the classifier alone, widened
    as the authors' were (#150).
    """
    source, paper = alexnet("source", classes), alexnet("paper", classes)
    return {
        "source": source,
        "paper": paper,
        "paper-code-init": ablations.with_deviation(paper, (3, 4, 5), 0.03),
        "no-norm": ablations.without_response_norm(source),
        "no-norm-2": ablations.without_norm_in(source, 2),
        "alpha-as-printed": ablations.with_alpha_as_printed(source),
        "norm-after-relu": ablations.with_norm_after_units(source),
        "norm-2-before-relu": ablations.with_norm_before_units(source),
        "batch-norm": ablations.with_batch_norm(source),
        "without-overlap": ablations.without_overlap(source),
        "half": ablations.with_half_the_maps(source),
        "no-communication": ablations.with_communication(
            ablations.with_wide_columns(source), "none"
        ),
    }


@dataclass(frozen=True)
class _Size:
    """The photographs and the training on them at one scale."""

    data: str
    side: int
    classes: int
    epochs: int
    drops: tuple[int, ...]
    batch_size: int
    train_images: int
    precision: Precision


_AT: dict[Scale, _Size] = {
    "smoke": _Size("synthetic128", 96, 10, 1, (), 64, 100, "float32"),
    "laptop": _Size("imagenette-subset128", 96, 10, 7, (5,), 64, 1500, "bfloat16"),
    "paper": _Size(*("imagenet", 224, 1000, 90, (25, 51, 79), 128, 50_000, "float32")),
}


def recipe(scale: Scale, epochs: int | None = None) -> TrainingConfig:
    """Training of config #145 (§5): rate, decay, batches, drops of the rate.

    For `epochs` instead of the scale's: of the drops those within them stay.

    Not as there: conv1's rate follows the others', colour noise stays on, and the
    biases' rates drop with the weights' (`layer-params-145.cfg:165-182`).
    """
    size = _AT[scale]
    epochs = epochs or size.epochs
    return TrainingConfig(
        learning_rate=0.01,
        epochs=epochs,
        batch_size=size.batch_size,
        weight_decay=5e-4,
        schedule=FixedDrops(tuple(at for at in size.drops if at < epochs)),
        precision=size.precision,
    )


def base(scale: Scale) -> RunConfig:
    """#145 on photographs; each arm changes one thing of it.

    At `paper` ImageNet at 224 pixels, 90 epochs, the rate dropped as #145's was.
    Below that ten classes in squares of 128 and crops of 96 pixels: as many
    offsets as 224 in 256 have, and poolings that end at one size, 3/2 or 2/2
    (23, 11, 5, 2 for 55, 27, 13, 6). Batches of 64, for an epoch of 128s would be
    fifty steps.
    """
    size = _AT[scale]
    data = DataConfig(size.data, augmentation=Augmentation(size.side))
    network = with_input_side(alexnet("source", size.classes), size.side)
    return RunConfig(data, network, recipe(scale))


def _arms(scale: Scale) -> Arms:
    size, source = _AT[scale], base(scale)
    return {
        arm: source.with_network(with_input_side(network, size.side))
        for arm, network in networks(size.classes).items()
    }


def measures_with(train_images: int) -> Measures:
    """The measures of runs on photographs, training errors on so many images."""
    return (
        TestErrors(),
        TrainErrors(train_images),
        TenViewErrors(),
        KernelColour(),
    )


def _measures(scale: Scale) -> Measures:
    return measures_with(_AT[scale].train_images)


METRICS: dict[str, Metric] = {
    "test_top1_ten": Last("test_top1_ten"),
    "test_top1": Last("test_top1"),
    "test_top5_ten": Last("test_top5_ten"),
    "test_top5": Last("test_top5"),
    "test_loss_ten": Last("test_loss_ten"),
    "train_top1": Last("train_top1"),
    "gap": Gap("test_top1", minus="train_top1"),
    "colour_first_half": HalfColour(0),
    "colour_second_half": HalfColour(1),
}
"""The results of a run on photographs, by name."""


FIRST_UPDATES = Experiment(
    name="first-711-updates",
    section="§3.2 to §3.4",
    question="What does each part of AlexNet do to how fast it begins to learn?",
    arms=_arms,
    measures=_measures,
    metrics=METRICS,
    seeds={"smoke": 1, "laptop": 5, "paper": 1},
    expect={
        "smoke": "a minute, on synthetic images: the errors mean nothing",
        "laptop": "about an hour per seed and thread; top-1 errors near 40 %",
        "paper": f"not the first updates alone: ImageNet, 90 epochs of "
        f"{len(networks())} nets, days on a GPU",
    },
    keeps=(RightAnswers(),),
    keeps_of={arm: (FirstLayer(),) for arm in ("source", "paper", "half")},
    # pairs: the arms' residuals differ from .3 to 3.8 points, too much to pool
    plan={
        "laptop": Plan(
            seeds=5,
            epochs=_AT["laptop"].epochs,
            endpoint="test_top1_ten",
            rule="described: 711 updates, in which nets differ in how fast they learn",
        )
    },
)


def _constant_norm(scale: Scale) -> Arms:
    source = base(scale)
    constant = ablations.with_constant_norm(source.network)
    return {"norm-constant": source.with_network(constant)}


FIRST_UPDATES_CONTROL = Experiment(
    name="first-711-updates-control",
    section="§3.3",
    question="Is it the scale alone that normalisation gives a net to begin with?",
    arms=_constant_norm,
    measures=_measures,
    metrics=METRICS,
    seeds={"smoke": 1, "laptop": 5, "paper": 1},
    expect={
        "smoke": "seconds, on synthetic images: the errors mean nothing",
        "laptop": "about six minutes per seed and thread; top-1 errors near 40 %",
        "paper": "not the first updates alone: ImageNet, 90 epochs",
    },
    keeps=(RightAnswers(),),
    plan={
        "laptop": Plan(
            seeds=5,
            epochs=_AT["laptop"].epochs,
            endpoint="test_top1_ten",
            rule="described: between source and no-norm of first-711-updates, seeds "
            "1 to 5, the first of which it differs from in the scale alone",
        )
    },
)
EXPERIMENTS = (FIRST_UPDATES, FIRST_UPDATES_CONTROL)
