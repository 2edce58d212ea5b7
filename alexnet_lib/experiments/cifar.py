"""§3.3 and §3.4 on CIFAR-10: response normalisation, and overlapping pooling."""

from __future__ import annotations

from alexnet_lib.config import Augmentation, DataConfig, RunConfig, TrainingConfig
from alexnet_lib.experiments.experiment import Epochs, Experiment
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.nets import ablations
from alexnet_lib.nets.cifar import CONV_LOCAL, CONV_LOCAL_DECAY, conv_local, four_layer
from alexnet_lib.settings import Scale

NORM_EPOCHS: dict[Scale, int] = {"smoke": 2, "laptop": 16, "paper": 520}
POOLING_EPOCHS: dict[Scale, int] = {"smoke": 2, "laptop": 15, "paper": 150}
CROPPED = Augmentation(size=24, mean="centre", colour=0.0)
"""cuda-convnet's `cifar-cropped`: 9 x 9 offsets and mirrors of 24x24 pixels
(`convdata_cifar.py:93-99`), which its nets of 13 % and 11 % test error are fed."""


def _norm_arms(scale: Scale) -> dict[str, RunConfig]:
    """The conv-local nets, by cuda-convnet's recipe, shortened but at `paper`.

    24x24 crops and mirrors, rate .001, at the end two stages of a tenth each
    (`layer-params-conv-local-11pct.cfg:1-11`). Not as there: all 50,000 images
    from the first epoch on, where the recipe kept a fifth back for 350 epochs.
    """
    epochs = NORM_EPOCHS[scale]
    stage = {"smoke": 0, "laptop": 2, "paper": 10}[scale]
    training = TrainingConfig(
        learning_rate=1e-3,
        epochs=epochs,
        batch_size=32 if scale == "smoke" else 128,
        weight_decay=CONV_LOCAL_DECAY,
        drop_epochs=(epochs - 2 * stage, epochs - stage) if stage else (),
        evaluate_train=500 if scale == "smoke" else 10_000,
        precision="bfloat16" if scale == "laptop" else "float32",
    )
    data = DataConfig(_data(scale), augmentation=CROPPED)
    return {name: RunConfig(data, conv_local(name), training) for name in CONV_LOCAL}


def _pooling_arms(scale: Scale) -> dict[str, RunConfig]:
    """The four-layer net of Figure 1 with its poolings 3/2, and with 2/2.

    Maps are 16, 8 and 4 wide in both. Nothing holds overfitting back: no crops,
    no weight decay. The rate is the one chosen for Figure 1, a tenth of it for
    the last fifth of the epochs.
    """
    epochs = POOLING_EPOCHS[scale]
    training = TrainingConfig(
        learning_rate=3e-3,
        epochs=epochs,
        batch_size=32 if scale == "smoke" else 128,
        drop_epochs=(epochs - epochs // 5,) if epochs >= 5 else (),
        evaluate_train=500 if scale == "smoke" else 10_000,
        precision="bfloat16" if scale == "laptop" else "float32",
    )
    data = DataConfig(_data(scale))
    overlapping = four_layer()
    networks = {
        "overlapping": overlapping,
        "apart": ablations.with_disjoint_pools(overlapping),
    }
    return {arm: RunConfig(data, net, training) for arm, net in networks.items()}


def _data(scale: Scale) -> str:
    return "synthetic" if scale == "smoke" else "cifar10"


def _norm_metrics(epochs: Epochs) -> dict[str, float | None]:
    last = epochs[-1]
    return {
        "test_error_ten_views": last["val_error_ten"],
        "test_error": last["val_error"],
        "train_error": last["train_set_error"],
    }


def _pooling_metrics(epochs: Epochs) -> dict[str, float | None]:
    last = epochs[-1]
    return {
        "test_error": last["val_error"],
        "train_error": last["train_set_error"],
        "gap": last["val_error"] - last["train_set_error"],
        "test_loss": last["val_loss"],
    }


CIFAR_NORM = Experiment(
    name="cifar-norm",
    section="§3.3",
    question="Does response normalisation take a CIFAR-10 net from 13 % to 11 %?",
    arms=_norm_arms,
    metrics=_norm_metrics,
    seeds={"smoke": 1, "laptop": 3, "paper": 5},
    expect={
        "smoke": "under a minute, on drawn images: the errors mean nothing",
        "laptop": "about an hour per seed, one thread to a run; errors above the "
        "paper's, for 16 epochs stand for 520",
        "paper": "520 epochs in float32: about 13 % and 11 %",
    },
    plan={
        "laptop": Plan(
            seeds=3,
            epochs=NORM_EPOCHS["laptop"],
            endpoint="test_error_ten_views",
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
    metrics=_pooling_metrics,
    seeds={"smoke": 1, "laptop": 5, "paper": 10},
    expect={
        "smoke": "seconds, on drawn images: the errors mean nothing",
        "laptop": "about a quarter of an hour per seed, one thread to a run",
        "paper": "150 epochs in float32",
    },
    plan={
        "laptop": Plan(
            seeds=5,
            epochs=POOLING_EPOCHS["laptop"],
            endpoint="test_error",
            rule="direction of the difference, overlapping less apart",
            selection_seeds=(100,),
            selection="the rate of Figure 1's ReLU net: training error",
        )
    },
)
EXPERIMENTS = (CIFAR_NORM, CIFAR_POOLING)
