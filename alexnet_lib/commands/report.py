"""Print the ledger: paper, 2012 log, published runs, yours."""

from __future__ import annotations

import argparse
import json
import sys

from alexnet_lib import settings
from alexnet_lib.commands import words


def add(parser: argparse.ArgumentParser) -> None:
    """Add the words of `alexnet report`."""
    words.add_scale(parser)
    parser.add_argument("--json", action="store_true")


def run(arguments: argparse.Namespace) -> None:
    """Print the ledger as a table or as JSON."""
    from alexnet_lib.ledger import report

    if missing := settings.why_no_results():
        print(f"alexnet: {missing}", file=sys.stderr)
    rows = report.ledger(words.scale(arguments))
    if arguments.json:
        print(json.dumps(report.ledger_json(rows), indent=1))
    else:
        print(report.ledger_page(rows))
