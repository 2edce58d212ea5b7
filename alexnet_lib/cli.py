"""Reproduce AlexNet (2012) claim by claim."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from alexnet_lib import settings
from alexnet_lib.settings import Scale

_TRAIN_HELP = "train AlexNet; under torchrun in several processes"
BENCHES = ("step", "lrn", "loader", "towers")


def main(words: Sequence[str] | None = None) -> int:
    """Run one `alexnet` command; returns its exit status.

    An expected fault is one line on stderr and status 1, an interrupt 130, data
    prepared but for some files that were skipped 3.
    """
    words = list(sys.argv[1:] if words is None else words)
    arguments = _parser(words).parse_args(words)
    try:
        return arguments.do(arguments) or 0
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from the last checkpoint")
        return 130
    except (RuntimeError, ValueError, OSError) as error:
        print(f"alexnet: {error}", file=sys.stderr)
        return 1


def _parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="alexnet", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="versions, device, memory, data found")
    check.add_argument(
        "--towers",
        action="store_true",
        help="train two towers, on two GPUs if there are, and compare with one device",
    )
    check.add_argument(
        "--device", choices=("cpu", "cuda"), help="where --towers computes"
    )
    check.set_defaults(do=_check)

    data = commands.add_parser("data", help="list or prepare data sets")
    kinds = data.add_subparsers(required=True, metavar="ls|prepare")
    kinds.add_parser("ls", help="what is found, and where").set_defaults(do=_data_ls)
    prepare = kinds.add_parser("prepare", help="find or fetch, check, write shards")
    prepare.add_argument("name", help="cifar10, imagenette, imagenet, imagenet2010")
    prepare.add_argument(
        "--from", dest="source", type=Path, help="folder or archive of photographs"
    )
    prepare.add_argument("--workers", type=int, help="processes, default one a core")
    prepare.add_argument(
        "--plan", action="store_true", help="only say what disk, time, memory it takes"
    )
    prepare.add_argument(
        "--images", type=int, help="plan for so many images like these"
    )
    prepare.set_defaults(do=_data_prepare)

    run = commands.add_parser("run", help="run what is missing of an experiment")
    run.add_argument("experiment")
    _add_scale(run)
    which = run.add_mutually_exclusive_group()
    which.add_argument("--seeds", type=int, help="how many seeds")
    which.add_argument("--seed", type=int, action="append", help="only this seed")
    run.add_argument("--arm", action="append", default=[], help="only this arm")
    run.add_argument(
        "--publish", action="store_true", help="write the records to results/"
    )
    run.set_defaults(do=_run)

    if words[:1] == ["train"]:
        from alexnet_lib.commands.train import add_arguments
        from alexnet_lib.commands.train import run as train

        training = commands.add_parser("train", help=_TRAIN_HELP)
        add_arguments(training)
        training.set_defaults(do=train)
    else:
        commands.add_parser("train", help=_TRAIN_HELP)

    again = commands.add_parser("reproduce", help="Figure 1, one seed, and its rows")
    _add_scale(again)
    again.set_defaults(do=_reproduce)

    report = commands.add_parser("report", help="the ledger of the paper's claims")
    _add_scale(report)
    report.add_argument("--json", action="store_true")
    report.set_defaults(do=_report)

    figure = commands.add_parser("figure", help="draw a figure of the paper")
    figure.add_argument("number", type=int)
    figure.add_argument("--published", action="store_true", help="from results/")
    _add_scale(figure)
    figure.set_defaults(do=_figure)

    bench = commands.add_parser("bench", help="measure speed, as ratios")
    bench.add_argument("name", choices=BENCHES)
    bench.add_argument("--json", action="store_true")
    bench.set_defaults(do=_bench)
    return parser


def _add_scale(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--scale",
        choices=settings.SCALES,
        help="laptop if neither this nor ALEXNET_SCALE is given",
    )


def _scale(arguments: argparse.Namespace) -> Scale:
    return settings.scale(arguments.scale, default="laptop")


def _check(arguments: argparse.Namespace) -> int:
    from alexnet_lib import machine

    if arguments.towers:
        return _check_towers(arguments.device)
    print("\n".join(machine.summary()))
    _data_ls(arguments)
    return 0


def _check_towers(device: Literal["cpu", "cuda"] | None) -> int:
    from alexnet_lib.parallel import equality

    lines, equal = equality.report(device)
    print("\n".join(lines))
    return 0 if equal else 1


def _data_ls(_: argparse.Namespace) -> None:
    from alexnet_lib.data import prepared
    from alexnet_lib.data.sources import cifar, locations

    root = settings.data_root()
    print(f"data     in {root}")
    print(f"cifar10  {cifar.found() or 'not found'}")
    for name in locations.PLACES:
        folder = root / "prepared" / name
        state = folder if prepared.present(folder) else "not prepared"
        print(f"{name:8} {state}")


def _data_prepare(arguments: argparse.Namespace) -> int:
    from alexnet_lib import data
    from alexnet_lib.data.preparing.prepare import estimate, prepare
    from alexnet_lib.data.sources import locations

    if arguments.plan:
        plan = estimate(arguments.name, arguments.source, arguments.images)
        print(plan.table())
        return 0
    if arguments.name not in locations.PLACES:
        found = data.load(arguments.name)
        print(_sizes(found.name, len(found.train), len(found.test)))
        return 0
    report = prepare(arguments.name, arguments.source, workers=arguments.workers)
    for file, reason in report.skipped:
        print(f"skipped {file}: {reason}")
    print(_sizes(arguments.name, report.train, report.test) + f" in {report.folder}")
    return 3 if report.skipped else 0


def _sizes(name: str, train: int, test: int) -> str:
    return f"{name}: {train:,} training and {test:,} test images"


def _run(arguments: argparse.Namespace) -> None:
    from alexnet_lib import experiments
    from alexnet_lib.ledger import report
    from alexnet_lib.runs.run import run_experiment

    chosen, scale = experiments.by_name(arguments.experiment), _scale(arguments)
    print(f"{chosen.question}\nscale {scale}: {chosen.expect[scale]}")
    records = run_experiment(
        chosen,
        scale,
        seeds=arguments.seed or chosen.seed_list(scale, arguments.seeds),
        arms=arguments.arm,
        publish=arguments.publish,
    )
    print(report.result_table(records))


def _reproduce(arguments: argparse.Namespace) -> None:
    from alexnet_lib.commands.reproduce import reproduce

    reproduce(_scale(arguments))


def _report(arguments: argparse.Namespace) -> None:
    from alexnet_lib.ledger import report

    rows = report.ledger(_scale(arguments))
    if arguments.json:
        print(json.dumps(report.ledger_json(rows), indent=1))
    else:
        print(report.ledger_table(rows))


def _figure(arguments: argparse.Namespace) -> None:
    from alexnet_lib.commands.reproduce import draw_figure

    print(draw_figure(arguments.number, _scale(arguments), arguments.published))


def _bench(arguments: argparse.Namespace) -> None:
    figures = importlib.import_module(f"alexnet_lib.bench.{arguments.name}").measure()
    if arguments.json:
        print(json.dumps(figures, indent=1))
        return
    for name, value in figures.items():
        print(
            f"{name:28} {value:.4g}"
            if isinstance(value, float)
            else f"{name:28} {value}"
        )


if __name__ == "__main__":
    sys.exit(main())
