"""Grids of rates of Figure 1's nets, and which rate was first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from alexnet_lib.experiments.figure1 import CHOSEN_RATE, RATES, fastest
from alexnet_lib.runs.records import Record, Runs
from alexnet_lib.tables import Table, table

CHOSEN = "taken for the race"


def grid_table(grid: Runs) -> Table:
    """A row per net and rate of `figure1-rates`: epochs, error, and the rate taken.

    That is the rate by the rule of `fastest`, from the records.
    """
    rows = []
    for arm, rates in RATES.items():
        runs = {rate: grid[f"{arm}-{rate:g}"][0] for rate in rates}
        first = fastest({rate: run.epochs for rate, run in runs.items()})
        for rate, run in runs.items():
            last = run.epochs[-1]
            error = f"{100 * last['train_running_top1']:.1f} %"
            chosen = CHOSEN if rate == first else ""
            rows.append([arm, f"{rate:g}", str(last["epoch"]), error, chosen])
    return table(["net", "rate", "epochs run", "training error", ""], rows)


def endpoint_table(runs: Runs) -> Table:
    """A row per net and rate of `figure1-endpoint`: epochs to 25 %, seed by seed.

    With the rate that is first there on the first seed, and the one of the race.
    """
    by_net: dict[str, dict[float, list[Record]]] = defaultdict(dict)
    for arm, of_arm in runs.items():
        by_net[arm.rpartition("-")[0]][rate_of(of_arm)] = list(of_arm)
    rows = []
    for net, rates in sorted(by_net.items()):
        first = fastest({rate: runs[0].epochs for rate, runs in rates.items()})
        for rate, of_rate in sorted(rates.items()):
            said = ["first of these"] if rate == first else []
            said += [CHOSEN] if rate == CHOSEN_RATE[net] else []
            rows.append([net, f"{rate:g}", _reached(of_rate), ", ".join(said)])
    return table(["net", "rate", "epochs to 25 %, each seed", ""], rows)


def rate_of(runs: Iterable[Record]) -> float:
    """The learning rate that these runs share; `ValueError` if they do not."""
    (rate,) = {run.config.training.learning_rate for run in runs}
    return rate


def _reached(runs: Iterable[Record]) -> str:
    return ", ".join(
        f"not within {run.config.training.epochs}"
        if run.result["epochs_to_25"] is None
        else f"{run.result['epochs_to_25']:.1f}"
        for run in runs
    )
