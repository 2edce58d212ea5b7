"""Which exercises a reader has done, across notebooks.

A check that says "right" in a notebook is remembered in `exercises.json`, beside the
reader's runs. Nothing is taken back: an attempt that fails later erases nothing.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import date
from pathlib import Path
from typing import NamedTuple

from IPython.core.getipython import get_ipython

from alexnet_lib import files, settings
from alexnet_lib.tables import Table, table

NOTHING_YET = "no exercise done yet: a check that says *right* counts here"
KINDS = {"checks": "exercises", "bugs": "bugs"}
"""The module that holds the checks, and the word for what they check."""


class ProgressDamaged(Exception):
    """The file of what was done cannot be understood; the message says what to do."""


class Exercise(NamedTuple):
    """One check: its notebook, as `building_blocks`; its kind, of `KINDS`; its name."""

    notebook: str
    kind: str
    name: str


def exercise_of(module: str, name: str) -> Exercise:
    """The exercise whose check `name` is defined in a module `...<notebook>.<kind>`."""
    notebook, kind = module.split(".")[-2:]
    return Exercise(notebook, kind, name)


def exercises() -> Iterator[Exercise]:
    """Yield every exercise of every notebook, in the order of its checks."""
    for folder in pkgutil.iter_modules([str(Path(__file__).parent)]):
        for kind in KINDS if folder.ispkg else ():
            module = f"{__package__}.{folder.name}.{kind}"
            for name, value in vars(importlib.import_module(module)).items():
                if hasattr(value, "__wrapped__") and value.__module__ == module:
                    yield exercise_of(module, name)


def place() -> Path:
    """The file that remembers: `exercises.json` in the folder of the reader's runs."""
    return settings.runs_root() / "exercises.json"


def in_a_readers_notebook() -> bool:
    """Whether code runs in a notebook's kernel, and not in that of a solution."""
    return get_ipython() is not None and Path.cwd().name != "solutions"


def remember(exercise: Exercise) -> None:
    """Add the exercise to the file, with today's date, if it is not there.

    Raises `OSError` or `ProgressDamaged`; the file is then as it was.
    """
    if exercise in read():
        return
    with files.locked(place()):
        days = read() | {exercise: date.today().isoformat()}
        with files.written_whole(place()) as stream:
            stream.write(_as_json(days).encode())


def read() -> dict[Exercise, str]:
    """Every exercise that was done, and the day; none if there is no file yet.

    Raises `ProgressDamaged` for a file that is not as `remember` writes it, and
    `OSError` for one that cannot be read.
    """
    mend = "mend it, or delete it to begin again"
    with files.reading(place(), ProgressDamaged, mend):
        if not place().exists():
            return {}
        stored = json.loads(place().read_text(encoding="utf-8"))
        return {
            Exercise(notebook, *check.split("/")): str(day)
            for notebook, by_check in stored.items()
            for check, day in by_check.items()
        }


def _as_json(days: dict[Exercise, str]) -> str:
    """`{notebook: {"checks/name": day}}`."""
    stored: dict[str, dict[str, str]] = {}
    for (notebook, kind, name), day in sorted(days.items()):
        stored.setdefault(notebook, {})[f"{kind}/{name}"] = day
    return json.dumps(stored, indent=1)


def progress() -> Table:
    """Show what is done and what is left, a row per notebook.

    Before the first exercise it is a row that says so, whatever notebooks there are.
    """
    done = read().keys()
    every = list(exercises())
    titles = _titles({each.notebook for each in every})
    rows = [
        _row(title, [each for each in every if each.notebook == notebook], done)
        for title, notebook in sorted(titles.items())
    ]
    head = ["notebook", *KINDS.values(), "still to do"]
    return table(head, rows if done else [], empty=NOTHING_YET)


def _titles(notebooks: set[str]) -> dict[str, str]:
    """The notebooks by title, which has a number where this is a checkout."""
    found = (settings.PROJECT / "notebooks").glob("[0-9][0-9]_*.ipynb")
    stems = {path.stem[3:]: path.stem for path in found}
    return {stems.get(name, name).replace("_", " "): name for name in notebooks}


def _row(title: str, every: list[Exercise], done: AbstractSet[Exercise]) -> list[str]:
    counts = []
    for kind in KINDS:
        own = {each for each in every if each.kind == kind}
        counts.append(f"{len(own.intersection(done))} of {len(own)}")
    left = ", ".join(each.name for each in every if each not in done)
    return [title, *counts, left.replace("_", " ") or "nothing"]
