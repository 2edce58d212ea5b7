"""What an experiment is: arms, metrics, and what it costs at each scale.

An arm is a `RunConfig` with a name; arms differ in what the experiment is about
and in nothing else. Metrics are computed from a record's epochs alone, so that
anyone can compute them again.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alexnet_lib.config import RunConfig
from alexnet_lib.experiments.plan import Plans
from alexnet_lib.settings import Scale

Epochs = list[dict[str, Any]]


@dataclass(frozen=True)
class Experiment:
    """Arms per scale, the metrics of a run, and the seeds `first_seed`, +1, ...

    `seeds` is how many of them a scale runs unless asked otherwise; `expect`
    says in words what a run costs on two CPU cores and what to expect of it. Of
    the arms in `keeps_first_layer` published runs keep conv1; see `kernels`. Only
    scales that have a `plan` are published.
    """

    name: str
    section: str
    question: str
    arms: Callable[[Scale], dict[str, RunConfig]]
    metrics: Callable[[Epochs], dict[str, float | None]]
    seeds: Mapping[Scale, int]
    expect: Mapping[Scale, str]
    first_seed: int = 1
    keeps_first_layer: frozenset[str] = frozenset()
    plan: Plans = field(default_factory=dict)

    def seed_list(self, scale: Scale, count: int | None = None) -> list[int]:
        """The first `count` seeds, or as many as the scale says."""
        count = self.seeds[scale] if count is None else count
        return [self.first_seed + i for i in range(count)]


def epochs_to(epochs: Epochs, key: str, target: float) -> float | None:
    """Epochs until `key` first falls to `target`, interpolated; None if never.

    Linear between the two epochs around the crossing. An epoch without the key
    (the untrained network has no error over trained batches) is left out.
    """
    points = [(e["epoch"], e[key]) for e in epochs if key in e]
    for (e0, y0), (e1, y1) in itertools.pairwise(points):
        if y1 <= target < y0:
            return e0 + (y0 - target) / (y0 - y1) * (e1 - e0)
    if points and points[0][1] <= target:
        return float(points[0][0])
    return None
