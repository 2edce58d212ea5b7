"""§4's published runs: what is compared, what is there, the rates that were tried."""

from __future__ import annotations

from collections.abc import Iterable

from alexnet_lib.experiments import by_name
from alexnet_lib.experiments.dropout import NETS, best_rate
from alexnet_lib.figures.curves import Look
from alexnet_lib.figures.picture import BLUE, GREEN, ORANGE, PINK
from alexnet_lib.ledger.claims.overfitting import LEARNED
from alexnet_lib.ledger.measures import Within
from alexnet_lib.runs import records
from alexnet_lib.runs.records import Record, Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table

TEN_VIEWS = {
    arm: Within((arm,), "test_top1_ten", "test_top1", 100) for arm in LEARNED
} | {"all of them": Within(LEARNED, "test_top1_ten", "test_top1", 100)}
"""Top-1 error of ten views minus that of the centre, in points, net by net."""
CIFAR_CROPS = {
    "crops-mirrored": Look("crops and mirrors", BLUE),
    "crops-plain": Look("crops alone", GREEN),
    "centre-mirrored": Look("mirrors alone", PINK),
    "centre-plain": Look("neither", ORANGE),
}
PHOTOGRAPHS = {
    "baseline": Look("crops, mirrors, noise", BLUE),
    "centre-only": Look("the centre alone", ORANGE),
}
DROPOUT = {"baseline": Look("dropout", BLUE), "none": Look("none", ORANGE)}
NEEDED = (
    *("photographs", "cifar-crops", "cifar-colour"),
    *("dropout-fit-rates", "dropout-fit", "dropout-time-rates", "dropout-time"),
)
"""The experiments of §4 that have plans."""


def with_dropout_or_none() -> Runs:
    """The long baseline and the same net without dropout, of two experiments."""
    long, none = records.published("photographs"), records.published("dropout-fit")
    return {"baseline": long.get("baseline", []), "none": none.get("none", [])}


def progress_table(experiments: Iterable[str] = NEEDED) -> Table:
    """A row per experiment: its question, the seeds planned, the runs there are."""
    rows = []
    for name in experiments:
        experiment = by_name(name)
        plan, runs = experiment.plan["laptop"], records.published(name)
        arms = experiment.arms("laptop")
        planned = sum(plan.seeds_for([arm]) for arm in arms)
        done = sum(len(runs.get(arm, ())) for arm in arms)
        rows.append([name, experiment.question, f"{done} of {planned}"])
    return table(["experiment", "question", "runs"], rows)


def rate_table(selection: str) -> Table:
    """The rates tried of both nets with what they were chosen by, and the choice."""
    endpoint = by_name(selection).plan["laptop"].endpoint
    runs = [run for of_arm in records.published(selection).values() for run in of_arm]
    rows = []
    for net in NETS:
        found = {
            run.config.training.learning_rate: run.result[endpoint]
            for run in runs
            if run.arm.startswith(f"{net}-")
        }
        chosen = best_rate(found)
        rows += [
            [net, f"{rate:g}", _number(found[rate]), "chosen" * (rate == chosen)]
            for rate in sorted(found)
        ]
    head = ["net", "rate", endpoint.replace("_", " "), ""]
    return table(head, rows, empty=NOT_RUN_YET)


def _number(value: float | None) -> str:
    return "not reached" if value is None else f"{value:.3g}"


def centre_and_ten(run: Record) -> tuple[float, float]:
    """A run's top-1 errors from the centre and from ten views, in percent."""
    return 100 * run.result["test_top1"], 100 * run.result["test_top1_ten"]
