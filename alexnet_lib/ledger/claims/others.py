"""Systems of others, of 2012 and before, that the paper sets beside its own."""

from __future__ import annotations

from alexnet_lib.ledger.claim import Claim
from alexnet_lib.ledger.claims.of_imagenet import errors

_NEEDS = "that system and its data: it is others', and no network of this paper"
_CALTECH = "Caltech-101, and the network of Jarrett et al. (2009)"


CLAIMS = (
    *errors(
        "2010-sparse-coding",
        "§6, Table 1",
        "LSVRC-2010 test, sparse coding",
        ("47.1", "28.2"),
        needs=_NEEDS,
    ),
    *errors(
        "2010-sift",
        "§6, Table 1",
        "LSVRC-2010 test, SIFT + FVs",
        ("45.7", "25.7"),
        needs=_NEEDS,
    ),
    Claim(
        name="2012-test-sift-top-5",
        section="§6, Table 2",
        statement="ILSVRC-2012 test, SIFT + FVs, second in the contest, top-5 error",
        unit="%",
        paper="26.2",
        of_imagenet=True,
        needs=_NEEDS,
    ),
    *errors(
        "2009-others",
        "§6",
        "ImageNet of autumn 2009, best published before",
        ("78.1", "60.9"),
        needs=_NEEDS,
    ),
    Claim(
        name="jarrett",
        section="§3.1",
        statement="absolute values of tanh, with contrast normalisation and local "
        "average pooling, do well on Caltech-101, against overfitting",
        paper="particularly well",
        needs=_CALTECH,
    ),
)
