"""Tables of what the probes of Figure 1's runs found."""

from __future__ import annotations

from statistics import fmean

from alexnet_lib.epochs import Epoch
from alexnet_lib.runs.records import Runs
from alexnet_lib.tables import Table, table

_UNITS = ("unit1", "unit2", "unit3")


def flat_table(runs: Runs) -> Table:
    """Share of flat outputs of each layer at the end, mean over the seeds."""
    rows = []
    for arm, of_arm in runs.items():
        probes = [run.epochs[-1]["probe"] for run in of_arm]
        shares = [fmean(probe[unit]["flat"] for probe in probes) for unit in _UNITS]
        rows.append([arm, *(f"{share:.0%}" for share in shares)])
    return table(["net", *(f"{unit} flat" for unit in _UNITS)], rows)


def steps_table(runs: Runs) -> Table:
    """Length of conv1's steps: rate x gradient's norm / weights' norm, in 1/1000.

    Momentum left out. After the first epoch and at the end, mean over the seeds.
    """
    rows = []
    for arm, of_arm in runs.items():
        rate = of_arm[0].config.training.learning_rate
        moved = [
            1000 * rate * fmean(_relative_gradient(run.epochs[at]) for run in of_arm)
            for at in (1, -1)
        ]
        rows.append([arm, f"{rate:g}", *(f"{step:.2f}" for step in moved)])
    head = ["net", "rate", "after the first epoch", "at the end"]
    return table(head, rows)


def _relative_gradient(epoch: Epoch) -> float:
    return epoch["probe"]["conv1"]["relative_gradient"]
