"""§4: what keeps the network from overfitting."""

from __future__ import annotations

import dataclasses

from alexnet_lib.experiments.measures import ShiftedErrors
from alexnet_lib.experiments.overfitting import SHIFT
from alexnet_lib.ledger.claim import Claim, Direction, Roughly
from alexnet_lib.ledger.claims.of_imagenet import (
    EPOCHS_ON_IMAGENETTE,
    IMAGENET,
    LONG,
    NOT_THERE,
    SHORT,
    Pair,
    errors,
)
from alexnet_lib.ledger.lab_notes import LOG
from alexnet_lib.ledger.measures import Difference, Ratio, Within

LEARNED = (
    "source",
    "paper-code-init",
    "no-norm",
    "no-norm-2",
    "alpha-as-printed",
    "norm-after-relu",
    "norm-2-before-relu",
    "batch-norm",
    "without-overlap",
    "half",
    "no-communication",
)
"""All nets of the ablations but the text's, which has hardly learned in that time."""
_CIFAR = "four-layer net on CIFAR-10"
_TEN_VIEWS_LOG = LOG["#145-2010"].less(LOG["#145-2010, centre"])


def _ten_views(of_imagenet: bool) -> tuple[Claim, ...]:
    """Ten views less the centre one, as the paper's two rows of §4.1 have it."""
    arms = ("baseline",) if of_imagenet else LEARNED
    where = "" if of_imagenet else f", 11 nets on 6,500 files of Imagenette{NOT_THERE}"
    return tuple(
        Claim(
            name=f"ten-views-{'' if of_imagenet else 'imagenette-'}top-{k}",
            section="§4.1",
            statement=f"ten views against the centre{where}, top-{k} error",
            unit="points",
            paper=paper,
            null=0.0,
            kind="own data" if of_imagenet else "elsewhere",
            log=log,
            experiment=LONG if of_imagenet else SHORT,
            measure=Within(
                arms, f"test_top{k}_ten", f"test_top{k}", 100, not of_imagenet
            ),
            of_imagenet=of_imagenet,
            needs=IMAGENET if of_imagenet else "",
        )
        for k, paper, log in zip((1, 5), ("-1.5", "-1.3"), _TEN_VIEWS_LOG, strict=True)
    )


def _overfitted(
    name: str,
    what: str,
    where: str,
    experiment: str,
    arms: Pair,
    epochs: int | None = None,
) -> tuple[Claim, ...]:
    """The gap without `what`, crops above all, less that with, and the test errors.

    Both have to be larger: a net that fits its training images better has the larger
    gap even where it is no worse on others.
    """
    gap = Claim(
        name=name,
        section="§4.1",
        statement=f"without {what} against with, {where}{NOT_THERE}, test minus "
        "training error",
        unit="points",
        paper="substantial overfitting",
        null=0.0,
        kind="elsewhere",
        rule=Direction(+1, least=5),
        experiment=experiment,
        measure=Difference(*arms, "gap", 100, of_images=True),
        epochs=epochs,
    )
    test_error = dataclasses.replace(
        gap,
        name=f"{name}-test-error",
        statement=f"without {what} against with, {where}{NOT_THERE}, test error",
        rule=Direction(+1),
        measure=Difference(*arms, "test_top1", 100, of_images=True),
    )
    return gap, test_error


def _one_alone(name: str, arm: str, what: str) -> Claim:
    """The gap without crops, or without mirrors, less that with both."""
    return Claim(
        name=f"cifar-{name}",
        section="§4.1",
        statement=f"{what}, {_CIFAR}, test minus training error",
        unit="points",
        null=0.0,
        kind="extension",
        experiment="cifar-crops",
        measure=Difference(arm, "crops-mirrored", "gap", 100, of_images=True),
    )


_CROPS = (
    *_overfitted(
        "crops-photographs",
        "crops, mirrors and colour noise",
        "on all of Imagenette",
        LONG,
        ("centre-only", "baseline"),
        EPOCHS_ON_IMAGENETTE,
    ),
    *_overfitted(
        "crops-cifar",
        "crops and mirrors",
        _CIFAR,
        "cifar-crops",
        ("centre-plain", "crops-mirrored"),
    ),
    _one_alone("crops-alone", "centre-mirrored", "mirrors without crops against both"),
    _one_alone("mirrors-alone", "crops-plain", "crops without mirrors against both"),
)
_READINGS = {
    "deviation": "with a deviation of .1 as in the code",
    "eigenvalue-unit": "read as in the text, of pixels in 0..1",
}
_COLOUR = tuple(
    Claim(
        name=f"colour-noise-cifar-{arm}",
        section="§4.1",
        statement=f"colour noise {reading} against none, {_CIFAR}{NOT_THERE}, "
        "test error",
        unit="points",
        paper="-1",
        null=0.0,
        kind="elsewhere",
        experiment="cifar-colour",
        measure=Difference(arm, "none", "test_top1", 100, of_images=True),
    )
    for arm, reading in _READINGS.items()
)
_SHIFTED = tuple(
    Claim(
        name=f"colour-noise-cifar-shifted-{axis}",
        section="§4.1",
        statement=f"colour noise {_READINGS['deviation']} against none, {_CIFAR}, "
        f"error on test images moved by {SHIFT:g} deviations along colour axis {axis}",
        unit="points",
        kind="extension",
        experiment="cifar-colour",
        measure=Difference("deviation", "none", metric, 100, of_images=True),
    )
    for axis, metric in enumerate(ShiftedErrors.keys, start=1)
)
_DROPOUT = tuple(
    dataclasses.replace(claim, section="§4.2", beside=LONG)
    for claim in _overfitted(
        "dropout-overfitting",
        "dropout",
        "on all of Imagenette",
        "dropout-fit",
        ("none", "baseline"),
        EPOCHS_ON_IMAGENETTE,
    )
)
_DROPOUT_TIME = Claim(
    name="dropout-time",
    section="§4.2",
    statement="epochs to 20 % training error, dropout off, with dropout against "
    f"without, on all of Imagenette{NOT_THERE}",
    unit="times",
    paper="2",
    null=1.0,
    kind="elsewhere",
    rule=Roughly(1.4, 2.9),
    experiment="dropout-time",
    measure=Ratio("dropout", "none", "epochs_to_20"),
)
CLAIMS = (
    *errors(
        "2010-centre",
        "§4.1",
        "LSVRC-2010 test, centre view",
        ("39.0", "18.3"),
        LOG["#145-2010, centre"].notes(),
    ),
    *_ten_views(of_imagenet=True),
    *_ten_views(of_imagenet=False),
    *_CROPS,
    Claim(
        name="colour-noise",
        section="§4.1",
        statement="with colour noise against without, top-1 error on ImageNet",
        paper="over 1 point less",
        needs=IMAGENET,
    ),
    *_COLOUR,
    *_SHIFTED,
    *_DROPOUT,
    _DROPOUT_TIME,
)
