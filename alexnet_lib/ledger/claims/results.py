"""The tables, §6 and §7: errors on ImageNet, what the kernels show, depth."""

from __future__ import annotations

import dataclasses
import itertools

from alexnet_lib.ledger.claim import Claim, InRuns
from alexnet_lib.ledger.claims.of_imagenet import (
    EPOCHS_ON_IMAGENET,
    EPOCHS_ON_IMAGENETTE,
    IMAGENET,
    IMAGENETTE,
    LONG,
    NOT_THERE,
    errors,
    on_photographs,
)
from alexnet_lib.ledger.ensembles import EnsembleGain, SearchedGain
from alexnet_lib.ledger.lab_notes import LOG
from alexnet_lib.ledger.measures import Difference, FurtherApart
from alexnet_lib.ledger.retrieval import Precision, Way

_ENSEMBLE = "five nets, each trained on ImageNet for days on a GPU"
_PRETRAINED = "the 15 million images of ImageNet's release of autumn 2011, and a GPU"

_MIDDLE = ("conv3", "conv4", "fc7")


def _without(layer: str) -> Claim:
    """The net without a middle layer less the whole one, on ImageNet."""
    return Claim(
        name=f"depth-{layer}-top-1",
        section="§7",
        statement=f"without {layer} against with it, top-1 error",
        unit="points",
        paper="2",
        null=0.0,
        experiment=LONG,
        measure=Difference(f"without-{layer}", "baseline", "test_top1_ten", 100),
        of_imagenet=True,
        epochs=EPOCHS_ON_IMAGENET,
        needs=IMAGENET,
    )


_FIVE = f"five nets' mean probabilities against one net's, {IMAGENETTE}"
_ENSEMBLE_OF_FIVE = Claim(
    name="ensemble-photographs-top-1",
    section="§6, Table 2",
    statement=f"{_FIVE}, top-1 error",
    unit="points",
    paper="-2.6",
    null=0.0,
    kind="elsewhere",
    experiment=LONG,
    measure=EnsembleGain("baseline", 5, "top1", 100),
    epochs=EPOCHS_ON_IMAGENETTE,
)
_ENSEMBLES = (
    _ENSEMBLE_OF_FIVE,
    dataclasses.replace(
        _ENSEMBLE_OF_FIVE,
        name="ensemble-photographs-loss",
        statement=f"{_FIVE}, cross-entropy",
        unit="hundredths of a nat",
        paper=None,
        kind="extension",
        measure=EnsembleGain("baseline", 5, "loss", 100),
    ),
    dataclasses.replace(
        _ENSEMBLE_OF_FIVE,
        name="ensemble-photographs-searched-weights",
        statement="weights searched for as by the authors' script (avg-valid.py), on "
        f"other images than tested, against equal ones, {IMAGENETTE}, top-1 error",
        paper=None,
        kind="extension",
        measure=SearchedGain("baseline", 100),
    ),
)


def _nearest(name: str, what: str, way: Way, less: Way | None = None) -> Claim:
    """The share of the six nearest training images that are of an image's class."""
    return Claim(
        name=f"retrieval-{name}",
        section="§6.1",
        statement=f"{what}, {IMAGENETTE.removesuffix(NOT_THERE)}: of the six nearest "
        "training images, those of the test image's class",
        unit="points" if less else "%",
        null=0.0 if less else None,
        kind="extension",
        experiment=LONG,
        measure=Precision("baseline", way, less),
        epochs=EPOCHS_ON_IMAGENETTE,
    )


_FC7 = Way()
_RETRIEVAL = (
    _nearest("fc7", "by fc7", _FC7),
    _nearest("fc7-pixels", "by fc7 against by pixels", _FC7, Way("hits_pixels")),
    _nearest("fc7-conv5", "by fc7 against by conv5", _FC7, Way("hits_flatten")),
    _nearest("fc7-untrained", "by fc7 against untrained", _FC7, Way(epoch=0)),
    _nearest(
        "fc7-short-code",
        "by 32 principal axes of fc7 against all of it",
        Way("hits_fc7_pca-32"),
        _FC7,
    ),
    _nearest(
        "fc7-shortcut",
        "by the authors' shortcut, in batches of 19, against exactly",
        Way("hits_fc7_batches-19"),
        _FC7,
    ),
)

CLAIMS = (
    *errors(
        "2010",
        "§6, Table 1",
        "LSVRC-2010 test, ten views",
        ("37.5", "17.0"),
        LOG["#145-2010"].notes(),
    ),
    *errors(
        "2012",
        "§6, Table 2",
        "ILSVRC-2012 validation, 1 CNN",
        ("40.7", "18.2"),
        LOG["#145"].notes(),
    ),
    *errors(
        "2012-5-cnns",
        "§6, Table 2",
        "ILSVRC-2012 validation, 5 CNNs",
        ("38.1", "16.4"),
        needs=_ENSEMBLE,
    ),
    *errors(
        "2012-pretrained",
        "§6, Table 2",
        "ILSVRC-2012 validation, 1 CNN*",
        ("39.0", "16.6"),
        LOG["#146"].notes(),
        needs=_PRETRAINED,
    ),
    *errors(
        "2012-7-cnns",
        "§6, Table 2",
        "ILSVRC-2012 validation, 7 CNNs*",
        ("36.7", "15.4"),
        needs=_PRETRAINED,
    ),
    *(
        Claim(
            name=f"2012-test-{nets}-cnns-top-5",
            section="§6, Table 2",
            statement=f"ILSVRC-2012 test, {name}, top-5 error",
            unit="%",
            paper=paper,
            of_imagenet=True,
            needs="the test set's labels, which were never published",
        )
        for nets, name, paper in ((5, "5 CNNs", "16.4"), (7, "7 CNNs*", "15.3"))
    ),
    *errors(
        "2009",
        "§6",
        "ImageNet of autumn 2009, 10,184 classes, half to train, half to test",
        ("67.4", "40.9"),
        needs="these 8.9 million images, and a GPU",
    ),
    Claim(
        name="colour-by-tower",
        section="§6.1",
        statement="conv1's kernels are grey on one GPU and coloured on the other, "
        f"{IMAGENETTE}: nets whose halves' responses differ more in mean colour than "
        "in any net with conv2 dense",
        unit="% of runs",
        paper="in every run",
        kind="elsewhere",
        rule=InRuns(100 * 7 / 8),
        experiment=LONG,
        measure=FurtherApart(
            *("baseline", "dense-conv2"),
            ("response_first_half", "response_second_half"),
        ),
        epochs=EPOCHS_ON_IMAGENETTE,
    ),
    *_ENSEMBLES,
    *_RETRIEVAL,
    *itertools.chain.from_iterable(
        (claim, on_photographs(claim)) for claim in map(_without, _MIDDLE)
    ),
)
