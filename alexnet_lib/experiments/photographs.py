"""§3 on photographs: AlexNet as its code had it, and one change to it at a time."""

from __future__ import annotations

import dataclasses
from statistics import fmean

from alexnet_lib.config import Augmentation, DataConfig, RunConfig, TrainingConfig
from alexnet_lib.evaluation.colour import by_tower
from alexnet_lib.experiments.experiment import Epochs, Experiment
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.nets import ablations
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.network import NetworkConfig, with_input_side
from alexnet_lib.settings import Scale

SMALL = 96
EPOCHS: dict[Scale, int] = {"smoke": 1, "laptop": 7, "paper": 90}
DROPS: dict[Scale, tuple[int, ...]] = {
    "smoke": (),
    "laptop": (5,),
    "paper": (25, 51, 79),
}


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


def recipe(scale: Scale) -> TrainingConfig:
    """#145's rate, decay and momentum, for as many epochs as `scale` has time for.

    Batches of 128 at `paper`; below that of 64, for an epoch of 128s would be fifty
    steps.
    """
    return TrainingConfig(
        learning_rate=0.01,
        epochs=EPOCHS[scale],
        batch_size=128 if scale == "paper" else 64,
        weight_decay=5e-4,
        drop_epochs=DROPS[scale],
        precision="float32" if scale == "smoke" else "bfloat16",
    )


def _arms(scale: Scale) -> dict[str, RunConfig]:
    """At `paper` ImageNet at 224 pixels, 90 epochs, the rate dropped as #145's was.

    Not as there: conv1's rate follows the others', colour noise stays on, and the
    biases' rates drop with the weights' (`layer-params-145.cfg:165-182`).
    Below that ten classes in squares of 128 and crops of 96 pixels: as many
    offsets as 224 in 256 have, and poolings that end at one size, 3/2 or 2/2
    (23, 11, 5, 2 for 55, 27, 13, 6).
    """
    full = scale == "paper"
    name = {"smoke": "synthetic128", "laptop": "imagenette128", "paper": "imagenet"}
    training = dataclasses.replace(
        recipe(scale),
        evaluate_train={"smoke": 100, "laptop": 1500, "paper": 50_000}[scale],
        kernel_colour=True,
    )
    data = DataConfig(name[scale], augmentation=Augmentation(224 if full else SMALL))

    side = 224 if full else SMALL
    return {
        arm: RunConfig(data, with_input_side(network, side), training)
        for arm, network in networks(1000 if full else 10).items()
    }


def _metrics(epochs: Epochs) -> dict[str, float | None]:
    last = epochs[-1]
    first, second = by_tower(last["kernel_colour"])
    return {
        "top1_ten_views": last["val_error_ten"],
        "top1": last["val_error"],
        "top5_ten_views": last["val_top5_ten"],
        "top5": last["val_top5"],
        "val_loss_ten_views": last["val_loss_ten"],
        "train_error": last["train_set_error"],
        "gap": last["val_error"] - last["train_set_error"],
        "colour_first_half": fmean(first),
        "colour_second_half": fmean(second),
    }


ABLATIONS = Experiment(
    name="ablations",
    section="§3.2 to §3.4",
    question="What does each part of AlexNet do, taken from the network of the code?",
    arms=_arms,
    metrics=_metrics,
    seeds={"smoke": 1, "laptop": 5, "paper": 1},
    expect={
        "smoke": "a minute, on drawn images: the errors mean nothing",
        "laptop": "about an hour per seed and thread; top-1 errors near 40 %",
        "paper": f"ImageNet, 90 epochs of {len(networks())} nets: days on a GPU",
    },
    keeps_first_layer=frozenset({"source", "paper", "half"}),
    # pairs: the arms' residuals differ from .3 to 3.8 points, too much to pool
    plan={
        "laptop": Plan(
            seeds=5,
            epochs=EPOCHS["laptop"],
            endpoint="top1_ten_views",
            rule="described: 711 updates, in which nets differ in how fast they learn",
        )
    },
)
EXPERIMENTS = (ABLATIONS,)
