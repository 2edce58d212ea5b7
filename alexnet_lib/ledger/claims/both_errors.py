"""Claims that come in pairs: a top-1 and a top-5 error on ImageNet."""

from __future__ import annotations

import dataclasses

from alexnet_lib.ledger.claim import Claim
from alexnet_lib.ledger.lab_notes import LabNote
from alexnet_lib.ledger.measures import Difference

IMAGENET = "ImageNet, and days on a GPU"
NOT_THERE = " (claimed of ImageNet)"
EPOCHS_ON_IMAGENET = 90
EPOCHS_ON_IMAGENETTE = 30
"""Runs of AlexNet on ten classes that are shorter have hardly begun to overfit."""
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
    arms: Pair,
    paper: Pair | None,
    log: tuple[LabNote, LabNote],
) -> tuple[Claim, ...]:
    """A net of the ablations against another: on ImageNet, and what a laptop can do.

    `arms`: the first less the second, in points. What the paper does not print, its
    authors' notes alone, is an extension.
    """
    on_imagenet = [
        Claim(
            name=f"{name}-top-{k}",
            section=section,
            statement=f"{statement}, top-{k} error",
            unit="points",
            paper=paper[i] if paper else None,
            null=0.0,
            kind="own data" if paper else "extension",
            log=log[i],
            experiment="first-711-updates",
            measure=Difference(*arms, f"test_top{k}_ten", 100),
            of_imagenet=True,
            epochs=EPOCHS_ON_IMAGENET,
            needs=IMAGENET,
        )
        for i, k in enumerate((1, 5))
    ]
    elsewhere = dataclasses.replace(
        on_imagenet[0],
        measure=Difference(*arms, "test_top1_ten", 100, of_images=True),
        name=f"{name}-imagenette",
        statement=f"{statement}, on 6,500 files of Imagenette{NOT_THERE}, top-1 error",
        kind="elsewhere" if paper else "extension",
        of_imagenet=False,
        epochs=EPOCHS_ON_IMAGENETTE,
        needs="",
    )
    return (*on_imagenet, elsewhere)
