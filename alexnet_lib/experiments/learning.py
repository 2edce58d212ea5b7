"""§5: the update rule, biases, weight decay, and the schedule."""

from __future__ import annotations

from dataclasses import dataclass

from alexnet_lib.config import LayerRate, TrainingConfig
from alexnet_lib.experiments.cifar import both_errors, four_layer_net
from alexnet_lib.experiments.experiment import Arms, Experiment
from alexnet_lib.experiments.kept import RightAnswers
from alexnet_lib.experiments.measures import Measures, TestErrors, ValidationErrors
from alexnet_lib.experiments.metrics import Gap, Last
from alexnet_lib.experiments.plan import Plan
from alexnet_lib.schedule import FixedDrops, Plateau
from alexnet_lib.settings import Scale


@dataclass(frozen=True)
class _Size:
    """Epochs of each experiment, where the rate drops, validation images a class."""

    rule: int
    rule_drops: tuple[int, ...]
    biases: int
    biases_drop: int
    decay: int
    plateau: int
    plateau_drops: tuple[int, ...]
    held_out: int


_AT: dict[Scale, _Size] = {
    "smoke": _Size(2, (1,), 2, 1, 1, 2, (1,), 20),
    "laptop": _Size(15, (10, 13), 15, 12, 40, 60, (30, 45, 55), 500),
    "paper": _Size(150, (100, 130), 150, 120, 150, 200, (100, 150, 180), 500),
}


def _rule_arms(scale: Scale) -> Arms:
    size = _AT[scale]
    base = four_layer_net(scale, size.rule)
    base = base.with_training(schedule=FixedDrops(size.rule_drops))
    return {"paper": base, "torch": base.with_training(update_rule="torch")}


def _bias_arms(scale: Scale) -> Arms:
    """Biases as the code has them, as `code`, and three ways to have them otherwise.

    The code's learn at twice the weights' rate, without decay (`layer.cu:565`), and
    #145's kept their rate when the weights' was dropped (`layer-params-145.cfg:18-19`):
    `kept`. `one-rate`: the weights' own, as the text has it. `decayed`: with decay.
    That of the weights is .01, so that there is something to leave out.
    """
    size = _AT[scale]
    base = four_layer_net(scale, size.biases).with_training(
        weight_decay=0.01, schedule=FixedDrops((size.biases_drop,))
    )
    kept = tuple(
        LayerRate(f"{layer}.bias", 10.0, from_epoch=size.biases_drop)
        for layer in ("conv1", "conv2", "conv3", "fc4")
    )
    return {
        "code": base,
        "one-rate": base.with_training(bias_rate_factor=1.0),
        "decayed": base.with_training(decay_biases=True),
        "kept": base.with_training(layer_rates=kept),
    }


def decay_dose(training: TrainingConfig, batches: int) -> float:
    """Sum up rate x decay / (1 - momentum) over all steps, `batches` an epoch.

    A weight without a gradient shrinks to exp(-dose) of itself. The paper's, .01 and
    .0005, comes to 12.5 in the 250,000 steps before #145's first drop. Raises
    `ValueError` for a schedule that looks at errors: when it drops is not known.
    """
    schedule = training.schedule
    if not isinstance(schedule, FixedDrops):
        raise ValueError(f"the rates of {schedule} follow from a run's errors")
    divisors = (schedule.divisor([{"epoch": e}]) for e in range(training.epochs))
    rates = sum(training.learning_rate / divisor for divisor in divisors)
    return batches * rates * training.weight_decay / (1 - training.momentum)


def _decay_arms(scale: Scale) -> Arms:
    """The paper's .0005 is none of them: in 40 epochs it would do next to nothing.

    By `decay_dose`, which has to pass 1 to be seen: 1.2 with .003, 3.8 with .01.
    """
    base = four_layer_net(scale, _AT[scale].decay)
    return {
        f"decay-{decay:g}": base.with_training(weight_decay=decay)
        for decay in (0.0, 0.003, 0.01)
    }


def _plateau_arms(scale: Scale) -> Arms:
    """Drops where the validation error stopped improving, and at fixed epochs."""
    size = _AT[scale]
    base = four_layer_net(scale, size.plateau).with_data(held_out=size.held_out)
    fixed = FixedDrops(size.plateau_drops)
    return {
        "fixed": base.with_training(schedule=fixed),
        "plateau": base.with_training(schedule=Plateau()),
    }


