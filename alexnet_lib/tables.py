"""Tables in markdown, which notebooks render."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

NOT_RUN_YET = "not run yet"
"""The words of every table and picture of runs while there are none."""


class Table(str):
    """A markdown table: a notebook renders it, `print` shows its text."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(f"a table of {len(self.splitlines()) - 2} rows")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], empty: str = "") -> Table:
    """A table with a row per item of `rows`; without any, one that says `empty`."""
    body = list(rows)
    if empty and not body:
        body = [[empty, *[""] * (len(head) - 1)]]
    lines = [head, ["---"] * len(head), *body]
    return Table("\n".join("| " + " | ".join(cells) + " |" for cells in lines))
