"""Publishes only runs on real data, of one unchanged commit, replacing nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from alexnet_lib import machine
from alexnet_lib.data import Dataset
from alexnet_lib.training.checkpoint import Saved


class PublishError(RuntimeError):
    """A run that may not be published; the message says why."""


def check_publishable(
    code: dict[str, Any], dataset: Dataset, record: Path, saved: Iterable[Saved]
) -> None:
    """Refuse to publish a run, before it is trained, by `PublishError`.

    `code`: see `machine.code`. Neither may a record already lie at `record`, nor any
    checkpoint that is `saved`, its own and that of the run it starts from, have been
    made by another commit.
    """
    if code["commit"] is None:
        raise PublishError(
            "only runs from an unchanged commit are published, and this code has none: "
            f"{machine.why_no_commit()}"
        )
    if code["dirty"]:
        raise PublishError(
            "only runs from an unchanged commit are published; commit or stash first"
        )
    if not dataset.real:
        raise PublishError(
            f"only runs on real data are published, and {dataset.name} is synthetic"
        )
    if record.exists():
        raise PublishError(
            f"{record} is a published run of another configuration; delete it first"
        )
    for begun in saved:
        state = begun.load()
        if state is not None and state["progress"]["commits"] != [code["commit"]]:
            by = ", ".join(state["progress"]["commits"])
            raise PublishError(
                f"{begun.path}: trained by other code than this commit ({by}); "
                "delete it to start again, or check that commit out"
            )
