"""Claims of VGG (Simonyan and Zisserman, 2014, arXiv 1409.1556), not of AlexNet's.

Their sections begin with "VGG". Errors are of ImageNet's validation set, centre of
images of 256 pixels a side, evaluated densely, unless a row says otherwise.
"""

from __future__ import annotations

from typing import get_args

from alexnet_lib.ledger.claim import Claim, Direction, Equivalence, Rule
from alexnet_lib.ledger.claims.of_imagenet import NOT_THERE, Pair, errors
from alexnet_lib.ledger.counted import Counted
from alexnet_lib.ledger.measures import Difference
from alexnet_lib.nets.vgg import Configuration

_IMAGENET = "ImageNet, and weeks on a GPU"
_COPIES = f"narrow copies on CIFAR-10{NOT_THERE}"
_PARAMETERS: dict[Configuration, str] = {
    "A": "133",
    "A-LRN": "133",
    "B": "133",
    "C": "134",
    "D": "138",
    "E": "144",
}
"""Millions, Table 2."""
_ERRORS: dict[Configuration, Pair] = {
    "A": ("29.6", "10.4"),
    "A-LRN": ("29.7", "10.5"),
    "B": ("28.7", "9.9"),
    "C": ("28.1", "9.4"),
    "D": ("27.0", "8.8"),
    "E": ("27.3", "9.0"),
}
"""Table 3, trained and tested at one scale of 256."""
_AT_384: dict[tuple[Configuration, str], Pair] = {
    ("D", "384"): ("26.8", "8.7"),
    ("D", "256 to 512"): ("25.6", "8.1"),
    ("E", "384"): ("26.9", "8.7"),
    ("E", "256 to 512"): ("25.5", "8.0"),
}
"""Table 3, tested at 384: by the scale or scales that the net was trained at."""
_VIEWS: dict[str, Pair] = {
    "dense": ("24.8", "7.5"),
    "150 crops": ("24.6", "7.5"),
    "dense and crops": ("24.4", "7.2"),
}
"""Table 5, of D, trained at scales of 256 to 512."""


def _copies(
    name: str,
    section: str,
    statement: str,
    experiment: str,
    arms: tuple[str, str],
    paper: str,
    rule: Rule,
) -> Claim:
    """Compare two arms of narrow copies by their test error, in points."""
    judged_by_null = isinstance(rule, Direction)
    return Claim(
        name=f"vgg-{name}",
        section=section,
        statement=f"{statement}, {_COPIES}, test error",
        unit="points",
        paper=paper,
        null=0.0 if judged_by_null else None,
        kind="elsewhere",
        rule=rule,
        experiment=experiment,
        measure=Difference(*arms, "test_top1", 100, of_images=True),
    )


_COUNTS = tuple(
    Claim(
        name=f"vgg-{configuration.lower()}-parameters",
        section="VGG Table 2",
        statement=f"parameters of {configuration}",
        unit="million",
        paper=_PARAMETERS[configuration],
        measure=Counted(configuration, "parameters", 1e6),
    )
    for configuration in get_args(Configuration)
)
_STARTS = tuple(
    _copies(
        name,
        "VGG §3.1",
        f"D {how}, against D of Gaussian weights as A has them",
        "vgg-start",
        (arm, "D"),
        paper,
        Direction(-1),
    )
    for name, arm, how, paper in (
        ("from-a", "D-from-A", "begun with layers of a trained A", "less"),
        ("glorot", "D-glorot", "drawn after Glorot and Bengio", "possible"),
    )
)
_TABLE_3 = tuple(
    claim
    for configuration, paper in _ERRORS.items()
    for claim in errors(
        f"vgg-{configuration.lower()}",
        "VGG Table 3",
        f"{configuration}, trained and tested at 256",
        paper,
        needs=_IMAGENET,
    )
)
_JITTER = tuple(
    claim
    for (configuration, scales), paper in _AT_384.items()
    for claim in errors(
        f"vgg-{configuration.lower()}-{scales.replace(' ', '-')}",
        "VGG Table 3",
        f"{configuration}, trained at {scales}, tested at 384",
        paper,
        needs=_IMAGENET,
    )
)
_SINGLE_SCALE = (
    _copies(
        "lrn",
        "VGG §4.1",
        "A with response normalisation after conv1 against A without",
        "vgg-depth",
        ("A-LRN", "A"),
        "no improvement",
        Equivalence(1.0),
    ),
    *(
        _copies(
            name,
            "VGG §4.1",
            statement,
            "vgg-depth",
            arms,
            "less",
            Direction(-1),
        )
        for name, arms, statement in (
            ("depth-b", ("B", "A"), "13 layers (B) against 11 (A)"),
            ("depth-c", ("C", "B"), "16 layers, three of them 1x1 (C), against 13 (B)"),
            ("depth-d", ("D", "C"), "16 layers, all of them 3x3 (D), against C"),
        )
    ),
    Claim(
        name="vgg-5x5-imagenet",
        section="VGG §4.1",
        statement="B with one 5x5 convolution for each two 3x3 against B, centre crop, "
        "top-1 error",
        unit="points",
        paper="7",
        null=0.0,
        experiment="vgg-depth",
        measure=Difference("B-5x5", "B", "test_top1", 100),
        of_imagenet=True,
        needs=_IMAGENET,
    ),
    Claim(
        name="vgg-5x5",
        section="VGG §4.1",
        statement=f"the same, {_COPIES}, test error",
        unit="points",
        paper="7",
        null=0.0,
        kind="elsewhere",
        experiment="vgg-depth",
        measure=Difference("B-5x5", "B", "test_top1", 100, of_images=True),
    ),
)
_TABLE_5 = tuple(
    claim
    for views, paper in _VIEWS.items()
    for claim in errors(
        f"vgg-d-{views.replace(' ', '-')}",
        "VGG Table 5",
        f"D, trained at 256 to 512, {views}",
        paper,
        needs=_IMAGENET,
    )
)
CLAIMS = (*_COUNTS, *_STARTS, *_SINGLE_SCALE, *_TABLE_3, *_JITTER, *_TABLE_5)
