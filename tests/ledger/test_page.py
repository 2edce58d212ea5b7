"""The ledger's page: every row, links that lead somewhere, nothing from elsewhere."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from alexnet_lib import cli, settings
from alexnet_lib.ledger import page_rows
from alexnet_lib.ledger.claims import CLAIMS
from alexnet_lib.ledger.report import ledger
from alexnet_lib.ledger.results_tables import reported
from alexnet_lib.ledger.text_and_code import told

VOID = {"meta", "input", "br"}


class Page(HTMLParser):
    """Rows of the page with their attributes, text, links; and whether tags close."""

    def __init__(self, html):
        super().__init__()
        self.open, self.rows, self.tags, self.links = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr" and "tbody" in self.open:
            self.rows.append(dict(attributes) | {"text": "", "links": [], "labels": []})
        elif self.rows and tag == "td":
            self.rows[-1]["labels"].append(dict(attributes)["data-label"])
        elif self.rows and tag == "a":
            self.rows[-1]["links"].append(dict(attributes)["href"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.rows and "tbody" in self.open:
            self.rows[-1]["text"] += data


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The page as the command writes it, and the folder that it lies in."""
    folder = tmp_path_factory.mktemp("a folder")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALEXNET_RUNS", str(folder / "runs"))
        path = folder / "ledger.html"
        assert cli.main(["report", "--html", str(path)]) == 0
    html = path.read_text(encoding="utf-8")
    return folder, html, Page(html)


def test_every_tag_is_closed_and_every_row_is_there(shown):
    _, _, parsed = shown
    assert not parsed.open
    assert len(parsed.rows) == len(CLAIMS) + len(reported()) + len(told())
    names = [row["id"] for row in parsed.rows if "id" in row]
    assert names == [claim.name for claim in CLAIMS] + [row.name for row in told()]


def test_every_link_leads_to_a_file(shown):
    folder, _, parsed = shown
    links = [about["href"] for tag, about in parsed.tags if tag == "a"]
    assert len(links) > len(CLAIMS)
    for link in links:
        assert (folder / unquote(link)).is_file(), link


def test_a_row_links_to_all_that_is_behind_it(shown):
    """Its claim, its experiment, its notebook if that is there, and each record."""
    folder, _, parsed = shown
    by_name = {row["id"]: row for row in parsed.rows if "id" in row}
    there = {path.name[:2] for path in (settings.PROJECT / "notebooks").glob("*.ipynb")}
    for row in ledger("laptop"):
        links = [unquote(link) for link in by_name[row.claim.name]["links"]]
        records = {run.path for runs in row.runs.values() for run in runs}
        linked = {(folder / x).resolve() for x in links if x.endswith(".json")}
        assert linked == records
        assert records or not (row.published and row.claim.experiment)
        modules = [link for link in links if link.endswith(".py")]
        assert len(modules) == 1 + bool(row.claim.experiment)
        notebooks = [link for link in links if link.endswith(".ipynb")]
        number = page_rows.notebook_number(row.claim.section)
        assert len(notebooks) == (number in there)


def test_a_claim_and_an_experiment_are_in_the_file_that_is_linked(shown):
    folder, _, parsed = shown
    by_name = {row["id"]: row for row in parsed.rows if "id" in row}
    for claim in ("response-normalisation-imagenette", "cifar-without-norm"):
        links = [x for x in by_name[claim]["links"] if x.endswith(".py")]
        assert "claims/architecture.py" in links[0]
    experiment = (folder / links[1]).read_text(encoding="utf-8")
    assert 'name="cifar-norm"' in experiment


def test_nothing_comes_from_elsewhere(shown):
    _, html, parsed = shown
    assert not re.search(r"https?:|//|@import|url\(", html.replace("// ", ""))
    loaded = {"script", "link", "img", "iframe", "style"}
    for tag, attributes in parsed.tags:
        assert tag not in loaded or not {"src", "href"} & attributes.keys()


def test_a_row_says_what_the_ledger_says(shown):
    _, _, parsed = shown
    by_name = {row["id"]: row for row in parsed.rows if "id" in row}
    for row in ledger("laptop"):
        text = by_name[row.claim.name]["text"]
        assert row.claim.statement in text
        assert row.verdict in text
        if row.published:
            assert row.published.text() in text


def test_filters_offer_what_rows_have(shown):
    """A choice without rows, or rows that no choice finds, would be a dead end."""
    _, html, parsed = shown
    offered = {
        name: set(re.findall(r'<option value="([^"]+)"', select))
        for name, select in re.findall(r'<select name="(\w+)">(.*?)</select>', html)
    }
    assert {row["data-verdict"] for row in parsed.rows} == offered["verdict"]
    sections = {row["data-section"] for row in parsed.rows}
    assert sections <= offered["section"]
    assert offered["section"] - sections <= {s.partition(".")[0] for s in sections}


def test_every_cell_is_labelled_for_narrow_screens(shown):
    _, html, parsed = shown
    heads = [
        re.findall(r"<th [^>]*>(.*?)</th>", head)
        for head in re.findall(r"<thead>(.*?)</thead>", html)
    ]
    assert len(heads) == 3
    for row in parsed.rows:
        assert row["labels"] in heads


def test_a_page_that_cannot_be_written_is_told_in_one_line(capsys, tmp_path):
    words = ["report", "--html", str(tmp_path / "no such folder" / "x.html")]
    assert cli.main(words) == 1
    assert capsys.readouterr().err.count("\n") == 1
