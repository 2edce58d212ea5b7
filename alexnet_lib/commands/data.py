"""List the data sets that are here, or prepare one."""

from __future__ import annotations

import argparse
from pathlib import Path

from alexnet_lib import files, settings
from alexnet_lib.commands import words
from alexnet_lib.commands.words import WordsError


def add(parser: argparse.ArgumentParser) -> None:
    """Add the words of `alexnet data`."""
    kinds = parser.add_subparsers(required=True, metavar="ls|prepare")
    listing = kinds.add_parser("ls", help="what is found, and where")
    listing.set_defaults(act=lambda _: print_data_sets())
    preparing = kinds.add_parser("prepare", help="find or fetch, check, write shards")
    preparing.set_defaults(act=_prepare)
    preparing.add_argument("name", help="cifar10, imagenette, imagenet, imagenet2010")
    preparing.add_argument(
        "--from", dest="source", type=Path, help="folder or archive to prepare"
    )
    preparing.add_argument(
        "--workers", type=words.count, help="processes, default one a core"
    )
    preparing.add_argument(
        "--plan", action="store_true", help="only say what disk, time, memory it takes"
    )
    preparing.add_argument(
        "--images", type=words.count, help="plan for so many images like these"
    )


def run(arguments: argparse.Namespace) -> int | None:
    """List or prepare; status 3 if files were skipped."""
    return arguments.act(arguments)


def print_data_sets() -> None:
    """Print a line for each data set: where it is, or that it is not."""
    from alexnet_lib.data import shards
    from alexnet_lib.data.errors import DataError
    from alexnet_lib.data.sources import locations

    print(f"data     in {settings.data_root()}")
    for name in locations.names():
        try:
            place = locations.where(name)
            raw = place and not shards.present(place)
            state = f"{'not prepared, in ' if raw else ''}{place or 'not found'}"
        except DataError as error:
            state = str(error)
        except OSError as error:
            state = files.explained(error)
        print(f"{name:17} {state}")


def _prepare(arguments: argparse.Namespace) -> int:
    from alexnet_lib.data.preparing.prepare import estimate, prepare

    name = arguments.name
    _refuse_what_would_be_ignored(arguments)
    if arguments.plan:
        print(estimate(name, arguments.source, arguments.images).table())
        return 0
    report = prepare(name, arguments.source, workers=arguments.workers)
    for file, reason in report.skipped:
        print(f"skipped {file}: {reason}")
    if report.skipped:
        print(f"to take them too, mend them, delete {report.folder} and prepare again")
    print(
        f"{name}: {report.train:,} training and {report.test:,} test images in "
        f"{report.folder}"
    )
    return 3 if report.skipped else 0


def _refuse_what_would_be_ignored(arguments: argparse.Namespace) -> None:
    if arguments.images and not arguments.plan:
        raise WordsError("--images is for --plan, which is not asked for")
    if arguments.plan and arguments.workers:
        raise WordsError("--workers is not for --plan, which lists times by cores")
    if (arguments.plan or arguments.workers) and arguments.name == "cifar10":
        word = "--plan" if arguments.plan else "--workers"
        raise WordsError(f"{word} is for photographs; cifar10 takes a minute")
