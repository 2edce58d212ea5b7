"""Reproduce AlexNet (2012) claim by claim."""

from __future__ import annotations

import importlib
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from io import TextIOWrapper

from alexnet_lib import files
from alexnet_lib.commands.words import Parser, WordsError

COMMANDS = ("check", "data", "run", "train", "reproduce", "report", "figure", "bench")
DONE, FAULT, MISUSED, STOPPED = 0, 1, 2, 130


def main(words: Sequence[str] | None = None) -> int:
    """Run one `alexnet` command; returns its exit status.

    0 done; 1 an expected fault, told in one line on stderr; 2 words that it does not
    take; 3 data prepared but for some files that were skipped; 130 interrupted.
    """
    _print_any_character()
    try:
        return _run(sys.argv[1:] if words is None else words)
    except KeyboardInterrupt:
        hint = "stopped; the same command goes on from the last checkpoint"
        print(f"\n{hint}", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # `alexnet report | head`: its reader has enough
        return DONE
    except WordsError as error:
        return _told(error, MISUSED)
    except OSError as error:
        return _told(files.explained(error), FAULT)
    except MemoryError:
        return _told("not enough memory; close other programs, or take less", FAULT)
    except (RuntimeError, ValueError) as error:
        return _told(files.first_line(error), FAULT)


def _run(words: Sequence[str]) -> int:
    try:
        arguments = _parser().parse_args(words)
        _refuse_to_be_many(arguments)
        return arguments.run(arguments) or DONE
    finally:
        try:
            print(end="", flush=True)
        except OSError:
            # What cannot be written must not be tried again when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise


def _refuse_to_be_many(arguments: Namespace) -> None:
    """Raise `WordsError` in a process of several for a command that is of one.

    Each process would do the whole work by itself, the same as all others.
    """
    many = "RANK" in os.environ and os.environ.get("WORLD_SIZE", "1") != "1"
    if many and arguments.command != "train":
        raise WordsError(
            "only `alexnet train` takes several processes; run this command without "
            "torchrun"
        )


def _told(fault: object, status: int) -> int:
    print(f"alexnet: {fault}", file=sys.stderr)
    return status


def _print_any_character() -> None:
    """Let a terminal without § or a file's odd name show it escaped, not fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _parser() -> Parser:
    parser = Parser(prog="alexnet", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = importlib.import_module(f"alexnet_lib.commands.{name}")
        about, *_ = (module.__doc__ or name).splitlines()
        command = commands.add_parser(name, help=about, description=module.__doc__)
        module.add(command)
        command.set_defaults(run=module.run, command=name)
    return parser


if __name__ == "__main__":
    sys.exit(main())
