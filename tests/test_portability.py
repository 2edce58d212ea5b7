"""What Windows and macOS do without; by reading the sources, on whatever this is."""

import ast

import pytest

from alexnet_lib.settings import PROJECT

SOURCES = sorted((PROJECT / "alexnet_lib").rglob("*.py"))
NOT_TEXT = {"os", "tarfile", "zipfile", "gzip", "Image"}
POSIX = {"resource", "fcntl", "pwd", "grp", "termios", "pty"}


def unnamed_encodings(tree):
    """Lines that read or write text in whatever encoding the system prefers."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", getattr(call.func, "attr", None))
        owner = getattr(getattr(call.func, "value", None), "id", None)
        text = name in ("read_text", "write_text")
        if name == "open" and owner not in NOT_TEXT:
            modes = [a.value for a in call.args if isinstance(a, ast.Constant)]
            text = not any(set("b") < set(str(m)) <= set("rwxab+") for m in modes)
        if text and "encoding" not in {word.arg for word in call.keywords}:
            yield call.lineno


def posix_imports(tree):
    """What every import of the module asks for and only POSIX has."""
    for node in tree.body:
        names = [alias.name for alias in getattr(node, "names", [])]
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from {getattr(node, "module", None), *names} & POSIX


@pytest.mark.parametrize("file", SOURCES, ids=lambda f: str(f.relative_to(PROJECT)))
def test_text_has_an_encoding_and_no_import_is_only_posix(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert list(unnamed_encodings(tree)) == []
    assert list(posix_imports(tree)) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("open('a')", True),
        ("open('b')", True),
        ("open('a', 'rb')", False),
        ("open('a', encoding='utf-8')", False),
        ("path.read_text()", True),
        ("path.write_text('wb')", True),
        ("path.open('w')", True),
        ("path.open('x+b')", False),
        ("tarfile.open('a')", False),
        ("import os, resource", True),
        ("from resource import getrusage", True),
        ("if windows:\n    pass\nelse:\n    import fcntl", False),
    ],
)
def test_the_search_finds_what_it_should(source, found):
    tree = ast.parse(source)
    assert bool([*unnamed_encodings(tree), *posix_imports(tree)]) == found
