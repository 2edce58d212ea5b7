"""Tables of runs: every metric of each, or one metric by arm."""

from __future__ import annotations

from collections.abc import Iterable

from alexnet_lib.ledger.estimate import mean
from alexnet_lib.runs.records import Record, Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table


def result_table(runs: Iterable[Record]) -> Table:
    """Every run's metrics, a row per run."""
    listed = list(runs)
    metrics = list(listed[0].result) if listed else []
    return table(
        ["arm", "seed", *metrics],
        ([r.arm, str(r.seed), *(_shown(r.result[m]) for m in metrics)] for r in listed),
    )


def metric_table(
    runs: Runs, metric: str, digits: int = 2, head: str = "each seed"
) -> Table:
    """A row per arm: every seed's value of a metric, then mean and interval."""
    rows = []
    for arm, all_ in runs.items():
        values = [r.result[metric] for r in all_]
        reached = [v for v in values if v is not None]
        shown = ", ".join(_shown(v, digits) for v in values)
        whole = mean(reached).text(digits) if len(reached) == len(values) else "never"
        rows.append([arm, shown, whole])
    return table(["arm", head, "mean, 95 % interval"], rows, empty=NOT_RUN_YET)


def _shown(value: float | None, digits: int = 3) -> str:
    return "never" if value is None else f"{value:.{digits}f}"
