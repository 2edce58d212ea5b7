"""The notebooks' cells, read as source: what tests of exercises and explorers run."""

import ast
from dataclasses import dataclass
from pathlib import Path

import nbformat

from alexnet_lib.settings import PROJECT

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("0*.ipynb"))
SOLUTIONS = sorted((PROJECT / "notebooks" / "solutions").glob("0*.ipynb"))


def cells_of(path):
    return nbformat.read(path, as_version=4).cells


def code_of(path):
    """Sources of the code cells, first to last."""
    return [cell.source for cell in cells_of(path) if cell.cell_type == "code"]


@dataclass(frozen=True)
class ExerciseCell:
    """A cell that hands an attempt to a check: `check.name(attempt)`."""

    notebook: Path
    source: str
    module: str
    name: str
    attempt: str

    def run(self):
        """The check and the attempt, after running the cell by itself."""
        space = {}
        exec(compile(self.source, f"{self.notebook.name}, {self.name}", "exec"), space)
        return getattr(space[self.module], self.name), space[self.attempt]

    def __str__(self):
        return f"{self.notebook.stem[:2]}-{self.name}"


def exercise_cells(path):
    found = []
    for source in code_of(path):
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Name(id="check" | "bug" as module), attr=name
                    ),
                    args=[ast.Name(id=attempt)],
                ):
                    found.append(ExerciseCell(path, source, module, name, attempt))
    return found
