"""Errors that data can have; those of the operating system stay `OSError`s."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alexnet_lib.files import reading


class DataError(RuntimeError):
    """Data that cannot be used; the message names the place and the mend."""


class DataMissing(DataError):
    """No data on disk and no network to fetch them; nothing is damaged."""


@contextmanager
def reading_prepared(file: Path) -> Iterator[None]:
    """Raise `DataError` if what the block reads of a prepared `file` is wrong.

    `OSError` if it cannot be read; but one that is not there is wrong too.
    """
    mend = f"delete {file.parent} and prepare again"
    with reading(file, DataError, mend):
        try:
            yield
        except FileNotFoundError:
            raise DataError(f"{file}: missing; {mend}") from None


@contextmanager
def reading_source(file: Path) -> Iterator[None]:
    """Raise `DataError` if what the block reads of a source `file` is wrong."""
    with reading(file, DataError, "fetch it again"):
        yield
