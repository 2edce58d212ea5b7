"""Tables 1 and 2 of the paper (§6) beside the authors' log, other people's, and ours.

Every row names its data and its views; what was not run says so. The paper's numbers
are those of the ledger's claims, the log's those of `lab_notes`, ours those of records.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from alexnet_lib.config import RunConfig
from alexnet_lib.experiments import by_name
from alexnet_lib.experiments.experiment import Experiment
from alexnet_lib.ledger.claims import CLAIMS
from alexnet_lib.ledger.lab_notes import LOG
from alexnet_lib.ledger.measures import Mean
from alexnet_lib.nets.shapes import layers_of
from alexnet_lib.runs import records
from alexnet_lib.settings import Scale
from alexnet_lib.tables import NOT_RUN_YET, Table, table

Whose = Literal["paper", "2012 log", "others", "ours"]
Views = Literal["centre", "ten", "not said", "no net"]
_2010, _2012 = "LSVRC-2010 test", "ILSVRC-2012 validation"
_2012_TEST = "ILSVRC-2012 test"


@dataclass(frozen=True)
class Reported:
    """A row: a net's top-1 and top-5 error in per cent, "" where there is none.

    `part`: the table of the paper that it belongs to, "" for none. `data`: on which
    images; `views`: from how many views of each; `source`: where the number stands.
    """

    part: str
    whose: Whose
    net: str
    data: str
    views: Views
    top1: str
    top5: str
    source: str


class _Printed(NamedTuple):
    """A line of a table of the paper; `claim`: the name that its rows begin with.

    `at`: where the paper prints it, if that is not in the table.
    """

    net: str
    data: str
    views: Views
    claim: str
    at: str = ""


_PRINTED: dict[str, tuple[_Printed, ...]] = {
    "Table 1": (
        _Printed("sparse coding", _2010, "no net", "2010-sparse-coding"),
        _Printed("SIFT + FVs", _2010, "no net", "2010-sift"),
        _Printed("CNN", _2010, "ten", "2010"),
        _Printed("CNN", _2010, "centre", "2010-centre", "§4.1"),
    ),
    "Table 2": (
        _Printed("SIFT + FVs", _2012_TEST, "no net", "2012-test-sift"),
        _Printed("1 CNN", _2012, "ten", "2012"),
        _Printed("5 CNNs", _2012, "not said", "2012-5-cnns"),
        _Printed("5 CNNs", _2012_TEST, "not said", "2012-test-5-cnns"),
        _Printed("1 CNN*, pre-trained", _2012, "ten", "2012-pretrained"),
        _Printed("7 CNNs*, two pre-trained", _2012, "not said", "2012-7-cnns"),
        _Printed(
            "7 CNNs*, two pre-trained", _2012_TEST, "not said", "2012-test-7-cnns"
        ),
    ),
}
_LOGGED: dict[str, tuple[tuple[str, str, Views], ...]] = {
    "Table 1": (
        ("#145-2010", _2010, "ten"),
        ("#145-2010, centre", _2010, "centre"),
    ),
    "Table 2": (
        ("#145", _2012, "ten"),
        ("#145, raised again", _2012, "ten"),
        ("#146", _2012, "ten"),
        ("#146, 2009", _2012, "ten"),
    ),
}


class _Rerun(NamedTuple):
    """A net that others trained on ILSVRC-2012, its accuracies as they print them."""

    net: str
    views: Views
    top1: str
    top5: str
    source: str


_WEIRD = "cuda-convnet2's one-GPU net (One weird trick: no groups)"
_RERUNS = (
    _Rerun("Caffe's AlexNet", "centre", "57.1", "80.2", "caffe, models/bvlc_alexnet"),
    _Rerun(
        "CaffeNet (pooling before normalisation)",
        *("centre", "57.4", "80.4"),
        "caffe, models/bvlc_reference_caffenet",
    ),
    _Rerun(
        "Theano AlexNet (two GPUs, a replica each)",
        *("centre", "57.40", "80.14"),
        "theano_alexnet, pretrained",
    ),
    _Rerun(_WEIRD, "centre", "57.45", "80.19", "cuda-convnet2, wiki TrainingExample"),
    _Rerun(_WEIRD, "ten", "59.58", "81.85", "cuda-convnet2, wiki TrainingExample"),
    _Rerun(
        "torchvision's alexnet (narrower, no normalisation, no groups)",
        *("centre", "56.522", "79.066"),
        "torchvision, AlexNet_Weights.IMAGENET1K_V1",
    ),
)
_OURS: tuple[tuple[str, str, Scale], ...] = (
    ("photographs", "baseline", "paper"),
    ("photographs", "baseline", "laptop"),
    ("first-711-updates", "source", "laptop"),
)


def reported() -> list[Reported]:
    """Every row: Table 1, Table 2 with others' nets, and last our published runs."""
    rows: list[Reported] = []
    for part in _PRINTED:
        rows += (*_printed(part), *_logged(part))
    return [*rows, *_reruns(), *_ours()]


