"""Checks of exercises: each says what is wrong, or that it is right.

A notebook imports `checks` for its exercises and `bugs` for "Spot the bug", and
hands its attempt to a check, which prints one line whatever the attempt does.
"""

from __future__ import annotations

import functools
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from torch import Tensor

from alexnet_lib import files, settings
from alexnet_lib.notebook import done
from alexnet_lib.notebook.answers import Wrong, conform

T = TypeVar("T")
RIGHT = "right"
_OTHERS_CODE = (
    *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
    str(settings.PROJECT / "alexnet_lib"),
)


class Attempt:
    """A reader's function. Calling it gives an answer of the kind that is wanted.

    Anything else that it does raises `Wrong`, with the words for it.
    """

    def __init__(self, function: Any) -> None:
        self.function = function

    def __call__(self, *arguments: Any, wanted: T, sides: bool = True) -> T:
        """The answer to `arguments`, which are copied: an attempt may change them.

        `wanted` is an example of what is due, see `answers.conform`.
        """
        answer = self.or_none(*arguments, wanted=wanted, sides=sides)
        if answer is None:
            raise Wrong("It returned nothing: is a `return` missing?")
        return answer

    def or_none(self, *arguments: Any, wanted: T, sides: bool = True) -> T | None:
        """The answer, where None is one."""
        with raising_is_told():
            answer = self.function(*map(_copied, arguments))
            return None if answer is None else conform(answer, wanted, sides=sides)


def exercise(test: Callable[[Attempt], None]) -> Callable[[Any], None]:
    """Make a check of `test`, which raises `Wrong` at an attempt that fails it.

    An attempt that raises `NotImplementedError` without a word has not been made. One
    that is right is remembered for `progress`, in a reader's notebook.
    """

    @functools.wraps(test)
    def check(attempt: Any) -> None:
        name = test.__name__.replace("_", " ")
        words = _verdict(test, attempt)
        if words == RIGHT and done.in_a_readers_notebook():
            words += _remembered(done.exercise_of(test.__module__, test.__name__))
        print(f"{name}: {words}")

    return check


def _verdict(test: Callable[[Attempt], None], attempt: Any) -> str:
    if not callable(attempt):
        return "not yet. Hand over the function itself, not what it returns."
    try:
        test(Attempt(attempt))
    except NotImplementedError:
        return "not attempted yet"
    except Wrong as wrong:
        return f"not yet. {wrong}"
    return RIGHT


def _remembered(exercise: done.Exercise) -> str:
    """Remember the exercise; say why, if that cannot be."""
    try:
        done.remember(exercise)
    except OSError as error:
        return f", but it is not remembered: {files.explained(error)}"
    except (done.ProgressDamaged, RuntimeError) as error:
        return f", but it is not remembered: {error}"
    return ""


@contextmanager
def raising_is_told() -> Iterator[None]:
    """Turn an exception of a reader's code into `Wrong` that names it and its line."""
    try:
        yield
    except Wrong:
        raise
    except NotImplementedError as error:
        if not error.args:
            raise
        raise Wrong(_told(error)) from error
    except Exception as error:
        raise Wrong(_told(error)) from error


def _told(error: Exception) -> str:
    message = str(error).strip().partition("\n")[0]
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not _others(f.filename)]
    where = ""
    if own:
        where = f" in line {own[-1].lineno}"
        where += f", `{own[-1].line}`" if own[-1].line else ""
    return f"It raises {type(error).__name__}{where}: {message}".rstrip(": ")


def _others(filename: str) -> bool:
    """Whether a file belongs to Python, to an installed package, or to this library."""
    return filename.startswith("<frozen") or any(
        Path(filename).is_relative_to(folder) for folder in _OTHERS_CODE
    )


def _copied(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, tuple | list):
        return type(value)(map(_copied, value))
    return value
