"""Claims of ImageNet, each tested there and on what a laptop can train."""

from __future__ import annotations

import dataclasses

from alexnet_lib.ledger.claim import Claim
from alexnet_lib.ledger.lab_notes import LabNote
from alexnet_lib.ledger.measures import Difference

IMAGENET = "ImageNet, and days on a GPU"
NOT_THERE = " (claimed of ImageNet)"
IMAGENETTE = f"on all of Imagenette{NOT_THERE}"
EPOCHS_ON_IMAGENET = 90
EPOCHS_ON_IMAGENETTE = 30
"""Runs of AlexNet on ten classes that are shorter have hardly begun to overfit."""
LONG, SHORT = "photographs", "first-711-updates"
_BASE = {LONG: "baseline", SHORT: "source"}
"""What #145 is called in either experiment."""
Pair = tuple[str, str]


def errors(
    name: str,
    section: str,
    statement: str,
    paper: Pair,
    log: tuple[LabNote, LabNote] | None = None,
    needs: str = IMAGENET,
) -> tuple[Claim, ...]:
    """A net's top-1 and top-5 error on ImageNet."""
    return tuple(
        Claim(
            name=f"{name}-top-{k}",
            section=section,
            statement=f"{statement}, top-{k} error",
            unit="%",
            paper=paper[i],
            log=log[i] if log else None,
            of_imagenet=True,
            needs=needs,
        )
        for i, k in enumerate((1, 5))
    )


def compared(
    name: str,
    section: str,
    statement: str,
    other: str,
    paper: Pair | None,
    log: tuple[LabNote, LabNote],
    *,
    long: bool = True,
) -> tuple[Claim, ...]:
    """#145 less another net, in points: on ImageNet, and what a laptop can do.

    `other`: the arm's name in both experiments; not `long`, it is in the short one
    alone. What the paper does not print, its authors' notes alone, is an extension.
    """
    experiment = LONG if long else SHORT
    on_imagenet = tuple(
        Claim(
            name=f"{name}-top-{k}",
            section=section,
            statement=f"{statement}, top-{k} error",
            unit="points",
            paper=paper[i] if paper else None,
            null=0.0,
            kind="own data" if paper else "extension",
            log=log[i],
            experiment=experiment,
            measure=Difference(_BASE[experiment], other, f"test_top{k}_ten", 100),
            of_imagenet=True,
            epochs=EPOCHS_ON_IMAGENET,
            needs=IMAGENET,
        )
        for i, k in enumerate((1, 5))
    )
    short = dataclasses.replace(
        on_imagenet[0],
        measure=Difference(_BASE[SHORT], other, "test_top1_ten", 100, of_images=True),
        name=f"{name}-imagenette",
        statement=f"{statement}, on 6,500 files of Imagenette{NOT_THERE}, top-1 error",
        kind="elsewhere" if paper else "extension",
        experiment=SHORT,
        of_imagenet=False,
        epochs=EPOCHS_ON_IMAGENETTE,
        needs="",
    )
    return (*on_imagenet, short, *([on_photographs(on_imagenet[0])] if long else ()))


def on_photographs(claim: Claim) -> Claim:
    """The same difference of top-1 errors, of nets trained to the end on Imagenette."""
    assert isinstance(claim.measure, Difference)
    return dataclasses.replace(
        claim,
        name=f"{claim.name.removesuffix('-top-1')}-photographs",
        statement=f"{claim.statement.removesuffix(', top-1 error')}, {IMAGENETTE}, "
        "top-1 error",
        kind="elsewhere" if claim.paper else "extension",
        measure=dataclasses.replace(claim.measure, of_images=True),
        of_imagenet=False,
        epochs=EPOCHS_ON_IMAGENETTE,
        needs="",
    )
