"""Rows of the ledger's page: what each says, and links to what is behind it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from types import ModuleType
from urllib.parse import quote

from alexnet_lib import experiments, settings
from alexnet_lib.ledger.claim import Claim, Told
from alexnet_lib.ledger.claims import PARTS
from alexnet_lib.ledger.report import Row, of_paper
from alexnet_lib.ledger.results_tables import Reported

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
Cells = Sequence[tuple[str, str]]
"""The cells of a row, each a heading and its HTML."""


def number_of(section: str) -> str:
    """The section without the table or figure in it."""
    return section.partition(",")[0]


def kind_of(verdict: str) -> str:
    """A verdict without its figures."""
    return verdict.partition(":")[0].partition(",")[0]


def of_claim(row: Row, folder: Path) -> Cells:
    """A claim's row, read from `folder`, to which its links are relative."""
    claim = row.claim
    return [
        ("claim", escape(claim.statement)),
        ("section", escape(claim.section)),
        ("paper", escape(of_paper(claim))),
        ("2012 log", _noted(claim)),
        ("published run", escape(row.published.text() if row.published else "none")),
        ("verdict", _bold(row.verdict)),
        ("yours", escape(_yours(row))),
        ("behind it", _behind(row, folder)),
    ]


def _noted(claim: Claim) -> str:
    """The authors' number, and where they noted it."""
    if claim.log is None:
        return "none"
    return f"{claim.log.value:.4g} <small>({escape(claim.log.source)})</small>"


def _bold(verdict: str) -> str:
    """A verdict with its figures lighter than its words."""
    kind = kind_of(verdict)
    return f"<b>{escape(kind)}</b>{escape(verdict.removeprefix(kind))}"


def _yours(row: Row) -> str:
    if row.other_data:
        return f"other data: {row.other_data}"
    return row.yours.text() if row.yours else "none"


def _behind(row: Row, folder: Path) -> str:
    """Links to the row's notebook, its code, and its records."""
    files = [("claim in code", _MODULES[row.claim.name])]
    if row.claim.experiment:
        experiment = _EXPERIMENTS[row.claim.experiment]
        files.append((f"experiment {row.claim.experiment}", experiment))
    notebook = _notebook(row.claim.section, folder)
    links = "<br>".join(
        [*notebook, *(link(path, text, folder) for text, path in files)]
    )
    paths = [run.path for runs in row.runs.values() for run in runs if run.path]
    if not paths:
        return links
    items = "".join(f"<li>{link(path, path.stem, folder)}</li>" for path in paths)
    count = f"{len(paths)} record{'s' if len(paths) > 1 else ''}"
    return f"{links}<details><summary>{count}</summary><ul>{items}</ul></details>"


def notebook_number(section: str) -> str:
    """The two digits that the notebook on a section begins with."""
    number = number_of(section)
    if number.startswith("VGG"):
        return "09"
    return _NOTEBOOKS.get(number) or _NOTEBOOKS[number.partition(".")[0]]


def _notebook(section: str, folder: Path) -> list[str]:
    """A link to the notebook on a section, if it is there already."""
    start = notebook_number(section)
    found = sorted((settings.PROJECT / "notebooks").glob(f"{start}_*.ipynb"))
    return [link(path, f"notebook {start}", folder) for path in found]


def link(path: Path, text: str, folder: Path) -> str:
    """A link to a file, as it is followed from `folder`."""
    place = quote(Path(os.path.relpath(path, folder)).as_posix())
    return f'<a href="{place}">{escape(text)}</a>'


def of_result(row: Reported) -> Cells:
    """A row of Tables 1 and 2."""
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


def of_sentence(row: Told, folder: Path) -> Cells:
    """The row of a sentence on how something was done."""
    behind = "<br>".join(_notebook(row.section, folder))
    return [
        ("how it was done", escape(row.statement)),
        ("section", escape(row.section)),
        ("text", escape(row.text)),
        ("2012 code", escape(row.code)),
        ("verdict", _bold(row.verdict)),
        ("read in", f"{escape(row.source)}{'<br>' + behind if behind else ''}"),
    ]
