"""Image by image: where two runs, or two ways to look, are wrong and right apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alexnet_lib.experiments.kept import RightAnswers
from alexnet_lib.runs import artifacts
from alexnet_lib.runs.records import Record

_KEPT = {f"test_{name}": name for name in ("top1", "top5", "top1_ten", "top5_ten")}
"""Under which name `RightAnswers` keeps the answers behind a metric."""


class Scored(NamedTuple):
    """A run, and the metric that it is scored by."""

    run: Record
    metric: str


def paired(seeds: Sequence[Sequence[tuple[Scored, Scored]]]) -> NDArray | None:
    """By seed and image, (seeds, images), errors of the first less of the second.

    Averaged over the pairs of a seed. None unless all of these runs kept their answers
    and gave them to the same images.
    """
    runs = [scored.run for pairs in seeds for pair in pairs for scored in pair]
    if len({run.data["fingerprint"] for run in runs}) > 1:
        return None
    rows = []
    for pairs in seeds:
        wrong = [[_wrong(scored) for scored in pair] for pair in pairs]
        kept = [(a, b) for a, b in wrong if a is not None and b is not None]
        if len(kept) < len(pairs):
            return None
        rows.append(np.mean([a - b for a, b in kept], axis=0))  # (images,)
    return np.stack(rows)


def _wrong(scored: Scored) -> NDArray | None:
    """(images,) 1 where the run was wrong and 0 where it was right, if it was kept."""
    name, record = _KEPT.get(scored.metric), scored.run.path
    if name is None or record is None:
        return None
    path = artifacts.path_of(record, RightAnswers.name)
    if not path.exists():
        return None
    return 1.0 - artifacts.unpacked(artifacts.read(path), name)
