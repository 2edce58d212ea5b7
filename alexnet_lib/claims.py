"""The paper's claims as data, each with the authors' own lab note if there is one.

A claim names the experiment that tests it and says how its number comes out of
that experiment's records. `verdict` turns number and interval into words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from alexnet_lib.estimate import Estimate
from alexnet_lib.measures import Measure, difference, mean, ratio

Verdict = Literal[
    "reproduced",
    "larger effect",
    "smaller effect",
    "not reproduced",
    "undecided",
    "differs",
    "one seed only",
    "not run yet",
]


@dataclass(frozen=True)
class LabNote:
    """What the authors logged, and the file and line it was read from."""

    value: float
    source: str


@dataclass(frozen=True)
class Claim:
    """One number of the paper.

    `null` is the value that would mean no effect (1 for a ratio, 0 for a
    difference), or None where there is none, as for an error rate. `measure`
    gives our number from the runs of `experiment` by arm, or None while runs are
    missing or have not got there.
    """

    name: str
    section: str
    statement: str
    unit: str
    paper: float
    null: float | None = None
    log: LabNote | None = None
    experiment: str | None = None
    measure: Measure | None = None


def verdict(claim: Claim, ours: Estimate | None) -> Verdict:
    """What our number says of the claim.

    `reproduced`: the interval holds the paper's value, and not the null; `undecided`:
    it holds both, so more seeds are needed. If it does not hold the paper's, a figure
    without a null `differs`; an effect is `larger` or `smaller` than the paper's
    if its interval lies wholly on the paper's side of none, else `not reproduced`.
    """
    if ours is None:
        return "not run yet"
    if ours.low is None or ours.high is None:
        return "one seed only"
    agrees = ours.low <= claim.paper <= ours.high
    if agrees and claim.null is not None and ours.low <= claim.null <= ours.high:
        return "undecided"
    if agrees:
        return "reproduced"
    if claim.null is None:
        return "differs"
    side = 1 if claim.paper > claim.null else -1
    nearest = min(side * (bound - claim.null) for bound in (ours.low, ours.high))
    if nearest <= 0:
        return "not reproduced"
    beyond = nearest > side * (claim.paper - claim.null)
    return "larger effect" if beyond else "smaller effect"


_FIGURE1 = (
    Claim(
        "relu-epochs",
        "§3.1, Fig. 1",
        "ReLU net to 25 % training error on CIFAR-10, read off the figure",
        "epochs",
        6.0,
        experiment="figure1",
        measure=mean("2012-relu", "epochs_to_25"),
    ),
    Claim(
        "tanh-epochs",
        "§3.1, Fig. 1",
        "tanh net to 25 % training error on CIFAR-10, read off the figure",
        "epochs",
        36.0,
        experiment="figure1",
        measure=mean("2012-tanh", "epochs_to_25"),
    ),
    Claim(
        "relu-speedup",
        "§3.1, Fig. 1",
        "tanh needs this many times ReLU's epochs, in the regime of 2012",
        "times",
        6.0,
        null=1.0,
        experiment="figure1",
        measure=ratio("2012-tanh", "2012-relu", "epochs_to_25"),
    ),
    Claim(
        "relu-speedup-today",
        "§3.1, Fig. 1",
        "the same ratio with today's input scale and init",
        "times",
        6.0,
        null=1.0,
        experiment="figure1",
        measure=ratio("today-tanh", "today-relu", "epochs_to_25"),
    ),
)


def _points(
    name: str,
    section: str,
    what: str,
    top1: tuple[float, float, str],
    top5: tuple[float, float, str],
) -> tuple[Claim, Claim]:
    """A change in error that the paper states as top-1 / top-5 points."""
    return tuple(  # type: ignore[return-value]
        Claim(
            f"{name}-{rank}",
            section,
            f"{what}, {rank} error",
            "points",
            paper,
            null=0.0,
            log=LabNote(log, source),
        )
        for rank, (paper, log, source) in (("top-1", top1), ("top-5", top5))
    )


def _percent(
    name: str, section: str, what: str, paper: float, log: LabNote | None = None
) -> Claim:
    return Claim(name, section, what, "%", paper, log=log)


# ten views, as the authors tested (`layer-params-conv-local-11pct.cfg:1-11`)
_TEN_VIEWS = "test_error_ten_views"
_CIFAR_NORM = (
    Claim(
        "cifar-without-norm",
        "§3.3",
        "CIFAR-10 test error without norm",
        "%",
        13.0,
        experiment="cifar-norm",
        measure=mean("13pct", _TEN_VIEWS, 100),
    ),
    Claim(
        "cifar-with-norm",
        "§3.3",
        "CIFAR-10 test error with norm",
        "%",
        11.0,
        experiment="cifar-norm",
        measure=mean("11pct", _TEN_VIEWS, 100),
    ),
    Claim(
        "cifar-norm-as-published",
        "§3.3",
        "CIFAR-10, the net with norm less the one without, as published: "
        "local3 is wider too",
        "points",
        -2.0,
        null=0.0,
        experiment="cifar-norm",
        measure=difference("11pct", "13pct", _TEN_VIEWS, 100),
    ),
    Claim(
        "cifar-norm-alone",
        "§3.3",
        "CIFAR-10, norm the only thing that differs",
        "points",
        -2.0,
        null=0.0,
        experiment="cifar-norm",
        measure=difference("13pct-lrn", "13pct", _TEN_VIEWS, 100),
    ),
)

_HALF, _NORM, _POOL = (
    f"layer-params-{name}.cfg" for name in ("145-half", "148", "147")
)
_IMAGENET = (
    *_points(
        "two-gpus",
        "§3.2",
        "two GPUs against a one-GPU net of half the kernels",
        (-1.7, -1.70, f"{_HALF}:90-100"),
        (-1.2, -1.23, f"{_HALF}:90-100"),
    ),
    Claim(
        "two-gpus-photographs",
        "§3.2",
        "the same without ImageNet, top-1 error over ten views; published runs "
        "are of Imagenette in crops of 96 pixels",
        "points",
        -1.7,
        null=0.0,
        experiment="ablations",
        measure=difference("source", "half", "top1_ten_views", 100),
    ),
    *_points(
        "response-normalisation",
        "§3.3",
        "with local response normalisation against without",
        (-1.4, -1.37, f"{_NORM}:137-148"),
        (-1.2, -1.15, f"{_NORM}:137-148"),
    ),
    *_points(
        "overlapping-pooling",
        "§3.4",
        "pooling 3/2 against 2/2",
        (-0.4, -0.39, f"{_POOL}:165-174"),
        (-0.3, -0.30, f"{_POOL}:165-174"),
    ),
    _percent(
        "2010-top-1",
        "Table 1",
        "LSVRC-2010 test, top-1 error, ten views",
        37.5,
        LabNote(37.4727, "layer-params-145-2010.cfg:177-178"),
    ),
    _percent(
        "2010-top-5",
        "Table 1",
        "LSVRC-2010 test, top-5 error, ten views",
        17.0,
        LabNote(16.9987, "layer-params-145-2010.cfg:177-178"),
    ),
    _percent(
        "2010-top-1-centre",
        "§4.1",
        "the same from the centre view alone, top-1 error",
        39.0,
        LabNote(39.0247, "layer-params-145-2010.cfg:179-180"),
    ),
    _percent(
        "2010-top-5-centre",
        "§4.1",
        "the same from the centre view alone, top-5 error",
        18.3,
        LabNote(18.2953, "layer-params-145-2010.cfg:179-180"),
    ),
    _percent(
        "2012-top-1",
        "Table 2",
        "ILSVRC-2012 validation, 1 CNN, top-1 error",
        40.7,
        LabNote(40.664, "layer-params-145.cfg:182"),
    ),
    _percent(
        "2012-top-5",
        "Table 2",
        "ILSVRC-2012 validation, 1 CNN, top-5 error",
        18.2,
        LabNote(18.21, "layer-params-145.cfg:182"),
    ),
)

# What the paper says of ImageNet, on data and nets that a laptop can train.
_POOLING_ELSEWHERE = (
    Claim(
        "overlapping-pooling-cifar",
        "§3.4",
        "the same on CIFAR-10 with a four-layer net, test error (paper: ImageNet)",
        "points",
        -0.4,
        null=0.0,
        experiment="cifar-pooling",
        measure=difference("overlapping", "apart", "test_error", 100),
    ),
    Claim(
        "overlapping-pooling-imagenette",
        "§3.4",
        "the same on Imagenette with AlexNet, top-1 error (paper: ImageNet)",
        "points",
        -0.4,
        null=0.0,
        experiment="ablations",
        measure=difference("source", "without-overlap", "top1_ten_views", 100),
    ),
)

CLAIMS: tuple[Claim, ...] = _FIGURE1 + _CIFAR_NORM + _IMAGENET + _POOLING_ELSEWHERE
