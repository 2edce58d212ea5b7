"""§4 and §5: what keeps the network from overfitting, and how it learns."""

from __future__ import annotations

from alexnet_lib.ledger.claim import Claim
from alexnet_lib.ledger.claims.both_errors import IMAGENET, NOT_THERE, errors
from alexnet_lib.ledger.lab_notes import LOG
from alexnet_lib.ledger.measures import Within

_LEARNED = (
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
_TEN_VIEWS_LOG = LOG["#145-2010"].less(LOG["#145-2010, centre"])


def _ten_views(of_imagenet: bool) -> tuple[Claim, ...]:
    """Ten views less the centre one, as the paper's two rows of §4.1 have it."""
    arms = ("source",) if of_imagenet else _LEARNED
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
            experiment="first-711-updates",
            measure=Within(
                arms, f"test_top{k}_ten", f"test_top{k}", 100, not of_imagenet
            ),
            of_imagenet=of_imagenet,
            needs=IMAGENET if of_imagenet else "",
        )
        for k, paper, log in zip((1, 5), ("-1.5", "-1.3"), _TEN_VIEWS_LOG, strict=True)
    )


_UNTRIED = "an experiment that is not here yet"
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
    Claim(
        name="crops",
        section="§4.1",
        statement="overfitting without crops and mirrors",
        paper="substantial",
        needs=_UNTRIED,
    ),
    Claim(
        name="colour-noise",
        section="§4.1",
        statement="with colour noise against without, top-1 error on ImageNet",
        paper="over 1 point less",
        needs=IMAGENET,
    ),
    Claim(
        name="dropout-overfitting",
        section="§4.2",
        statement="overfitting without dropout",
        paper="substantial",
        needs=_UNTRIED,
    ),
    Claim(
        name="dropout-time",
        section="§4.2",
        statement="iterations to converge, with dropout against without",
        unit="times",
        paper="2",
        null=1.0,
        needs=_UNTRIED,
    ),
    Claim(
        name="weight-decay",
        section="§5",
        statement="weight decay against none, training error",
        paper="less",
        null=0.0,
        needs=_UNTRIED,
    ),
    Claim(
        name="training-time",
        section="§5",
        statement="90 epochs of ImageNet on two GTX 580 of 3 GB",
        paper="5 to 6 days",
        needs="two GTX 580",
    ),
)
