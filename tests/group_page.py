"""Write the tables of notebooks/README.md, from the notebooks and from the ledger.

python tests/group_page.py   (from the checkout)
"""

import re
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from alexnet_lib.ledger import report  # noqa: E402
from alexnet_lib.ledger.report import Row  # noqa: E402
from alexnet_lib.tables import Table, table  # noqa: E402

PAGE = ROOT / "notebooks" / "README.md"
CLAIMS = (
    *("parameters", "neurons", "relu-speedup", "relu-speedup-evaluated"),
    *("two-gpus-top-1", "two-gpus-photographs"),
    *("response-normalisation-top-1", "response-normalisation-photographs"),
    *("cifar-norm-as-published", "cifar-norm-alone"),
    *("overlapping-pooling-top-1", "overlapping-pooling-photographs"),
    *("overlapping-pooling-cifar", "overlapping-pooling-gap"),
    *("ten-views-top-1", "ten-views-imagenette-top-1"),
    *("crops-photographs", "crops-cifar"),
    *("colour-noise", "colour-noise-cifar-deviation"),
    *("dropout-overfitting", "dropout-time"),
    *("weight-decay-0.003", "bias-start", "training-time"),
    *("2010-sift-top-1", "2010-top-1", "2012-top-1"),
    *("2012-test-sift-top-5", "2012-test-7-cnns-top-5"),
    *("colour-by-tower", "depth-conv3-top-1", "depth-conv3-photographs"),
)
"""What one page has room for, by name: the paper's main claims, in its order."""


def written(page: str) -> str:
    """The page with both tables as they are today."""
    tables = {"notebooks": notebooks_table(), "claims": claims_table()}
    for name, made in tables.items():
        block = re.compile(rf"(<!-- {name}: .*-->\n)(?s:.*?)(<!-- /{name} -->)")
        page, found = block.subn(lambda m, made=made: f"{m[1]}{made}\n{m[2]}", page)
        assert found == 1, name
    return page


def notebooks_table() -> Table:
    """A row per notebook: the section, hours, exercises, and data for own runs."""
    paths = sorted(ROOT.glob("notebooks/[0-9][0-9]_*.ipynb"))
    head = ["notebook", "paper", "hours", "exercises", "data for your own runs"]
    return table(head, map(_notebook_cells, paths))


def _notebook_cells(path: Path) -> list[str]:
    cells = nbformat.read(path, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    minutes = re.findall(r"^### \d · .+, (\d+) minutes$", text, re.MULTILINE)
    laptop = re.search(r"^\| `laptop`.*? \| (.+?) \|", text, re.MULTILINE)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| \[(.+)\]\(notebooks/{path.name}\) \|(.+)\|$", readme, re.M)
    assert row, f"README's table of notebooks has no {path.name}"
    section, hours, _ = (cell.strip() for cell in row[2].split(" | "))
    return [
        f"[{row[1]}]({path.name})",
        section,
        hours,
        f"{len(minutes)}, {sum(map(int, minutes))} minutes",
        laptop[1] if laptop else "none",
    ]


def claims_table() -> Table:
    """The main claims with their verdicts; a run more of an experiment changes none."""
    rows = {row.claim.name: row for row in report.ledger("laptop")}
    return table(
        ["claim", "§", "paper", "verdict"],
        (_claim_cells(rows[name]) for name in CLAIMS),
    )


def _claim_cells(row: Row) -> list[str]:
    claim = row.claim
    unit = claim.unit if claim.printed else ""
    paper = f"{claim.paper} {unit}".strip() if claim.paper else "none"
    return [claim.statement, claim.section, paper, short_verdict(row)]


def short_verdict(row: Row) -> str:
    """The verdict, without what changes with every run that is published."""
    words = row.verdict.partition(":")[0]
    return "being run" if words.startswith("interim") else words


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
