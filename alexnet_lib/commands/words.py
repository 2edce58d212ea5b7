"""Shared by the commands: kinds of values for words, and one line for an error.

No command's module imports torch before its `run`: `alexnet --help` reads them all.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from alexnet_lib import settings
from alexnet_lib.settings import Scale

_LARGEST = 2**31 - 1


class WordsError(ValueError):
    """Words that each are known but say nothing together; exit status 2."""


class Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviations and tells an error in one line."""

    def __init__(self, **options: Any) -> None:
        as_written = argparse.RawDescriptionHelpFormatter
        super().__init__(
            **options | {"allow_abbrev": False, "formatter_class": as_written}
        )

    def error(self, message: str) -> NoReturn:
        """Exit with status 2 after one line."""
        line = " ".join(message.split())
        self.exit(2, f"{self.prog}: {line}; see `{self.prog} --help`\n")


def whole_number(least: int) -> Callable[[str], int]:
    """Return the reader of a word that is a whole number from `least` on."""

    def read(word: str) -> int:
        number = int(word)
        if not least <= number <= _LARGEST:
            raise argparse.ArgumentTypeError(
                f"{word} is not a number from {least} to {_LARGEST}"
            )
        return number

    read.__name__ = "whole number"  # argparse says: invalid whole number value: 'x'
    return read


def file(word: str) -> Path:
    """Read a word that names a file, there or not yet."""
    path = Path(word)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{path} is a folder; name a file in it")
    return path


def seconds(word: str) -> float:
    """Read a word that is a number of seconds."""
    number = float(word)
    if not 0 <= number <= _LARGEST:  # nor NaN
        raise argparse.ArgumentTypeError(f"{word} is not a number from 0 to {_LARGEST}")
    return number


count = whole_number(1)
seed = whole_number(0)


def add_scale(parser: argparse._ActionsContainer) -> None:
    """Let a command take `--scale`."""
    parser.add_argument(
        "--scale",
        choices=settings.SCALES,
        help="laptop if neither this nor ALEXNET_SCALE is given",
    )


def scale(arguments: argparse.Namespace) -> Scale:
    """The scale that the words, else the environment, ask for; else `laptop`."""
    return settings.scale(arguments.scale, default="laptop")
