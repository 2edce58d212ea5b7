"""Run what is missing of an experiment."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from alexnet_lib.commands import words

if TYPE_CHECKING:
    from alexnet_lib.runs.records import Record, Runs


def add(parser: argparse.ArgumentParser) -> None:
    """Add the words of `alexnet run`."""
    parser.add_argument("experiment", help="figure1, for instance")
    words.add_scale(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--seeds", type=words.count, help="how many seeds")
    which.add_argument(
        "--seed", type=words.seed, action="append", help="only this seed"
    )
    parser.add_argument("--arm", action="append", default=[], help="only this arm")
    parser.add_argument(
        "--publish", action="store_true", help="write the records to results/"
    )


def run(arguments: argparse.Namespace) -> None:
    """Run the arms and seeds that have no record, and print all their metrics."""
    from alexnet_lib import experiments, machine
    from alexnet_lib.ledger.run_tables import result_table
    from alexnet_lib.runs.records import published
    from alexnet_lib.runs.run import Options, run_experiment

    chosen = experiments.by_name(arguments.experiment)
    scale = words.scale(arguments)
    print(f"{chosen.question}\nscale {scale}: {chosen.expect[scale]}")
    if busy := machine.leave_busy_cores():
        print(busy)
    records = run_experiment(
        chosen,
        scale,
        seeds=arguments.seed or chosen.seed_list(scale, arguments.seeds),
        arms=list(dict.fromkeys(arguments.arm)),
        options=Options(publish=arguments.publish),
    )
    print(result_table(records))
    if not arguments.publish:
        for line in repeated(records, published(chosen.name)):
            print(line)


def repeated(own: Iterable[Record], published: Runs) -> Iterator[str]:
    """Yield a line for each own run that repeats a published one: equal or not."""
    for run in own:
        for other in published.get(run.arm, ()):
            if (run.seed, run.config) != (other.seed, other.config):
                continue
            name = f"{run.arm}, seed {run.seed}"
            if run.weights_sha256 == other.weights_sha256:
                yield f"{name}: the weights are those of the published run, bit for bit"
            else:
                yield (
                    f"{name}: other weights than the published run, which is of commit "
                    f"{other.code['commit']}, torch {other.environment['torch']}, "
                    f"{other.environment['cpu']}, threads: "
                    f"{other.environment['threads']}"
                )
