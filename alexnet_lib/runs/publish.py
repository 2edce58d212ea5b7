"""Publishes only runs on real data, of one unchanged commit, replacing nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alexnet_lib import machine
from alexnet_lib.data import Dataset
from alexnet_lib.training import checkpoint


class PublishError(RuntimeError):
    """A run that may not be published; the message says why."""


def check_publishable(
    code: dict[str, Any], dataset: Dataset, record: Path, saved: Path, run_id: str
) -> None:
    """Refuse to publish a run, before it is trained, by `PublishError`.

    `code`: see `machine.code`. Neither may a record already lie at `record`, nor the
    checkpoint at `saved` have been begun by another commit.
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
    begun = checkpoint.load(saved, run_id)
    if begun is not None and begun["progress"]["commits"] != [code["commit"]]:
        by = ", ".join(begun["progress"]["commits"])
        raise PublishError(
            f"{saved}: trained by other code than this commit ({by}); "
            "delete it to start again, or check that commit out"
        )
