"""Every notebook has all its parts, in order; its words are explained at the top."""

import re
from itertools import pairwise

import pytest

from alexnet_lib.notebook.done import NOTHING_YET
from tests.notebook.cells import NOTEBOOKS, cells_of, exercise_cells

PARTS = [
    "What the paper says",
    "Build it",
    "Compare",
    "What the evidence carries",
    "Spot the bug",
    "Your progress",
    "Questions for the group",
]
PARTS_OF_00 = [
    "Where this leads",
    *(f"{number} ·" for number in range(1, 13)),
    "What you have seen",
    "Spot the bug",
    "Your progress",
    "Questions for the group",
    "Glossary",
]
"""It teaches what the paper takes for granted."""
TERMS = {
    "arm": r"\barms?\b",
    "tower": r"\btowers?\b",
    "lab note": r"\blab notes?\b|2012 log",
    "#145": r"#145\b",
    "seed": r"\bseeds\b",
}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem[:2])
def path(request):
    return request.param


def markdown(path):
    return [cell.source for cell in cells_of(path) if cell.cell_type == "markdown"]


def headings(path, level):
    """(title, index of its cell) of every heading of that level, first to last."""
    return [
        (title, i)
        for i, cell in enumerate(cells_of(path))
        if cell.cell_type == "markdown"
        for title in re.findall(rf"^{'#' * level} (.+)$", cell.source, re.MULTILINE)
    ]


def test_every_part_is_there_in_order(path):
    titles = [title for title, _ in headings(path, 2)]
    # exercises stand where their idea is built, or in a part of their own
    parts = PARTS_OF_00 if path.stem[:2] == "00" else PARTS
    expected = iter(parts)
    part = next(expected)
    for title in titles:
        if title.startswith(part):
            part = next(expected, "no more")
    assert part == "no more"


def test_the_first_cells_are_the_title_and_the_start(path):
    first, second = cells_of(path)[:2]
    assert first.source.startswith(f"# {path.stem[:2]} · ")
    if path.stem[:2] == "00":  # the same at every scale, and without data
        table, begins = "| | minutes |", "from alexnet_lib import machine"
    else:
        table, begins = "| scale | data |", "from alexnet_lib.notebook import start"
    assert table in first.source
    assert second.source.startswith(begins)


def test_the_first_cell_links_the_glossary(path):
    assert re.search(
        r"\((00_building_blocks\.ipynb)?#Glossary\)", cells_of(path)[0].source
    )


def test_progress_is_shown_before_the_questions(path):
    cells = cells_of(path)
    (shown,) = (c for c in cells if c.source.endswith("\nprogress()"))
    told, questions = (cells[cells.index(shown) + step].source for step in (-1, 1))
    assert told.startswith("## Your progress\n")
    assert questions.startswith("## Questions for the group\n")
    # without a run nothing depends on what exercises other notebooks have
    assert NOTHING_YET in shown.outputs[0].data["text/markdown"]


def test_every_check_follows_a_heading_of_its_own(path):
    cells = cells_of(path)
    checks = {cell.source for cell in exercise_cells(path)}
    assert checks
    for before, cell in pairwise(cells):
        if cell.source in checks:
            assert before.cell_type == "markdown"
            assert re.search(r"^### (\d|[A-F]) · ", before.source, re.MULTILINE)


def test_exercises_are_numbered_with_their_time_and_a_hint(path):
    titles = headings(path, 3)
    numbered = [t for t, _ in titles if re.match(r"\d · ", t)]
    assert [int(title[0]) for title in numbered] == list(range(1, len(numbered) + 1))
    for title in numbered:
        assert re.search(r" · (easy|medium|hard), \d+ minutes$", title)
    told = "\n".join(markdown(path))
    for body in re.split(r"^### \d · ", told, flags=re.MULTILINE)[1:]:
        assert "<details><summary>Hint" in body
    lettered = [t[0] for t, _ in titles if re.match(r"[A-F] · ", t)]
    assert lettered == list("ABCDEF")[: len(lettered)]
    assert lettered


def test_words_of_ours_are_explained_where_the_notebook_begins(path):
    first, *rest = markdown(path)
    outputs = (o for cell in cells_of(path) for o in cell.get("outputs", ()))
    tables = [o.get("data", {}).get("text/markdown", "") for o in outputs]
    text = "\n".join([*rest, *tables])
    for term, used in TERMS.items():
        if re.search(used, text):
            assert f"**{term}**" in first
    if "`laptop`" in first and "Choose the scale" in first:
        assert '`start("laptop")`' in first
