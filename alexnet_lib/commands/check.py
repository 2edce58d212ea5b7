"""Say what is here: versions, device, memory, data."""

from __future__ import annotations

import argparse

from alexnet_lib.commands.data import print_data_sets
from alexnet_lib.commands.words import WordsError


def add(parser: argparse.ArgumentParser) -> None:
    """Add the words of `alexnet check`."""
    parser.add_argument(
        "--towers",
        action="store_true",
        help="train two towers, on two GPUs if there are, and compare with one device",
    )
    parser.add_argument(
        "--device", choices=("cpu", "cuda"), help="where --towers computes"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what is here, or whether two towers make one network: else status 1."""
    if arguments.towers:
        from alexnet_lib.parallel import equality

        lines, equal = equality.report(arguments.device)
        print("\n".join(lines))
        return 0 if equal else 1
    if arguments.device:
        raise WordsError("--device is for --towers, which is not asked for")

    from alexnet_lib import machine

    print("\n".join(machine.summary()))
    print(f"code     {machine.version()}")
    print_data_sets()
    return 0
