"""The reading edition: built of what is stored, complete, whole without a network."""

import html
import re
import subprocess
import sys
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup

from alexnet_lib.ledger import report, results_tables, text_and_code
from alexnet_lib.notebook.explorer import explore, slider
from alexnet_lib.settings import PROJECT

NOTEBOOKS = sorted((PROJECT / "notebooks").rglob("*.ipynb"))


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The folder of the pages, made as `make book` does; any warning is an error."""
    place = tmp_path_factory.mktemp("book")
    strict = ["-W", "--keep-going", "-q", "-c", "book", "-d", str(place / "read")]
    command = [sys.executable, "-m", "sphinx", *strict, ".", str(place / "pages")]
    built = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return place / "pages"


@pytest.fixture(scope="module")
def pages(book):
    """Every page of the book, parsed, by its file."""
    return {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in book.rglob("*.html")
        if "_static" not in path.parts
    }


@pytest.fixture(params=NOTEBOOKS, ids=lambda p: str(p.relative_to(PROJECT)))
def page_and_outputs(request, book, pages):
    """A notebook's page, and its stored outputs by MIME type."""
    path = book / request.param.relative_to(PROJECT).with_suffix(".html")
    cells = nbformat.read(request.param, as_version=4).cells
    outputs = (output for cell in cells for output in cell.get("outputs", ()))
    return pages[path], [output.get("data", {}) for output in outputs]


def test_a_page_holds_every_stored_picture_with_its_words(page_and_outputs):
    page, outputs = page_and_outputs
    stored = [
        html.unescape(alt)
        for data in outputs
        for alt in re.findall(r'<img [^>]*alt="([^"]+)"', data.get("text/html", ""))
    ]
    shown = page.select("article .cell_output img")
    assert [image["alt"] for image in shown] == stored


def test_where_sliders_stand_a_page_says_how_far_they_go(page_and_outputs):
    page, outputs = page_and_outputs
    words = [data.get("text/plain", "") for data in outputs]
    begin = repr(explore(lambda x: x, x=slider(0, 1, 0))).partition("x from")[0]
    ranges = [w.removeprefix(begin) for w in words if w.startswith(begin)]
    told = [p.select("span") for p in page.select("p.sliders")]
    assert ["; ".join(s.get_text() for s in spans) for spans in told] == ranges
    assert begin not in page.get_text()


def test_a_page_holds_every_stored_table(page_and_outputs):
    page, outputs = page_and_outputs
    stored = [data["text/markdown"] for data in outputs if "text/markdown" in data]
    shown = page.select("article .cell_output table")
    lengths = [len(table.select("tbody tr")) for table in shown]
    assert lengths == [len(text.splitlines()) - 2 for text in stored]


def test_every_link_leads_to_a_page_and_a_place_on_it(pages):
    ids = {
        path: {tag["id"] for tag in page.select("[id]")} for path, page in pages.items()
    }
    for path, page in pages.items():
        for link in page.select("a[href]"):
            address = urlsplit(link["href"])
            if address.scheme:
                assert address.scheme in ("https", "mailto"), link
                continue
            place = (path.parent / unquote(address.path)).resolve()
            place = place if address.path else path
            assert place.exists(), (path.name, link["href"])
            if address.fragment and place in ids:
                assert unquote(address.fragment) in ids[place], (path.name, link)


def test_no_page_needs_a_network(pages):
    for path, page in pages.items():
        for tag in page.select(
            "script[src], img[src], link[href]:not([rel=canonical])"
        ):
            address = tag.get("src") or tag["href"]
            if address.startswith("data:"):
                continue
            assert not urlsplit(address).netloc, (path.name, address)
            assert (path.parent / urlsplit(address).path).exists(), (path.name, address)


NO_PROSE = ["pre", "code", "script", "math"]


def test_formulas_are_drawn_by_the_browser(pages):
    formulas = sum(len(page.select("math")) for page in pages.values())
    assert formulas
    for path, page in pages.items():
        words = page.find_all(string=True)
        prose = "".join(w for w in words if not w.find_parent(NO_PROSE))
        assert not re.search(r"\\(frac|alpha|sum|lfloor)|\$[^$\s]+\$", prose), path


def test_a_wide_table_names_its_columns_in_every_cell(pages):
    wide = [table for page in pages.values() for table in page.select("table.cards")]
    assert wide
    for table in wide:
        names = [head.get_text() for head in table.select("thead th")]
        for row in table.select("tbody tr"):
            assert [label.get_text() for label in row.select("td .column")] == names


def test_the_ledgers_page_has_every_claim(book, pages):
    text = pages[book / "book" / "ledger.html"].get_text()
    for row in report.ledger("laptop"):
        assert row.claim.statement in text
        assert row.verdict.replace("`", "") in text
    tables = [results_tables.results_table(), text_and_code.told_table()]
    rows = [len(table.splitlines()) - 2 for table in tables]
    shown = pages[book / "book" / "ledger.html"].select("article table")[-2:]
    assert [len(table.select("tbody tr")) for table in shown] == rows


def test_contents_and_search_have_every_notebook(book, pages):
    contents = {
        link["href"]
        for link in pages[book / "book/index.html"].select(".sidebar-tree a")
    }
    index = (book / "searchindex.js").read_text(encoding="utf-8")
    for path in NOTEBOOKS:
        name = path.relative_to(PROJECT).with_suffix("")
        assert f"../{name}.html" in contents
        assert f'"{name}"' in index
