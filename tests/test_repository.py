"""The files around the library: they parse, agree, and name what is there."""

import ast
import re
import tomllib

import pytest
import yaml

from alexnet_lib.settings import PACKAGE, PROJECT

PAGES = ("README.md", "CONTRIBUTING.md")


def read(name):
    return (PROJECT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_is_there(page):
    text = read(page)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links
    for link in links:
        place, _, anchor = link.partition("#")
        assert not anchor or anchor in anchors, link
        assert place.startswith("https://") or (PROJECT / place).exists(), link


@pytest.mark.parametrize("page", PAGES)
def test_every_file_in_back_ticks_is_there(page):
    for name in re.findall(r"`((?:alexnet_lib|tests|notebooks)/[\w/.]*)`", read(page)):
        assert (PROJECT / name).exists(), name


def test_the_tree_of_the_library_names_every_folder():
    tree = read("README.md").partition("alexnet_lib/\n")[2].partition("```")[0]
    named = set(re.findall(r"(\w+)/", tree))
    folders = {p.name for p in (PROJECT / "alexnet_lib").iterdir() if p.is_dir()}
    assert folders - {"__pycache__"} <= named


def test_readme_names_every_command_and_every_variable():
    from alexnet_lib.cli import COMMANDS

    readme = read("README.md")
    for command in COMMANDS:
        assert re.search(
            rf"^alexnet {command}\b|`make {command}`", readme, re.MULTILINE
        )
    for variable in set(re.findall(r"ALEXNET_\w+", read("alexnet_lib/settings.py"))):
        assert f"| `{variable}` |" in readme


def test_the_workflow_tests_each_python_with_what_make_has():
    jobs = yaml.safe_load(read(".github/workflows/test.yml"))["jobs"]
    pythons = jobs["test"]["strategy"]["matrix"]["python"]
    asked = tomllib.loads(read("pyproject.toml"))["project"]["requires-python"]
    assert asked == f">={pythons[0]}"
    steps = " ".join(step.get("run", "") for step in jobs["test"]["steps"])
    targets = set(re.findall(r"^(\w+):", read("Makefile"), re.MULTILINE))
    assert {"lint", "unit", "notebooks"} <= set(steps.split()) & targets


def test_licence_and_citation_agree():
    licence = read("LICENSE")
    citation = yaml.safe_load(read("CITATION.cff"))
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert licence.startswith(f"{project['license']} License")
    assert citation["license"] == project["license"]
    assert citation["version"] == project["version"]
    author = project["authors"][0]["name"]
    assert citation["authors"] == [{"name": author}]
    assert author.lower() in licence.lower()


def test_docstrings_begin_with_a_verb_or_name_the_result():
    """Words that a reader has to hold until a later verb are at no beginning."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            first = (isinstance(node, kinds) and ast.get_docstring(node)) or ""
            assert not re.match("(Of|What|For what|How|Where) ", first), (path, first)
