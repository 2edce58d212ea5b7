"""The standing of this series: rows of the ledger by section, runs by arm; depth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from alexnet_lib.experiments.long_photographs import PHOTOGRAPHS
from alexnet_lib.ledger.measures import Difference
from alexnet_lib.ledger.report import Row
from alexnet_lib.runs.records import Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table

LAYERS = ("conv3", "conv4", "fc7")
"""The middle layers that are left out, one at a time (§7)."""


def without(metric: str) -> dict[str, Difference]:
    """The net without each middle layer, minus the whole one."""
    return {
        f"without {layer}": Difference(
            f"without-{layer}", "baseline", metric, 100, of_images=True
        )
        for layer in LAYERS
    }


def named(rows: Iterable[Row], begins: str) -> list[Row]:
    """The rows of the claims whose names begin so."""
    return [row for row in rows if row.claim.name.startswith(begins)]


_KINDS = {
    NOT_RUN_YET: "not run",
    "interim": "interim",
    "described": "described",
    "not tested": "too short to judge",
}
"""What a verdict begins with, and the column that it counts in; else it is judged."""
_JUDGED = "judged"


def verdict_table(rows: Sequence[Row]) -> Table:
    """A row per section: how many claims there are, and what became of them."""
    columns = [_JUDGED, *_KINDS.values()]
    counted = Counter((row.claim.section, _kind(row.verdict)) for row in rows)
    sections = dict.fromkeys(row.claim.section for row in rows)
    body = []
    for section in sections:
        numbers = [counted[section, column] for column in columns]
        body.append([section, *map(str, [sum(numbers), *numbers])])
    sums = [sum(int(line[i]) for line in body) for i in range(1, len(columns) + 2)]
    body.append(["all", *map(str, sums)])
    return table(["section", "claims", *columns], body)


def _kind(verdict: str) -> str:
    kinds = (kind for begins, kind in _KINDS.items() if verdict.startswith(begins))
    return next(kinds, _JUDGED)


def runs_done(runs: Runs) -> Iterator[str]:
    """Yield a line per arm of the long baseline: how many of its runs are published."""
    plan = PHOTOGRAPHS.plan["laptop"]
    for arm in PHOTOGRAPHS.arms("laptop"):
        done, planned = len(runs.get(arm, ())), plan.seeds_for([arm])
        yield f"{arm}: {f'{done} of {planned} runs' if done else NOT_RUN_YET}"