def results_table() -> Table:
    """Print Tables 1 and 2 with the log, others' nets and our runs, a row each.

    For notebook 08 (`results_table()` alone in a cell) and for `alexnet report`.
    """
    head = [
        "table",
        "whose",
        "net",
        "data",
        "views",
        "top-1 error, %",
        "top-5 error, %",
    ]
    return table(
        [*head, "from"],
        (
            ["none" if cell == "" else cell for cell in _cells(row)]
            for row in reported()
        ),
    )


def results_json() -> list[dict[str, Any]]:
    """The same rows as JSON types."""
    return [dataclasses.asdict(row) for row in reported()]


def reached() -> str:
    """Say what nets like #145 reached on ILSVRC-2012's validation images, in per cent.

    From the centre view others' (torchvision's net is another one), and from ten the
    authors' own.
    """
    centre = [
        Decimal(run.top1)
        for run in _RERUNS
        if run.views == "centre" and "torchvision" not in run.net
    ]
    low, high = min(centre), max(centre)
    ten = 100 - LOG["#145"].top1
    return (
        f"{math.floor(low)} to {math.ceil(high)} % right from the centre view (others' "
        f"nets: {low} to {high}), {ten:.1f} % from ten (the authors' #145)"
    )


def _cells(row: Reported) -> list[str]:
    return [row.part or "own data", *(getattr(row, f) for f in _FIELDS[1:])]


_FIELDS = [field.name for field in dataclasses.fields(Reported)]


def _printed(part: str) -> Iterator[Reported]:
    papers = {claim.name: claim.paper or "" for claim in CLAIMS}
    for net, data, views, claim, at in _PRINTED[part]:
        top1, top5 = (papers.get(f"{claim}-top-{k}", "") for k in (1, 5))
        yield Reported(part, "paper", net, data, views, top1, top5, at or part)


def _logged(part: str) -> Iterator[Reported]:
    for name, data, views in _LOGGED[part]:
        note = LOG[name]
        net, top1, top5 = f"{name}: {note.what}", f"{note.top1:.4f}", f"{note.top5:.4f}"
        yield Reported(part, "2012 log", net, data, views, top1, top5, note.source)


def _reruns() -> Iterator[Reported]:
    """Turn the accuracies that others print into errors, to the same digit."""
    for net, views, *accuracies, source in _RERUNS:
        top1, top5 = (str(100 - Decimal(accuracy)) for accuracy in accuracies)
        yield Reported("Table 2", "others", net, _2012, views, top1, top5, source)


_SUFFIX: dict[Views, str] = {"centre": "", "ten": "_ten"}


def _ours() -> Iterator[Reported]:
    """A row for each view of each of our nets, whether it was run or not."""
    for experiment, arm, scale in _OURS:
        config = by_name(experiment).arms(scale)[arm]
        all_ = records.published(experiment).get(arm, ())
        runs = [run for run in all_ if run.scale == scale]
        command = f"alexnet run {experiment} --scale {scale} --arm {arm}"
        source = f"results/{experiment}/{arm}" if runs else command
        state = _state(by_name(experiment), arm, scale, len(runs))
        net, data = f"#145, {config.training.epochs} epochs", _trained_on(config)
        for views, suffix in _SUFFIX.items():
            means = [
                Mean(arm, f"test_top{k}{suffix}", 100)({arm: runs}) for k in (1, 5)
            ]
            top1, top5 = (m.text() + state if m else NOT_RUN_YET for m in means)
            yield Reported("", "ours", net, data, views, top1, top5, source)


def _state(experiment: Experiment, arm: str, scale: Scale, done: int) -> str:
    """The words for runs that are fewer than the plan has; empty once all are there."""
    plan = experiment.plan.get(scale)
    planned = plan.seeds_for([arm]) if plan else 1
    return f" (interim, {done} of {planned})" if done < planned else ""


def _trained_on(config: RunConfig) -> str:
    """The data's name, its classes, and the crops that the net sees."""
    (classes,) = layers_of(config.network)[-1].output_shape
    side = config.network.input_shape[-1]
    return f"{config.data.name}, {classes:,} classes, crops of {side} pixels"
