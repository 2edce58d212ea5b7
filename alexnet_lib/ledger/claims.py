"""The paper's claims as data, each with the authors' own lab note if there is one.

A claim names the experiment that tests it and says how its number comes out of
that experiment's records.
"""

from __future__ import annotations

import dataclasses

from alexnet_lib.ledger.claim import Claim
from alexnet_lib.ledger.lab_notes import LOG, LabNote
from alexnet_lib.ledger.measures import Difference, Mean, Ratio

_FIGURE1 = (
    Claim(
        name="relu-epochs",
        section="§3.1, Fig. 1",
        statement="ReLU net to 25 % training error on CIFAR-10, read off the figure",
        unit="epochs",
        paper=6.0,
        experiment="figure1",
        measure=Mean("2012-relu", "epochs_to_25"),
    ),
    Claim(
        name="tanh-epochs",
        section="§3.1, Fig. 1",
        statement="tanh net to 25 % training error on CIFAR-10, read off the figure",
        unit="epochs",
        paper=36.0,
        experiment="figure1",
        measure=Mean("2012-tanh", "epochs_to_25"),
    ),
    Claim(
        name="relu-speedup",
        section="§3.1, Fig. 1",
        statement="tanh needs this many times ReLU's epochs, in the regime of 2012",
        unit="times",
        paper=6.0,
        null=1.0,
        experiment="figure1",
        measure=Ratio("2012-tanh", "2012-relu", "epochs_to_25"),
    ),
    Claim(
        name="relu-speedup-today",
        section="§3.1, Fig. 1",
        statement="the same ratio with today's input scale and init",
        unit="times",
        paper=6.0,
        null=1.0,
        experiment="figure1",
        measure=Ratio("today-tanh", "today-relu", "epochs_to_25"),
    ),
)

# ten views, as the authors tested (`layer-params-conv-local-11pct.cfg:1-11`)
_TEN_VIEWS = "test_error_ten_views"
_CIFAR_NORM = (
    Claim(
        name="cifar-without-norm",
        section="§3.3",
        statement="CIFAR-10 test error without norm",
        unit="%",
        paper=13.0,
        experiment="cifar-norm",
        measure=Mean("13pct", _TEN_VIEWS, 100),
    ),
    Claim(
        name="cifar-with-norm",
        section="§3.3",
        statement="CIFAR-10 test error with norm",
        unit="%",
        paper=11.0,
        experiment="cifar-norm",
        measure=Mean("11pct", _TEN_VIEWS, 100),
    ),
    Claim(
        name="cifar-norm-as-published",
        section="§3.3",
        statement="CIFAR-10, the net with norm less the one without, as published: "
        "local3 is wider too",
        unit="points",
        paper=-2.0,
        null=0.0,
        experiment="cifar-norm",
        measure=Difference("11pct", "13pct", _TEN_VIEWS, 100),
    ),
    Claim(
        name="cifar-norm-alone",
        section="§3.3",
        statement="CIFAR-10, norm the only thing that differs",
        unit="points",
        paper=-2.0,
        null=0.0,
        experiment="cifar-norm",
        measure=Difference("13pct-lrn", "13pct", _TEN_VIEWS, 100),
    ),
)


_NOT_THERE = " (claimed of ImageNet)"


def _compared(
    name: str,
    section: str,
    what: str,
    paper: tuple[float, float] | None,
    log: tuple[LabNote, LabNote],
    arms: tuple[str, str],
) -> tuple[Claim, ...]:
    """A net of the ablations against another: on ImageNet, and what a laptop can do.

    `paper` and `log`: top-1 and top-5 points; `arms`: the first less the second.
    """
    printed = paper or (None, None)
    rows = [
        Claim(
            name=f"{name}-top-{k}",
            section=section,
            statement=f"{what}, top-{k} error",
            unit="points",
            paper=printed[i],
            null=0.0,
            log=log[i],
            experiment="ablations",
            measure=Difference(*arms, f"top{k}_ten_views", 100),
            of_imagenet=True,
        )
        for i, k in enumerate((1, 5))
    ]
    elsewhere = dataclasses.replace(
        rows[0],
        name=f"{name}-imagenette",
        statement=f"{what}, on Imagenette at 96 pixels{_NOT_THERE}, top-1 error",
        of_imagenet=False,
    )
    return (*rows, elsewhere)


_ABLATIONS = (
    *_compared(
        "two-gpus",
        "§3.2",
        "two GPUs against a one-GPU net of half the kernels",
        (-1.7, -1.2),
        LOG["#145-2010"].less(LOG["#145-half"]),
        ("source", "half"),
    ),
    *_compared(
        "communication",
        "§3.2",
        "two GPUs that communicate against two widened columns that do not (#150)",
        None,
        LOG["#145"].less(LOG["#150"]),
        ("source", "no-communication"),
    ),
    *_compared(
        "response-normalisation",
        "§3.3",
        "with local response normalisation against without",
        (-1.4, -1.2),
        LOG["#145"].less(LOG["#148"]),
        ("source", "no-norm"),
    ),
    *_compared(
        "response-normalisation-2",
        "§3.3",
        "with normalisation in layer 2 against without (#167)",
        None,
        LOG["#145"].less(LOG["#167"]),
        ("source", "no-norm-2"),
    ),
    *_compared(
        "response-normalisation-order",
        "§3.3",
        "layer 2 normalised after its ReLU against before (#166, its base unknown)",
        None,
        LOG["#145"].less(LOG["#166"]),
        ("source", "norm-2-before-relu"),
    ),
    *_compared(
        "overlapping-pooling",
        "§3.4",
        "pooling 3/2 against 2/2",
        (-0.4, -0.3),
        LOG["#145"].less(LOG["#147"]),
        ("source", "without-overlap"),
    ),
    Claim(
        name="overlapping-pooling-cifar",
        section="§3.4",
        statement="pooling 3/2 against 2/2, four-layer net on CIFAR-10"
        f"{_NOT_THERE}, test error",
        unit="points",
        paper=-0.4,
        null=0.0,
        experiment="cifar-pooling",
        measure=Difference("overlapping", "apart", "test_error", 100),
    ),
)


def _errors(
    name: str,
    section: str,
    what: str,
    paper: tuple[float, float],
    log: tuple[LabNote, LabNote],
) -> tuple[Claim, ...]:
    """A net's top-1 and top-5 error on ImageNet."""
    return tuple(
        Claim(
            name=f"{name}-top-{k}",
            section=section,
            statement=f"{what}, top-{k} error",
            unit="%",
            paper=paper[i],
            log=log[i],
            of_imagenet=True,
        )
        for i, k in enumerate((1, 5))
    )


_TABLES = (
    *_errors(
        "2010",
        "Table 1",
        "LSVRC-2010 test, ten views",
        (37.5, 17.0),
        LOG["#145-2010"].notes(),
    ),
    *_errors(
        "2010-centre",
        "§4.1",
        "LSVRC-2010 test, centre view",
        (39.0, 18.3),
        LOG["#145-2010, centre"].notes(),
    ),
    *_errors(
        "2012",
        "Table 2",
        "ILSVRC-2012 validation, 1 CNN",
        (40.7, 18.2),
        LOG["#145"].notes(),
    ),
)

CLAIMS: tuple[Claim, ...] = _FIGURE1 + _CIFAR_NORM + _ABLATIONS + _TABLES
