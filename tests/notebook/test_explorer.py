"""Explorers: what they show, say and refuse; and every one of the notebooks walked."""

import ast
import builtins
import tempfile

import pytest
from matplotlib.figure import Figure

from alexnet_lib import notebook
from alexnet_lib.figures.picture import Picture
from alexnet_lib.notebook import explore, explorer, log_slider, menu, slider
from alexnet_lib.notebook.local_response_normalization import windows as norms
from alexnet_lib.notebook.overlapping_pooling import pictures as pooling
from alexnet_lib.notebook.two_gpu_training import pictures as towers
from tests.notebook.cells import NOTEBOOKS, code_of

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def draw(n, scale, kind):
    if n == 7:
        raise ValueError("no seven")
    return Picture(Figure(), f"{n} {scale:.2g} {kind}")


class Shown(list):
    """What is displayed, in order; stands for a notebook's display."""

    def display(self, content, **options):
        self.append(content)

    update = display


@pytest.fixture
def shown(monkeypatch):
    everything = Shown()
    monkeypatch.setattr(explorer, "display", everything.display)
    monkeypatch.setattr(explorer, "DisplayHandle", lambda: everything)
    return everything


@pytest.fixture
def explored(shown):
    """A whole-number slider, a logarithmic one and a menu."""
    return explore(
        draw, n=slider(1, 9, 3), scale=log_slider(0.1, 10, 1), kind=menu("a", "b")
    )


def test_a_cell_holds_the_sliders_in_words_and_the_picture_by_itself(explored, shown):
    explored._ipython_display_()
    sliders, picture = shown
    assert WIDGET_VIEW in sliders
    words = "n from 1 to 9; scale from 0.1 to 10; kind one of a, b"
    assert sliders["text/plain"].endswith(words)
    assert picture.alt == "3 1 a"


def test_moving_a_slider_puts_the_new_picture_in_the_place_of_the_old(explored, shown):
    explored._ipython_display_()
    explored.widgets["n"].value = 5
    explored.widgets["kind"].value = "b"
    assert [picture.alt for picture in shown[2:]] == ["5 1 a", "5 1 b"]
    assert explored.state == {"n": 5, "scale": 1, "kind": "b"}


def test_what_cannot_be_drawn_is_shown_instead_of_the_old_picture(explored, shown):
    explored._ipython_display_()
    explored.widgets["n"].value = 7
    words = "no picture at n = 7, scale = 1.0, kind = a: ValueError: no seven"
    assert shown[-1] == {"text/plain": words}
    explored.widgets["n"].value = 8
    assert shown[-1].alt == "8 1 a"


def test_at_says_what_a_state_shows_and_moves_nothing(explored, shown):
    assert explored.at(n=5, kind="b") == "5 1 b"
    assert explored.at() == "3 1 a"
    assert explored.state["n"] == 3
    assert not shown
    with pytest.raises(ValueError, match="no seven"):
        explored.at(n=7)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"m": 1}, "no slider m: n, scale, kind"),
        ({"n": 10}, "n is from 1 to 9, not 10"),
        ({"kind": "c"}, "kind is one of a, b, not 'c'"),
    ],
)
def test_a_state_out_of_reach_is_refused(explored, values, words):
    with pytest.raises(ValueError, match=words):
        explored.at(**values)


def test_a_slider_begins_within_its_ends():
    with pytest.raises(ValueError, match="from 1 to 2 cannot start at 3"):
        slider(1, 2, 3)


def test_whole_numbers_stay_whole(explored):
    assert isinstance(explored.widgets["n"].value, int)
    assert isinstance(explored.widgets["scale"].value, float)


def test_corners_are_all_ends_and_all_of_a_menu(explored):
    corners = list(explored.corners())
    assert len(corners) == 2 * 2 * 2
    assert {"n": 9, "scale": 0.1, "kind": "b"} in corners


# ------------------------------------------------------------ those of the notebooks


def _defined(cell):
    names = {n.id for n in ast.walk(cell) if _stores(n)}
    for node in cell.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(a.asname or a.name).split(".")[0] for a in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


def _stores(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _read(cell):
    names = {n.id for n in ast.walk(cell) if isinstance(n, ast.Name)}
    return {name for name in names if not hasattr(builtins, name)}


def needed(sources, last):
    """The cells that `sources[last]` needs, itself the last: who defined its names."""
    cells = [ast.parse(source) for source in sources[: last + 1]]
    chosen, wanted = {last}, [(last, name) for name in _read(cells[last])]
    while wanted:
        before, name = wanted.pop()
        found = [i for i in range(before) if name in _defined(cells[i])]
        if found and found[-1] not in chosen:
            chosen.add(found[-1])
            wanted += [(found[-1], other) for other in _read(cells[found[-1]])]
    return [sources[i] for i in sorted(chosen)]


def explorer_cells():
    for path in NOTEBOOKS:
        sources = code_of(path)
        for i, source in enumerate(sources):
            if "explore(" in source:
                yield pytest.param((sources, i), id=f"{path.stem[:2]}-{i}")


@pytest.fixture
def walked(request, monkeypatch):
    """The explorers that a cell and those that it needs make, its own the last."""
    sources, i = request.param
    made = []

    def kept(draw, **controls):
        made.append(explore(draw, **controls))
        return made[-1]

    monkeypatch.setattr(notebook, "explore", kept)
    space = {}
    for source in needed(sources, i):
        exec(compile(source, "cell", "exec"), space)
    yield made
    for value in space.values():
        if isinstance(value, tempfile.TemporaryDirectory):
            value.cleanup()


@pytest.mark.parametrize("walked", list(explorer_cells()), indirect=True)
def test_every_corner_of_every_explorer_is_drawn(walked):
    found = walked[-1]
    states = list(found.corners())
    told = {found.at(**state) for state in states}
    assert len(told) > len(states) / 4  # the words follow the sliders
    for control in found.controls:
        assert f"{control} " in repr(found)


STATES = [
    (pooling.layout, {"size": 2, "stride": 2}, "seen by 1 to 1"),
    (pooling.layout, {"size": 5, "stride": 2}, "seen by 1 to 9"),
    (pooling.line, {"position": 5}, "2/2 answers 00100000, 3/2 00100000"),
    (pooling.line, {"position": 6}, "2/2 answers 00010000, 3/2 00110000"),
    (pooling.line, {"position": 7}, "2/2 answers 00010000, 3/2 00010000"),
    (norms.window, {"i": 0}, "one device maps 0 to 2; two GPUs maps 0 to 2"),
    (
        norms.window,
        {"i": 47, "n": 9},
        "maps 43 to 51; two GPUs maps 43 to 47",
    ),
    (
        norms.window,
        {"i": 50, "n": 4},
        "maps 48 to 51; two GPUs maps 48 to 51",
    ),
    (norms.window, {"i": 95}, "one device maps 93 to 95; two GPUs maps 93 to 95"),
    (towers.windows, {"side": 227}, "55 windows by floor, 55 by ceil"),
    (towers.windows, {"side": 224, "padding": 2}, "55 windows by floor, 56 by ceil"),
    (towers.split, {"pattern": "none"}, "maps cross before fc8"),
    (towers.split, {"pattern": "every"}, "before conv2, conv3, conv4, conv5, fc6"),
    (towers.traffic_bars, {"pattern": "none"}, "sends 2.2 MiB per step"),
    (towers.traffic_bars, {"pattern": "every"}, "sends 127.4 MiB per step"),
]


@pytest.mark.parametrize(("picture", "state", "words"), STATES)
def test_what_a_state_shows(picture, state, words):
    assert words in picture(**state).alt
