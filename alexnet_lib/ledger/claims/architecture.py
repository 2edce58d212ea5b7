"""§3: units, two GPUs, normalisation, pooling."""

from __future__ import annotations

from alexnet_lib.experiments.figure1_cause import LOST
from alexnet_lib.ledger.claim import Claim, Direction
from alexnet_lib.ledger.claims.of_imagenet import (
    EPOCHS_ON_IMAGENETTE,
    IMAGENETTE,
    LONG,
    NOT_THERE,
    SHORT,
    compared,
)
from alexnet_lib.ledger.lab_notes import LOG
from alexnet_lib.ledger.measures import Difference, Mean, Ratio, Share

_SECTION = "§3.1, Fig. 1"
_RUNNING, _EVALUATED = "epochs_to_25", "epochs_to_25_evaluated"
_COUNTED = {_RUNNING: "summed over the epoch", _EVALUATED: "evaluated after it"}
"""How the training error is counted, which the paper does not say."""
_SUFFIX = {_RUNNING: "", _EVALUATED: "-evaluated"}


def _epochs(unit: str, paper: str, metric: str) -> Claim:
    return Claim(
        name=f"{unit.lower()}-epochs{_SUFFIX[metric]}",
        section=_SECTION,
        statement=f"{unit} net to 25 % training error on CIFAR-10, read off the "
        f"figure; error {_COUNTED[metric]}",
        unit="epochs",
        paper=paper,
        experiment="figure1",
        measure=Mean(f"2012-{unit.lower()}", metric),
    )


def _speedup(metric: str) -> Claim:
    return Claim(
        name=f"relu-speedup{_SUFFIX[metric]}",
        section=_SECTION,
        statement="tanh needs this many times ReLU's epochs, in the regime of 2012; "
        f"error {_COUNTED[metric]}",
        unit="times",
        paper="6",
        null=1.0,
        experiment="figure1",
        measure=Ratio("2012-tanh", "2012-relu", metric),
    )


_STUCK = "stuck_2_after_1"
_TODAY = (
    Claim(
        name="relu-speedup-today-15",
        section=_SECTION,
        statement="the same ratio with today's input scale and init, fifteen seeds",
        unit="times",
        null=1.0,
        kind="extension",
        experiment="figure1-today",
        measure=Ratio("today-tanh", "today-relu", _RUNNING),
    ),
    Claim(
        name="relu-speedup-today-whole",
        section=_SECTION,
        statement="the same, without nets of which over a third of layer 2 was stuck "
        "after the first epoch",
        unit="times",
        null=1.0,
        kind="extension",
        experiment="figure1-today",
        measure=Ratio("today-tanh", "today-relu", _RUNNING, (_STUCK, LOST)),
    ),
    Claim(
        name="relu-lost-units-today",
        section=_SECTION,
        statement="today's ReLU nets that are such",
        unit="%",
        kind="extension",
        experiment="figure1-today",
        measure=Share("today-relu", _STUCK, LOST),
    ),
)
_FIGURE1 = (
    *(_epochs("ReLU", "6", metric) for metric in _COUNTED),
    *(_epochs("tanh", "36", metric) for metric in _COUNTED),
    *(_speedup(metric) for metric in _COUNTED),
    Claim(
        name="relu-speedup-today",
        section=_SECTION,
        statement="the same ratio with today's input scale and init",
        unit="times",
        null=1.0,
        kind="extension",
        experiment="figure1",
        measure=Ratio("today-tanh", "today-relu", _RUNNING),
    ),
    *_TODAY,
    *(
        Claim(
            name=f"relu-speedup-{regime}-float32",
            section=_SECTION,
            statement=f"the ratio in the regime of {regime}, computed in float32 "
            "instead of bfloat16",
            unit="times",
            null=1.0,
            kind="extension",
            experiment="figure1-float32",
            measure=Ratio(f"{regime}-tanh", f"{regime}-relu", _RUNNING),
        )
        for regime in ("2012", "today")
    ),
)
_TWO_GPUS = (
    *compared(
        "two-gpus",
        "§3.2",
        "two GPUs against a one-GPU net of half the kernels",
        "half",
        ("-1.7", "-1.2"),
        LOG["#145-2010"].less(LOG["#145-half"]),
    ),
    Claim(
        name="two-gpus-time",
        section="§3.2",
        statement="two GPUs train in less time than the one-GPU net",
        paper="slightly less",
        needs="two GPUs",
    ),
    *compared(
        "communication",
        "§3.2",
        "two GPUs that communicate against two widened columns that do not (#150)",
        "no-communication",
        None,
        LOG["#145"].less(LOG["#150"]),
    ),
)

