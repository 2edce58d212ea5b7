"""The time that published runs took, for a reader who thinks of starting their own."""

from __future__ import annotations

from alexnet_lib.runs.records import Runs
from alexnet_lib.tables import NOT_RUN_YET


def per_seed(runs: Runs) -> str:
    """A line per seed: its nets, the hours of all of them, the threads they had."""
    listed = [record for all_ in runs.values() for record in all_]
    lines = []
    for seed in sorted({record.seed for record in listed}):
        of_seed = [record for record in listed if record.seed == seed]
        nets = f"{len(of_seed)} net{'s' * (len(of_seed) > 1)}"
        hours = sum(record.wall_seconds for record in of_seed) / 3600
        threads = sorted({record.environment["threads"] for record in of_seed})
        on = ", ".join(map(str, threads))
        lines.append(f"seed {seed}: {nets}, {hours:.1f} hours in all, threads: {on}")
    return "\n".join(lines) or NOT_RUN_YET
