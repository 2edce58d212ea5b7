"""What the notebooks' sources become on a page that nobody runs.

Sliders say their range, wide tables can be read on a phone, links to headings work as
they do in JupyterLab, and the ledger is made from the records as the book is built.
"""

import html
import json
import re
from pathlib import Path
from urllib.parse import unquote

from docutils import nodes
from myst_parser.mdit_to_docutils.base import default_slugify
from sphinx.application import Sphinx

from alexnet_lib.ledger import report
from alexnet_lib.ledger.claims import PAPERS
from alexnet_lib.ledger.results_tables import results_table
from alexnet_lib.ledger.text_and_code import told_table

LEDGER = "book/ledger"
TO_CHOOSE = "To choose when this cell has run: "
"""The words of `alexnet_lib.notebook.explorer.Explorer` before its ranges."""
_LINK = re.compile(r"\[([^\]]*)\]\(([^()\s:#]*)(?:#([^()\s]+))?\)")
_WIDE = 4
"""Columns; a phone does not show so many side by side."""


def prepared(app: Sphinx, docname: str, source: list[str]) -> None:
    """Change a page's source as it is read."""
    path = Path(app.env.doc2path(docname))
    change = notebook_page if path.suffix == ".ipynb" else followed_links
    source[0] = change(source[0], path.parent)
    if docname == LEDGER:
        source[0] += "\n" + ledger_sections()


def followed_links(markdown: str, folder: Path) -> str:
    """Spell links as Sphinx follows them.

    Headings are called as on a page, not `#Build-it` but `#build-it`. Of a link to one
    of the checkout's folders the words stay: among pages there are no folders.
    """

    def followed(link: re.Match[str]) -> str:
        words, place, heading = link.groups()
        if place and (folder / place).is_dir():
            return words
        heading = f"#{default_slugify(unquote(heading))}" if heading else ""
        return f"[{words}]({place}{heading})"

    return _LINK.sub(followed, markdown)


def notebook_page(source: str, folder: Path) -> str:
    """The notebook with links that are followed, and with words where sliders stand."""
    notebook = json.loads(source)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = followed_links("".join(cell["source"]), folder)
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            words = "".join(data.get("text/plain", ""))
            if words.startswith(TO_CHOOSE):
                data["text/html"] = ranges(words.removeprefix(TO_CHOOSE))
    return json.dumps(notebook)


def ranges(words: str) -> str:
    """A paragraph that says what the sliders of a cell can be set to."""
    told = html.escape(words).replace("; ", "</span>; <span>")
    return (
        f'<p class="sliders">To move in the notebook: <span>{told}</span>. '
        "Here is the picture that it begins with.</p>"
    )


def ledger_sections() -> str:
    """The ledger in markdown, with headings for each paper and for its sections."""
    rows = {row.claim.name: row for row in report.ledger("laptop")}
    parts = []
    for paper, claims in PAPERS.items():
        parts.append(f"## {paper}\n")
        for section in dict.fromkeys(claim.section for claim in claims):
            own = [rows[claim.name] for claim in claims if claim.section == section]
            title = section[0].upper() + section[1:]
            parts.append(f"### {title}\n\n{report.ledger_table(own, yours=False)}\n")
    parts += [
        f"## Tables 1 and 2, with others' nets and ours\n\n{results_table()}\n",
        f"## How things were done: the text beside the authors' code\n\n{told_table()}",
    ]
    return "\n".join(parts)


def outdated(app: Sphinx, *_: object) -> list[str]:
    """The ledger's page is read again whenever the book is built: runs may be new."""
    return [LEDGER]


def name_columns(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put its column's name into each cell of a wide table, for narrow windows."""
    for table in doctree.findall(nodes.table):
        names = [entry.astext() for entry in next(table.findall(nodes.row))]
        if len(names) < _WIDE:
            continue
        table["classes"].append("cards")
        for row in list(table.findall(nodes.row))[1:]:
            for name, entry in zip(names, row.children, strict=True):
                label = nodes.inline("", name, classes=["column"])
                paragraph = next(entry.findall(nodes.paragraph), None)
                if paragraph is None:
                    paragraph = nodes.paragraph()
                    entry += paragraph
                paragraph.insert(0, label)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect these to what Sphinx does."""
    app.connect("source-read", prepared)
    app.connect("env-get-outdated", outdated)
    app.connect("doctree-resolved", name_columns)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
