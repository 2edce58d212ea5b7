"""Run what is missing of an experiment."""

from __future__ import annotations

import argparse

from alexnet_lib.commands import words


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
    from alexnet_lib import experiments
    from alexnet_lib.ledger.run_tables import result_table
    from alexnet_lib.runs.run import run_experiment

    chosen = experiments.by_name(arguments.experiment)
    scale = words.scale(arguments)
    print(f"{chosen.question}\nscale {scale}: {chosen.expect[scale]}")
    records = run_experiment(
        chosen,
        scale,
        seeds=arguments.seed or chosen.seed_list(scale, arguments.seeds),
        arms=list(dict.fromkeys(arguments.arm)),
        publish=arguments.publish,
    )
    print(result_table(records))
