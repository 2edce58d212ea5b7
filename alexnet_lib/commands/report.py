"""Print the ledger: paper, 2012 log, published runs, yours.

After it stand Tables 1 and 2 with other people's runs beside ours, and what the text
says of how things were done beside what the authors' code does.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from alexnet_lib import settings
from alexnet_lib.commands import words
from alexnet_lib.settings import Scale


def add(parser: argparse.ArgumentParser) -> None:
    """Add the words of `alexnet report`."""
    words.add_scale(parser)
    parser.add_argument(
        "--section", help="4, 3.1, abstract: of the paper, with all in it; default all"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true")
    how.add_argument(
        "--html", type=words.file, metavar="PATH", help="write it as a page to read"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the ledger, or a section of it, as tables or as JSON, or write its page.

    Raises `ValueError` for a section that the ledger does not have.
    """
    from alexnet_lib.ledger import report, results_tables, text_and_code

    scale, section = words.scale(arguments), arguments.section
    if arguments.html:
        _write(arguments.html, scale, section)
        return
    rows = report.ledger(scale, section=section)
    _warn()
    tables = any(row.claim.section.startswith("§6, Table") for row in rows)
    told = bool(text_and_code.told(section))
    if arguments.json:
        whole = {"ledger": report.ledger_json(rows)}
        whole |= {"tables": results_tables.results_json()} if tables else {}
        whole |= {"text and code": text_and_code.told_json(section)} if told else {}
        print(json.dumps(whole, indent=1))
        return
    print(report.ledger_page(rows))
    if tables:
        print(f"\n{results_tables.results_table()}")
    if told:
        print(f"\n{text_and_code.told_table(section)}")


def _write(path: Path, scale: Scale, section: str | None) -> None:
    """Write the page, which has filters of its own; raises `WordsError` for another."""
    from alexnet_lib.ledger import page

    if section is not None:
        raise words.WordsError(
            "--section is not for --html: the page has all, to filter"
        )
    page.write(path, scale)
    _warn()
    print(f"the ledger's page: {path}")


def _warn() -> None:
    """Say on stderr where published runs are missing."""
    if missing := settings.why_no_results():
        print(f"alexnet: {missing}", file=sys.stderr)
