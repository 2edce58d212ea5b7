"""The library's rooms lie in storeys: a module imports from its own and from below."""

import ast
from graphlib import TopologicalSorter

import pytest

from alexnet_lib.settings import PACKAGE

STOREYS = (
    *("settings", "files", "tables", "epochs", "native"),
    *("nets", "schedule", "config", "experiments", "config_json"),  # data: no torch
    *("machine", "modules", "data", "evaluation", "training", "parallel"),
    *("runs", "ledger", "figures", "notebook"),
    *("bench", "commands", "cli", "__main__"),
)


def name_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(path):
    """Every module of the library that `path` asks for, in functions and types too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: a relative import"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names = {name if name in MODULES else node.module for name in inner}
        else:
            continue
        yield from names & MODULES.keys()


ARROWS = {name: set(imported(path)) - {name} for name, path in MODULES.items()}
"""The modules that each module imports."""


def room(module):
    return module.split(".")[1] if "." in module else ""


def test_every_room_has_its_storey():
    assert {room(name) for name in MODULES} - {""} == set(STOREYS)


@pytest.mark.parametrize("name", sorted(ARROWS.keys() - {"alexnet_lib"}))
def test_nothing_is_imported_from_above(name):
    height = {room: storey for storey, room in enumerate(("", *STOREYS))}
    above = {to for to in ARROWS[name] if height[room(to)] > height[room(name)]}
    assert not above


def test_no_modules_import_in_a_circle():
    assert len(list(TopologicalSorter(ARROWS).static_order())) == len(MODULES)
