"""What was done is remembered, in a reader's notebook alone, and never forgotten."""

import json
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from nbclient import NotebookClient

from alexnet_lib.notebook import done, progress
from alexnet_lib.notebook.relu_vs_tanh import checks
from tests.conftest import POSIX, ordinary_user
from tests.notebook.cells import NOTEBOOKS, exercise_cells

DERIVATIVE = done.Exercise("relu_vs_tanh", "checks", "tanh_derivative")


def right(y):
    return 1 - y**2


def wrong(y):
    return y


@pytest.fixture
def in_a_notebook(monkeypatch):
    monkeypatch.setattr(done, "get_ipython", object)


def rows():
    """Rows of the table of progress, by notebook."""
    lines = [line.strip("| ").split(" | ") for line in progress().splitlines()[2:]]
    return {name: cells for name, *cells in lines}


def test_every_exercise_of_every_notebook_can_be_done():
    in_cells = {
        done.Exercise(cell.notebook.stem[3:], f"{cell.module}s", cell.name)
        for path in NOTEBOOKS
        for cell in exercise_cells(path)
    }
    assert in_cells == set(done.exercises())


def test_before_the_first_exercise_nothing_depends_on_the_notebooks(monkeypatch):
    before = progress()
    assert list(rows()) == [done.NOTHING_YET]
    monkeypatch.setattr(done, "exercises", lambda: iter([DERIVATIVE]))
    assert progress() == before


def test_a_right_attempt_is_remembered_and_a_wrong_one_erases_nothing(
    in_a_notebook, capsys
):
    checks.tanh_derivative(wrong)
    assert done.read() == {}
    checks.tanh_derivative(right)
    remembered = done.read()
    assert list(remembered) == [DERIVATIVE]
    checks.tanh_derivative(wrong)
    checks.tanh_derivative(None)
    checks.tanh_derivative(right)
    assert done.read() == remembered
    lines = capsys.readouterr().out.splitlines()
    assert [line.endswith(": right") for line in lines] == [0, 1, 0, 0, 1]


def test_progress_counts_what_is_done_and_names_what_is_left(in_a_notebook):
    checks.tanh_derivative(right)
    of_02 = [each for each in done.exercises() if each.notebook == "relu_vs_tanh"]
    exercises = sum(each.kind == "checks" for each in of_02)
    counted, bugs, left = rows()["02 relu vs tanh"]
    assert counted == f"1 of {exercises}"
    assert bugs == f"0 of {len(of_02) - exercises}"
    assert left == ", ".join(e.name for e in of_02 if e != DERIVATIVE).replace("_", " ")
    others = [cells[0] for name, cells in rows().items() if name[:2] != "02"]
    assert others
    assert all(count.startswith("0 of ") for count in others)
    for each in of_02:
        done.remember(each)
    assert rows()["02 relu vs tanh"][2] == "nothing"


def test_outside_a_notebook_nothing_is_remembered():
    checks.tanh_derivative(right)
    assert not done.place().exists()


def test_in_a_solution_nothing_is_remembered(in_a_notebook, tmp_path, monkeypatch):
    folder = tmp_path / "solutions"
    folder.mkdir()
    monkeypatch.chdir(folder)
    checks.tanh_derivative(right)
    assert not done.place().exists()


CELLS = (
    "from alexnet_lib.notebook.relu_vs_tanh import checks as check\n"
    "check.tanh_derivative(lambda y: 1 - y**2)",
    "from alexnet_lib.notebook import progress\nprogress()",
)


@pytest.mark.parametrize(
    ("folder", "words"), [("notebooks", "1 of "), ("solutions", done.NOTHING_YET)]
)
def test_a_kernel_remembers_where_it_is_a_readers(tmp_path, folder, words):
    (tmp_path / folder).mkdir()
    notebook = nbformat.v4.new_notebook()
    notebook.cells = list(map(nbformat.v4.new_code_cell, CELLS))
    resources = {"metadata": {"path": str(tmp_path / folder)}}
    NotebookClient(notebook, resources=resources, kernel_name="python3").execute()
    said, shown = (cell.outputs[0] for cell in notebook.cells)
    assert said.text == "tanh derivative: right\n"
    assert words in shown.data["text/markdown"]
    assert done.place().exists() == (folder == "notebooks")


def test_what_two_kernels_do_at_once_is_kept():
    every = list(done.exercises())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(done.remember, every))
    assert set(done.read()) == set(every)


def test_an_exercise_of_another_version_is_kept_and_not_counted():
    gone = done.Exercise("relu_vs_tanh", "checks", "of_last_year")
    done.remember(gone)
    before = rows()["02 relu vs tanh"]
    done.remember(DERIVATIVE)
    assert before[0].startswith("0 of ")
    assert rows()["02 relu vs tanh"][0].startswith("1 of ")
    assert gone in done.read()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"a": 1}', '{"a": {"b": "2026-01-01"}}', "\x00"]
)
def test_a_damaged_file_is_told_and_left(in_a_notebook, capsys, text):
    done.place().parent.mkdir(parents=True)
    done.place().write_text(text, encoding="utf-8")
    checks.tanh_derivative(right)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("tanh derivative: right, but it is not remembered: ")
    assert line.endswith("mend it, or delete it to begin again")
    assert done.place().read_text(encoding="utf-8") == text
    with pytest.raises(done.ProgressDamaged, match=r"exercises\.json: damaged"):
        progress()


@POSIX
def test_a_folder_that_cannot_be_written_to_is_told(in_a_notebook, capsys):
    done.place().parent.mkdir(parents=True)
    done.place().parent.chmod(0o500)
    with ordinary_user():
        checks.tanh_derivative(right)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("tanh derivative: right, but it is not remembered: ")
    assert "Permission denied; give yourself the right to it" in line


def test_the_file_can_be_read_by_eye():
    done.remember(DERIVATIVE)
    done.remember(done.Exercise("relu_vs_tanh", "bugs", "centring"))
    stored = json.loads(done.place().read_text(encoding="utf-8"))
    assert list(stored) == ["relu_vs_tanh"]
    assert list(stored["relu_vs_tanh"]) == ["bugs/centring", "checks/tanh_derivative"]
