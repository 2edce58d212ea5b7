"""Figure 3 by menu and slider: the kernels that published runs have kept."""

from __future__ import annotations

from alexnet_lib.figures.kernels import Scale
from alexnet_lib.figures.picture import Picture, own_settings
from alexnet_lib.notebook.explorer import Explorer, explore, menu
from alexnet_lib.notebook.results.published import (
    epochs_kept,
    kernel_runs,
    kernels_of,
)
from alexnet_lib.runs.records import Record, Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table

SCALES: dict[str, Scale] = {"one scale for all": "all", "each standardised": "each"}
"""Both ways of the authors' script."""


def by_run(*experiments: Runs) -> Explorer | Table:
    """Choose a run of these experiments, and the scale; or say that there is none."""
    runs: dict[str, Record] = {}
    for experiment in experiments:
        runs |= {
            f"{run.experiment}: {name}": run
            for name, run in kernel_runs(experiment).items()
        }
    if not runs:
        return table(["kernels"], [], empty=NOT_RUN_YET)

    @own_settings
    def draw(run: str, scale: str) -> Picture:
        return kernels_of(runs[run], scale=SCALES[scale])

    return explore(draw, run=menu(*runs), scale=menu(*SCALES))


def through_training(runs: Runs, arm: str = "baseline") -> Explorer | Table:
    """Choose the epoch of the run of `arm` whose kernels were kept on the way."""
    kept = [(run, epochs_kept(run)) for run in runs.get(arm, ())]
    followed = [(run, epochs) for run, epochs in kept if epochs]
    if not followed:
        return table(["kernels"], [], empty=NOT_RUN_YET)
    run, epochs = followed[0]
    epoch_of: dict[str, int | None] = {f"epoch {e}": e for e in epochs}
    last = f"epoch {run.epochs[-1]['epoch']}, the end"
    epoch_of[last] = None

    @own_settings
    def draw(after: str, scale: str) -> Picture:
        return kernels_of(run, epoch_of[after], SCALES[scale])

    return explore(draw, after=menu(*epoch_of), scale=menu(*SCALES))
