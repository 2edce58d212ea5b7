"""The text on how things were done, beside what the authors' code does."""

from __future__ import annotations

from typing import Any

from alexnet_lib.ledger.claim import Told, within
from alexnet_lib.ledger.claims.methods import TOLD
from alexnet_lib.tables import Table, table


def told(section: str | None = None) -> list[Told]:
    """The sentences of one section and what lies in it, or all."""
    return [row for row in TOLD if section is None or within(row.section, section)]


def told_table(section: str | None = None) -> Table:
    """A row a sentence: the text's words, the code's, whether they agree, and where."""
    return table(
        ["how it was done", "§", "text", "2012 code", "verdict", "read in"],
        (
            [row.statement, row.section, row.text, row.code, row.verdict, row.source]
            for row in told(section)
        ),
    )


def told_json(section: str | None = None) -> list[dict[str, Any]]:
    """The same rows as JSON types."""
    return [row._asdict() | {"verdict": row.verdict} for row in told(section)]
