"""An experiment as data: arms, measures, metrics, and its cost at each scale.

An arm is a `RunConfig` with a name: one base, and what an arm changes of it. Metrics
are computed from a record's epochs alone, so that anyone can compute them again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alexnet_lib.config import RunConfig
from alexnet_lib.epochs import LOOP_KEYS, Epoch
from alexnet_lib.experiments.kept import Artifact, FirstLayer, PixelRetrieval
from alexnet_lib.experiments.measures import Measures, keys_of
from alexnet_lib.experiments.metrics import Metric
from alexnet_lib.experiments.plan import Plans
from alexnet_lib.settings import SCALES, Scale

Arms = dict[str, RunConfig]


@dataclass(frozen=True)
class Experiment:
    """Arms per scale, what is measured of a run, and the seeds `first_seed`, +1, ...

    - `measures` per scale; `metrics` are a run's results, by name. A metric that reads
      what no measure writes raises `ValueError` here.
    - `keeps`: arrays kept beside each record; `keeps_of` an arm's beside those.
    - `seeds`: how many of them a scale runs unless asked otherwise.
    - `expect`: in words, what a run costs on two CPU cores and what to expect of it.
    - `plan`: only scales that have one are published.
    """

    name: str
    section: str
    question: str
    arms: Callable[[Scale], Arms]
    measures: Callable[[Scale], Measures]
    metrics: Mapping[str, Metric]
    seeds: Mapping[Scale, int]
    expect: Mapping[Scale, str]
    first_seed: int = 1
    plan: Plans = field(default_factory=dict)
    keeps: tuple[Artifact, ...] = ()
    keeps_of: Mapping[str, tuple[Artifact, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for scale in SCALES:
            written = keys_of(self.measures(scale)) | LOOP_KEYS
            for name, metric in self.metrics.items():
                if missing := sorted(set(metric.keys) - written):
                    raise ValueError(
                        f"{self.name}: metric {name} reads {missing[0]}, which no "
                        f"measure writes at scale {scale}; add the measure that does"
                    )

    def result(self, epochs: list[Epoch]) -> dict[str, float | None]:
        """The metrics of a run with these epochs, by name."""
        return {name: metric(epochs) for name, metric in self.metrics.items()}

    def artifacts(self, arm: str, seed: int) -> list[Artifact]:
        """The arrays that are kept of the run of `arm` and `seed`."""
        asked = (*self.keeps, *self.keeps_of.get(arm, ()))
        return [
            artifact
            for artifact in asked
            if not isinstance(artifact, FirstLayer | PixelRetrieval)
            or not artifact.seeds
            or seed in artifact.seeds
        ]

    def seed_list(self, scale: Scale, count: int | None = None) -> list[int]:
        """The first `count` seeds, or as many as the scale says."""
        count = self.seeds[scale] if count is None else count
        return [self.first_seed + i for i in range(count)]
