"""notebooks/README.md: its tables are made, its links lead to headings that exist."""

import re
from urllib.parse import unquote

import nbformat
import pytest

from alexnet_lib.settings import PROJECT
from tests import group_page

FOLDER = PROJECT / "notebooks"
TEXT = group_page.PAGE.read_text(encoding="utf-8")
LINKS = re.findall(r"\]\(([^)\s]+)\)", TEXT)


def headings(path):
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    else:
        text = path.read_text(encoding="utf-8")
    return re.findall(r"^#+ (.+)$", text, re.MULTILINE)


def anchors(path):
    """Names of headings in links: as they are in JupyterLab, else in lower case."""
    if path.suffix == ".ipynb":
        return {title.replace(" ", "-") for title in headings(path)}
    bare = (re.sub(r"[^\w -]", "", title) for title in headings(path))
    return {title.lower().replace(" ", "-") for title in bare}


@pytest.mark.parametrize("link", sorted(set(LINKS)))
def test_every_link_leads_to_a_file_and_a_heading(link):
    place, _, anchor = link.partition("#")
    path = (FOLDER / place).resolve() if place else group_page.PAGE
    assert path.exists()
    assert not anchor or unquote(anchor) in anchors(path)


def test_the_tables_are_those_of_today():
    told = "run python tests/group_page.py, and look at what it changes"
    assert group_page.written(TEXT) == TEXT, told


def test_every_notebook_is_in_the_plan_of_sessions():
    _, _, plan = TEXT.partition("## Eight sessions")
    plan, _, _ = plan.partition("\n## ")
    sessions = re.findall(r"^\| (\d) \| ([^|]+) \|", plan, re.MULTILINE)
    assert [number for number, _ in sessions] == list("12345678")
    planned = set(re.findall(r"\b0\d\b", " ".join(part for _, part in sessions)))
    assert {path.name[:2] for path in FOLDER.glob("0*.ipynb")} <= planned
    questions = re.findall(r"^(\d)\. ", plan, re.MULTILINE)
    assert questions == list("12345678")


def test_each_of_the_seven_questions_is_answered_in_a_notebook():
    _, _, part = TEXT.partition("## The seven questions")
    rows = re.findall(r"^\| ([^|]+\?) \|([^|]+)\|", part.partition("\n## ")[0], re.M)
    assert len(rows) == 7
    for question, answered in rows:
        assert re.search(r"\]\(\d\d_\w+\.ipynb#", answered), question


def test_no_number_of_the_paper_is_typed_by_hand():
    _, _, page = TEXT.partition("## The paper in one page")
    prose = re.sub(r"<!-- claims:.*?<!-- /claims -->", "", page, flags=re.DOTALL)
    prose = re.sub(r"§\d(\.\d)?|\]\([^)]*\)", "", prose)
    assert not re.findall(r"\d", prose)
