"""§3.3 and §3.4 on CIFAR-10: response normalisation, and overlapping pooling."""

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
from alexnet_lib.experiments.kept import RightAnswers
from alexnet_lib.experiments.measures import (
    Measures,
    TenViewErrors,
    TestErrors,
    TrainErrors,
)
from alexnet_lib.experiments.metrics import Gap, Last
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.nets import ablations
from alexnet_lib.nets.cifar import CONV_LOCAL, CONV_LOCAL_DECAY, conv_local, four_layer
from alexnet_lib.schedule import FixedDrops
from alexnet_lib.settings import Scale

CROPS = Augmentation(size=24, mean="centre", colour=0.0)
"""cuda-convnet's `cifar-cropped`: 9 x 9 offsets and mirrors of 24x24 pixels
(`convdata_cifar.py:93-99`), which its nets of 13 % and 11 % test error are fed."""


@dataclass(frozen=True)
class _Size:
    """These nets' data and training at one scale.

    The conv-local nets train for `norm_epochs`, the last two stages of
    `norm_stage` each at a tenth of the rate before; the four-layer nets for
    `pooling_epochs`.
    """

    data: str
    batch_size: int
    precision: Precision
    train_images: int
    norm_epochs: int
    norm_stage: int
    pooling_epochs: int


_AT: dict[Scale, _Size] = {
    "smoke": _Size("synthetic", 32, "float32", 500, 2, 0, 2),
    "laptop": _Size("cifar10", 128, "bfloat16", 10_000, 16, 2, 15),
    "paper": _Size("cifar10", 128, "float32", 10_000, 520, 10, 150),
}


def _norm_arms(scale: Scale) -> Arms:
    """The conv-local nets, by cuda-convnet's recipe, shortened but at `paper`.

    24x24 crops and mirrors, rate .001, at the end two stages of a tenth each
    (`layer-params-conv-local-11pct.cfg:1-11`). Not as there: all 50,000 images
    from the first epoch on, where the recipe kept a fifth back for 350 epochs.
    """
    size = _AT[scale]
    epochs, stage = size.norm_epochs, size.norm_stage
    training = TrainingConfig(
        learning_rate=1e-3,
        epochs=epochs,
        batch_size=size.batch_size,
        weight_decay=CONV_LOCAL_DECAY,
        schedule=FixedDrops((epochs - 2 * stage, epochs - stage) if stage else ()),
        precision=size.precision,
    )
    data = DataConfig(size.data, augmentation=CROPS)
    return {name: RunConfig(data, conv_local(name), training) for name in CONV_LOCAL}


def four_layer_net(scale: Scale, epochs: int) -> RunConfig:
    """The four-layer net of Figure 1, in the regime of 2012, for `epochs` epochs.

    Nothing holds overfitting back: no crops, no weight decay. The rate is the one
    chosen for Figure 1, a tenth of it for the last fifth of the epochs.
    """
    size = _AT[scale]
    training = TrainingConfig(
        learning_rate=3e-3,
        epochs=epochs,
        batch_size=size.batch_size,
        schedule=FixedDrops((epochs - epochs // 5,) if epochs >= 5 else ()),
        precision=size.precision,
    )
    return RunConfig(DataConfig(size.data), four_layer(), training)


def _pooling_arms(scale: Scale) -> Arms:
    """The four-layer net with its poolings 3/2, and with 2/2.

    Maps are 16, 8 and 4 wide in both.
    """
    base = four_layer_net(scale, _AT[scale].pooling_epochs)
    apart = ablations.with_disjoint_pools(base.network)
    return {"overlapping": base, "apart": base.with_network(apart)}


def both_errors(scale: Scale) -> Measures:
    """Test errors, and those on training images seen as test images are."""
    return (TestErrors(), TrainErrors(_AT[scale].train_images))


def _errors_of_crops(scale: Scale) -> Measures:
    return (*both_errors(scale), TenViewErrors())


CIFAR_NORM = Experiment(
    name="cifar-norm",
    section="§3.3",
    question="Does response normalisation take a CIFAR-10 net from 13 % to 11 %?",
    arms=_norm_arms,
    measures=_errors_of_crops,
    metrics={
        "test_top1_ten": Last("test_top1_ten"),
        "test_top1": Last("test_top1"),
        "train_top1": Last("train_top1"),
    },
    keeps=(RightAnswers(),),
    seeds={"smoke": 1, "laptop": 3, "paper": 5},
    expect={
        "smoke": "under a minute, on synthetic images: the errors mean nothing",
        "laptop": "about an hour per seed, one thread to a run; errors above the "
        "paper's, for 16 epochs stand for 520",
        "paper": "520 epochs in float32: about 13 % and 11 %",
    },
    plan={
        "laptop": Plan(
            seeds=3,
            epochs=_AT["laptop"].norm_epochs,
            endpoint="test_top1_ten",
            rule="described: 16 of the recipe's 520 epochs",
            error_term="pooled",
        )
    },
)
CIFAR_POOLING = Experiment(
    name="cifar-pooling",
    section="§3.4",
    question="Does overlapping pooling lower error and overfitting on CIFAR-10?",
    arms=_pooling_arms,
    measures=both_errors,
    metrics={
        "test_top1": Last("test_top1"),
        "train_top1": Last("train_top1"),
        "gap": Gap("test_top1", minus="train_top1"),
        "test_loss": Last("test_loss"),
    },
    keeps=(RightAnswers(),),
    seeds={"smoke": 1, "laptop": 5, "paper": 10},
    expect={
        "smoke": "seconds, on synthetic images: the errors mean nothing",
        "laptop": "about a quarter of an hour per seed, one thread to a run",
        "paper": "150 epochs in float32",
    },
    plan={
        "laptop": Plan(
            seeds=5,
            epochs=_AT["laptop"].pooling_epochs,
            endpoint="test_top1",
            rule="direction of the difference, overlapping less apart",
            selection_seeds=(100,),
            selection="the rate of Figure 1's ReLU net: training error",
        )
    },
)
EXPERIMENTS = (CIFAR_NORM, CIFAR_POOLING)
