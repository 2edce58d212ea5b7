"""The ledger as one HTML file for people: filters, and links to what is behind a row.

Nothing is fetched: style and script are in the file, links go to files beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from alexnet_lib import settings
from alexnet_lib.files import written_whole
from alexnet_lib.ledger.claim import Told
from alexnet_lib.ledger.page_rows import (
    Cells,
    kind_of,
    link,
    number_of,
    of_claim,
    of_result,
    of_sentence,
)
from alexnet_lib.ledger.page_style import SCRIPT, STYLE
from alexnet_lib.ledger.report import Row, ledger
from alexnet_lib.ledger.results_tables import Reported, reported
from alexnet_lib.ledger.text_and_code import told
from alexnet_lib.settings import Scale

_WHOSE = {
    "paper": "in the paper",
    "2012 log": "in the 2012 log",
    "others": "run by others",
    "ours": "ours",
}
"""The words that rows of Tables 1 and 2 are filtered by, in a verdict's place."""


def write(path: Path, scale: Scale) -> None:
    """Write the page to `path`; `scale`: of the reader's own runs."""
    html = page(path.resolve().parent, scale)
    with written_whole(path) as stream:
        stream.write(html.encode())


def page(folder: Path, scale: Scale) -> str:
    """The page as it is read from `folder`, to which its links are relative."""
    rows, sentences, results = ledger(scale), told(), reported()
    body = [
        _form(rows, sentences, results),
        _table(
            "What the paper claims, and what came of it",
            [of_claim(row, folder) for row in rows],
            [
                _attributes(row.claim.name, row.claim.section, row.verdict)
                for row in rows
            ],
        ),
        _table(
            "Tables 1 and 2, with other people's nets and ours",
            [of_result(row) for row in results],
            [_attributes("", "§6", _WHOSE[row.whose]) for row in results],
        ),
        _table(
            "How things were done: the text beside the authors' code",
            [of_sentence(row, folder) for row in sentences],
            [_attributes(row.name, row.section, row.verdict) for row in sentences],
        ),
    ]
    readme = settings.PROJECT / "README.md"
    words = "the README"
    parts = {
        "style": STYLE,
        "script": SCRIPT,
        "readme": link(readme, words, folder) if readme.exists() else words,
    }
    return _DOCUMENT.format(body="\n".join(body), **parts)


_DOCUMENT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AlexNet, claim by claim: the ledger</title>
<style>{style}</style>
</head>
<body>
<h1>AlexNet, claim by claim: the ledger</h1>
<p>What Krizhevsky, Sutskever and Hinton (2012) claim, what the authors' own notes say,
what our published runs gave (mean, 95 % interval, number n of seeds), and a verdict.
How a row gets its words is in {readme}.</p>
{body}
<script>{script}</script>
</body>
</html>
"""


def _form(
    rows: Sequence[Row], sentences: Sequence[Told], results: Sequence[Reported]
) -> str:
    """The filters; a reader without scripts never sees them."""
    sections = {number_of(row.claim.section) for row in rows}
    sections |= {section.partition(".")[0] for section in sections}
    words = [row.verdict for row in rows] + [row.verdict for row in sentences]
    words += [_WHOSE[row.whose] for row in results]
    counts = Counter(map(kind_of, words))
    verdicts = [(kind, f"{kind} ({n})") for kind, n in sorted(counts.items())]
    return (
        '<form hidden aria-label="filters">'
        + _select("section", [(section, section) for section in sorted(sections)])
        + _select("verdict", verdicts)
        + '<label>words<input name="words" type="search"></label>'
        + '<output aria-live="polite"></output></form>'
    )


def _select(name: str, options: Iterable[tuple[str, str]]) -> str:
    choices = "".join(
        f'<option value="{escape(value)}">{escape(shown)}</option>'
        for value, shown in [("", "all"), *options]
    )
    return f'<label>{name}<select name="{name}">{choices}</select></label>'


def _table(caption: str, rows: Sequence[Cells], attributes: Sequence[str]) -> str:
    head = "".join(f'<th scope="col">{escape(label)}</th>' for label, _ in rows[0])
    body = "\n".join(
        f"<tr{about}>{''.join(map(_cell, cells))}</tr>"
        for cells, about in zip(rows, attributes, strict=True)
    )
    return (
        f"<section><h2>{escape(caption)}</h2>\n<table><thead><tr>{head}</tr></thead>\n"
        f"<tbody>{body}</tbody></table></section>"
    )


def _cell(cell: tuple[str, str]) -> str:
    label, html = cell
    none = ' class="none"' if html == "none" else ""
    return f'<td{none} data-label="{escape(label)}">{html}</td>'


def _attributes(name: str, section: str, verdict: str) -> str:
    """A row's name, to link to, and what it is filtered by."""
    named = f' id="{escape(name)}"' if name else ""
    return (
        f'{named} data-section="{escape(number_of(section))}" '
        f'data-verdict="{escape(kind_of(verdict))}"'
    )