# ten views, as the authors tested (`layer-params-conv-local-11pct.cfg:1-11`)
_TEN_VIEWS = "test_top1_ten"
_CIFAR_EPOCHS = 520
_CIFAR_NORM = (
    Claim(
        name="cifar-without-norm",
        section="§3.3",
        statement="CIFAR-10 test error without norm",
        unit="%",
        paper="13",
        experiment="cifar-norm",
        measure=Mean("13pct", _TEN_VIEWS, 100),
        epochs=_CIFAR_EPOCHS,
    ),
    Claim(
        name="cifar-with-norm",
        section="§3.3",
        statement="CIFAR-10 test error with norm",
        unit="%",
        paper="11",
        experiment="cifar-norm",
        measure=Mean("11pct", _TEN_VIEWS, 100),
        epochs=_CIFAR_EPOCHS,
    ),
    Claim(
        name="cifar-norm-as-published",
        section="§3.3",
        statement="CIFAR-10, the net with norm minus the one without, as published: "
        "local3 is wider too",
        unit="points",
        paper="-2",
        null=0.0,
        experiment="cifar-norm",
        measure=Difference("11pct", "13pct", _TEN_VIEWS, 100),
        epochs=_CIFAR_EPOCHS,
    ),
    Claim(
        name="cifar-norm-alone",
        section="§3.3",
        statement="CIFAR-10, norm the only thing that differs",
        unit="points",
        paper="-2",
        null=0.0,
        experiment="cifar-norm",
        measure=Difference("13pct-lrn", "13pct", _TEN_VIEWS, 100),
        epochs=_CIFAR_EPOCHS,
    ),
)
_NORM = (
    *compared(
        "response-normalisation",
        "§3.3",
        "with local response normalisation against without",
        "no-norm",
        ("-1.4", "-1.2"),
        LOG["#145"].less(LOG["#148"]),
    ),
    *compared(
        "response-normalisation-2",
        "§3.3",
        "with normalisation in layer 2 against without (#167, its base unknown)",
        "no-norm-2",
        None,
        LOG["#145"].less(LOG["#167"]),
        long=False,
    ),
    *compared(
        "response-normalisation-order",
        "§3.3",
        "layer 2 normalised after its ReLU against before (#166, its base unknown)",
        "norm-2-before-relu",
        None,
        LOG["#145"].less(LOG["#166"]),
        long=False,
    ),
)
_CONTROL = tuple(
    Claim(
        name=f"response-normalisation-{name}",
        section="§3.3",
        statement=f"{what}, on 6,500 files of Imagenette, top-1 error",
        unit="points",
        kind="extension",
        experiment="first-711-updates-control",
        beside=SHORT,
        measure=Difference(*arms, "test_top1_ten", 100, of_images=True),
    )
    for name, what, arms in (
        (
            "scale",
            "the constant scale of normalisation alone against nothing",
            ("norm-constant", "no-norm"),
        ),
        (
            "beyond-scale",
            "normalisation against its constant scale",
            ("source", "norm-constant"),
        ),
    )
)
_POOLING = (
    *compared(
        "overlapping-pooling",
        "§3.4",
        "pooling 3/2 against 2/2",
        "without-overlap",
        ("-0.4", "-0.3"),
        LOG["#145"].less(LOG["#147"]),
    ),
    Claim(
        name="overlapping-pooling-gap",
        section="§3.4",
        statement=f"pooling 3/2 against 2/2, {IMAGENETTE}, test minus training error",
        unit="points",
        paper="slightly harder to overfit",
        null=0.0,
        kind="elsewhere",
        rule=Direction(-1),
        experiment=LONG,
        measure=Difference("baseline", "without-overlap", "gap", 100, of_images=True),
        epochs=EPOCHS_ON_IMAGENETTE,
    ),
    Claim(
        name="overlapping-pooling-cifar",
        section="§3.4",
        statement="pooling 3/2 against 2/2, four-layer net on CIFAR-10"
        f"{NOT_THERE}, test error",
        unit="points",
        paper="-0.4",
        null=0.0,
        kind="elsewhere",
        experiment="cifar-pooling",
        measure=Difference("overlapping", "apart", "test_top1", 100, of_images=True),
    ),
)
CLAIMS = (
    *_FIGURE1,
    *_TWO_GPUS,
    *_CIFAR_NORM,
    *_NORM,
    *_CONTROL,
    *_POOLING,
)
