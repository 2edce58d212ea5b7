"""Notebooks as files: clean, run, readable without running."""

import re

import nbformat
import pytest
from nbconvert import HTMLExporter

from alexnet_lib.settings import PROJECT

NOTEBOOKS = sorted((PROJECT / "notebooks").rglob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda p: str(p.relative_to(PROJECT)))
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]


def test_there_are_notebooks_with_solutions():
    names = {path.name for path in NOTEBOOKS if path.parent.name == "notebooks"}
    solutions = {path.name for path in NOTEBOOKS if path.parent.name == "solutions"}
    assert names
    assert solutions == names


def test_every_cell_was_run_in_order_without_error(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    outputs = [o for cell in code_cells(notebook) for o in cell.outputs]
    assert not [o for o in outputs if o.output_type == "error"]
    assert not [o for o in outputs if o.get("name") == "stderr"]


def test_nothing_of_the_machine_is_stored(notebook):
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    text = nbformat.writes(notebook)
    for word in ("/tmp/", "/home/", "/root", "ipykernel_", "widget-view+json"):
        assert word not in text, word


IMAGE = re.compile(r"<img [^>]*>")
ALT = re.compile(r' alt="[^"]{20,}"')


def test_every_picture_has_alternative_text(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            # nbconvert and JupyterLab give an output of these types none
            assert not {"image/png", "image/jpeg"} & set(data)
            for image in IMAGE.findall(data.get("text/html", "")):
                assert ALT.search(image)


def test_an_export_keeps_the_alternative_text(caplog):
    page, _ = HTMLExporter().from_filename(NOTEBOOKS[0])
    assert "Alternative text is missing" not in caplog.text
    assert "No description has been provided" not in page


NUMBER_SIGN = re.compile(r"^\s*(?:(?:[-*>]|\d+\.)\s+)?#+[^\s#]", re.MULTILINE)


def test_no_line_is_a_heading_by_accident(notebook):
    """Outside JupyterLab "#145 ..." at the beginning of a line is a heading."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert not NUMBER_SIGN.findall(cell.source)


def test_few_cells_go_uncompared(notebook):
    cells = code_cells(notebook)
    loose = [c for c in cells if "nbval-ignore-output" in c.metadata.get("tags", [])]
    assert len(loose) <= 0.2 * len(cells)
