"""The ledger as one HTML file for people: filters, and links to what is behind a row.

Nothing is fetched: style and script are in the file, links go to files beside it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from types import ModuleType
from urllib.parse import quote

from alexnet_lib import experiments, settings
from alexnet_lib.files import written_whole
from alexnet_lib.ledger.claim import Told
from alexnet_lib.ledger.claims import PARTS
from alexnet_lib.ledger.page_style import SCRIPT, STYLE
from alexnet_lib.ledger.report import Row, ledger
from alexnet_lib.ledger.results_tables import Reported, reported
from alexnet_lib.ledger.text_and_code import told
from alexnet_lib.settings import Scale

_NOTEBOOKS = {
    **dict.fromkeys(("abstract", "§1", "§3.2", "§3.5"), "05"),
    **{"§2": "01", "§3.1": "02", "§3.3": "03", "§3.4": "04", "§4": "06", "§5": "07"},
    **dict.fromkeys(("§6", "§7"), "08"),
}
"""The number of the notebook on a section, or on the one that it lies in."""
_MODULES = {
    claim.name: Path(part.__file__ or "") for part in PARTS for claim in part.CLAIMS
}
_EXPERIMENTS = {
    experiment.name: Path(module.__file__ or "")
    for module in vars(experiments).values()
    if isinstance(module, ModuleType)
    for experiment in getattr(module, "EXPERIMENTS", ())
}
"""The file that each experiment is in."""
_WHOSE = {
    "paper": "in the paper",
    "2012 log": "in the 2012 log",
    "others": "run by others",
    "ours": "ours",
}
"""The words that rows of Tables 1 and 2 are filtered by, in a verdict's place."""


Cells = Sequence[tuple[str, str]]
"""The cells of a row, each a heading and its HTML."""


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
            [_of_row(row, folder) for row in rows],
            [
                _attributes(row.claim.name, row.claim.section, row.verdict)
                for row in rows
            ],
        ),
        _table(
            "Tables 1 and 2, with other people's nets and ours",
            [_of_reported(row) for row in results],
            [_attributes("", "§6", _WHOSE[row.whose]) for row in results],
        ),
        _table(
            "How things were done: the text beside the authors' code",
            [_of_told(row, folder) for row in sentences],
            [_attributes(row.name, row.section, row.verdict) for row in sentences],
        ),
    ]
    return _DOCUMENT.format(style=STYLE, body="\n".join(body), script=SCRIPT)


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
How a row gets its words is in the README.</p>
{body}
<script>{script}</script>
</body>
</html>
"""


def _form(
    rows: Sequence[Row], sentences: Sequence[Told], results: Sequence[Reported]
) -> str:
    """The filters; a reader without scripts never sees them."""
    sections = {_number(row.claim.section) for row in rows}
    sections |= {section.partition(".")[0] for section in sections}
    words = [row.verdict for row in rows] + [row.verdict for row in sentences]
    words += [_WHOSE[row.whose] for row in results]
    counts = Counter(map(_kind, words))
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
        f"<h2>{escape(caption)}</h2>\n<table><thead><tr>{head}</tr></thead>\n"
        f"<tbody>{body}</tbody></table>"
    )


def _cell(cell: tuple[str, str]) -> str:
    label, html = cell
    kind = ' class="verdict"' if label == "verdict" else ""
    return f'<td{kind} data-label="{escape(label)}">{html}</td>'


def _attributes(name: str, section: str, verdict: str) -> str:
    """A row's name, to link to, and what it is filtered by."""
    named = f' id="{escape(name)}"' if name else ""
    return (
        f'{named} data-section="{escape(_number(section))}" '
        f'data-verdict="{escape(_kind(verdict))}"'
    )


def _number(section: str) -> str:
    """A section without the table or figure in it."""
    return section.partition(",")[0]


def _kind(verdict: str) -> str:
    """A verdict without its figures."""
    return verdict.partition(":")[0].partition(",")[0]


def _of_row(row: Row, folder: Path) -> Cells:
    claim = row.claim
    note = claim.log
    noted = (
        f"{note.value:.4g} <small>({escape(note.source)})</small>" if note else "none"
    )
    cells = [
        ("claim", escape(claim.statement)),
        ("section", escape(claim.section)),
        ("paper", escape(f"{claim.paper or 'none'} {claim.unit}".strip())),
        ("2012 log", noted),
        ("published run", escape(row.published.text() if row.published else "none")),
        ("verdict", escape(row.verdict)),
        ("yours", escape(_yours(row))),
        ("behind it", _behind(row, folder)),
    ]
    return cells


def _yours(row: Row) -> str:
    if row.other_data:
        return f"other data: {row.other_data}"
    return row.yours.text() if row.yours else "none"


def _behind(row: Row, folder: Path) -> str:
    """Links to the row's notebook, its code, and its records."""
    files = [("the claim", _MODULES[row.claim.name])]
    if row.claim.experiment:
        experiment = _EXPERIMENTS[row.claim.experiment]
        files.append((f"experiment {row.claim.experiment}", experiment))
    notebook = _notebook(row.claim.section, folder)
    links = "<br>".join(
        [*notebook, *(_link(path, text, folder) for text, path in files)]
    )
    paths = [run.path for runs in row.runs.values() for run in runs if run.path]
    if not paths:
        return links
    items = "".join(f"<li>{_link(path, path.stem, folder)}</li>" for path in paths)
    count = f"{len(paths)} record{'s' if len(paths) > 1 else ''}"
    return f"{links}<details><summary>{count}</summary><ul>{items}</ul></details>"


def notebook_number(section: str) -> str:
    """The two digits that the notebook on a section begins with."""
    number = _number(section)
    if number.startswith("VGG"):
        return "09"
    return _NOTEBOOKS.get(number) or _NOTEBOOKS[number.partition(".")[0]]


def _notebook(section: str, folder: Path) -> list[str]:
    """A link to the notebook on a section, if it is there already."""
    start = notebook_number(section)
    found = sorted((settings.PROJECT / "notebooks").glob(f"{start}_*.ipynb"))
    return [_link(path, f"notebook {start}", folder) for path in found]


def _link(path: Path, text: str, folder: Path) -> str:
    place = quote(Path(os.path.relpath(path, folder)).as_posix())
    return f'<a href="{place}">{escape(text)}</a>'


def _of_reported(row: Reported) -> Cells:
    return [
        ("table", escape(row.part or "own data")),
        ("whose", escape(row.whose)),
        ("net", escape(row.net)),
        ("data", escape(row.data)),
        ("views", escape(row.views)),
        ("top-1 error, %", escape(row.top1 or "none")),
        ("top-5 error, %", escape(row.top5 or "none")),
        ("from", escape(row.source)),
    ]


def _of_told(row: Told, folder: Path) -> Cells:
    behind = "<br>".join(_notebook(row.section, folder))
    return [
        ("how it was done", escape(row.statement)),
        ("section", escape(row.section)),
        ("text", escape(row.text)),
        ("2012 code", escape(row.code)),
        ("verdict", escape(row.verdict)),
        ("read in", f"{escape(row.source)}{'<br>' + behind if behind else ''}"),
    ]
