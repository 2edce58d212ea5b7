"""List the data sets that are here, or prepare one."""

from __future__ import annotations

import argparse
from pathlib import Path

from alexnet_lib import settings
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
        "--from", dest="source", type=Path, help="folder or archive of photographs"
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
    from alexnet_lib.data import prepared
    from alexnet_lib.data.sources import cifar, locations

    root = settings.data_root()
    print(f"data     in {root}")
    print(f"cifar10  {cifar.found() or 'not found'}")
    for name in locations.PLACES:
        folder = root / "prepared" / name
        state = folder if prepared.present(folder) else "not prepared"
        print(f"{name:8} {state}")


def _prepare(arguments: argparse.Namespace) -> int:
    from alexnet_lib.data.preparing.prepare import estimate, prepare
    from alexnet_lib.data.sources import locations

    name = arguments.name
    _refuse_what_would_be_ignored(arguments, name in locations.PLACES)
    if arguments.plan:
        print(estimate(name, arguments.source, arguments.images).table())
        return 0
    if name not in locations.PLACES:
        return _load(name)
    report = prepare(name, arguments.source, workers=arguments.workers)
    for file, reason in report.skipped:
        print(f"skipped {file}: {reason}")
    print(_sizes(name, report.train, report.test) + f" in {report.folder}")
    return 3 if report.skipped else 0


def _refuse_what_would_be_ignored(
    arguments: argparse.Namespace, photographs: bool
) -> None:
    from alexnet_lib.data import prepared

    options = {"--from": arguments.source, "--workers": arguments.workers}
    given = [option for option, value in options.items() if value is not None]
    folder = settings.data_root() / "prepared" / arguments.name
    if arguments.images and not arguments.plan:
        raise WordsError("--images is for --plan, which is not asked for")
    if arguments.plan and arguments.workers:
        raise WordsError("--workers is not for --plan, which lists times by cores")
    if not photographs and (given or arguments.plan):
        option = (given or ["--plan"])[0]
        raise WordsError(
            f"{option} is for photographs; {arguments.name} is drawn, or looked for "
            f"under {settings.data_root()} (ALEXNET_DATA)"
        )
    if arguments.source and not arguments.plan and prepared.present(folder):
        raise WordsError(
            f"{arguments.name} is prepared already, in {folder}; delete that folder "
            "to prepare it from elsewhere, or leave --from out"
        )


def _load(name: str) -> int:
    from alexnet_lib import data

    found = data.load(name)
    print(_sizes(found.name, len(found.train), len(found.test)))
    return 0


def _sizes(name: str, train: int, test: int) -> str:
    return f"{name}: {train:,} training and {test:,} test images"