def _test_and_validation(scale: Scale) -> Measures:
    return (TestErrors(), ValidationErrors())


_SELECTION_SEEDS = (100,)
_SELECTION = "the rate of Figure 1's ReLU net: training error"
UPDATE_RULE = Experiment(
    name="cifar-update-rule",
    section="§5",
    question="Does it matter where the learning rate stands in the update rule?",
    arms=_rule_arms,
    measures=both_errors,
    metrics={"test_top1": Last("test_top1"), "train_top1": Last("train_top1")},
    seeds={"smoke": 1, "laptop": 8, "paper": 8},
    expect={
        "smoke": "seconds, on synthetic images: the errors mean nothing",
        "laptop": "about ten minutes per seed, one thread to a run",
        "paper": "150 epochs in float32",
    },
    keeps=(RightAnswers(),),
    plan={
        "laptop": Plan(
            seeds=8,
            epochs=_AT["laptop"].rule,
            endpoint="test_top1",
            rule="equivalent if the interval is within .3 points to either side",
        )
    },
)
BIASES = Experiment(
    name="cifar-biases",
    section="§5",
    question="What do the code's biases, fast and without decay, change?",
    arms=_bias_arms,
    measures=both_errors,
    metrics={"test_top1": Last("test_top1"), "train_top1": Last("train_top1")},
    seeds={"smoke": 1, "laptop": 5, "paper": 5},
    expect={
        "smoke": "seconds, on synthetic images: the errors mean nothing",
        "laptop": "about a quarter of an hour per seed, one thread to a run",
        "paper": "150 epochs in float32",
    },
    keeps=(RightAnswers(),),
    plan={
        "laptop": Plan(
            seeds=5,
            epochs=_AT["laptop"].biases,
            endpoint="test_top1",
            rule="each equivalent to `code` if the interval is within a point to "
            "either side",
            error_term="pooled",
            selection_seeds=_SELECTION_SEEDS,
            selection=_SELECTION,
        )
    },
)
WEIGHT_DECAY = Experiment(
    name="cifar-weight-decay",
    section="§5",
    question="Does weight decay lower the training error too?",
    arms=_decay_arms,
    measures=both_errors,
    metrics={
        "train_loss": Last("train_loss"),
        "train_top1": Last("train_top1"),
        "test_top1": Last("test_top1"),
        "gap": Gap("test_top1", minus="train_top1"),
    },
    seeds={"smoke": 1, "laptop": 5, "paper": 5},
    expect={
        "smoke": "seconds, on synthetic images: the errors mean nothing",
        "laptop": "about half an hour per seed, one thread to a run",
        "paper": "150 epochs in float32",
    },
    keeps=(RightAnswers(),),
    plan={
        "laptop": Plan(
            seeds=5,
            epochs=_AT["laptop"].decay,
            endpoint="train_loss",
            rule="lower with either decay than without; the error beside it",
            selection_seeds=_SELECTION_SEEDS,
            selection=_SELECTION,
        )
    },
)
PLATEAU = Experiment(
    name="cifar-plateau",
    section="§5",
    question="Do drops of the rate where validation stalls do as well as fixed ones?",
    arms=_plateau_arms,
    measures=_test_and_validation,
    metrics={
        "test_top1": Last("test_top1"),
        "validation_top1": Last("validation_top1"),
        "epochs": Last("epoch"),
    },
    seeds={"smoke": 1, "laptop": 5, "paper": 5},
    expect={
        "smoke": "seconds, on synthetic images: the errors mean nothing",
        "laptop": "about half an hour per seed, one thread to a run",
        "paper": "200 epochs in float32",
    },
    keeps=(RightAnswers(),),
    plan={
        "laptop": Plan(
            seeds=5,
            epochs=_AT["laptop"].plateau,
            endpoint="test_top1",
            rule="equivalent if the interval is within a point to either side; where "
            "the drops fell is told",
            selection_seeds=_SELECTION_SEEDS,
            selection=f"{_SELECTION}; in the runs, drops by 500 images of each "
            "class, cut from the training set",
        )
    },
)
EXPERIMENTS = (UPDATE_RULE, BIASES, WEIGHT_DECAY, PLATEAU)
