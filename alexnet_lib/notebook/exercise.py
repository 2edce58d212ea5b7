"""Checks of exercises: each says what is wrong, or that it is right.

A notebook imports the module of its own name and hands its attempt to a check.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class Wrong(Exception):
    """An attempt that is not right yet; the message says in what way."""


def exercise(test: Callable[[Any], None]) -> Callable[[Any], None]:
    """Make a check of `test`, which raises `Wrong` at an attempt that fails it.

    The check prints one line. An attempt that raises `NotImplementedError` has not
    been made; any other exception of the attempt is the reader's to see, and is
    raised.
    """

    @functools.wraps(test)
    def check(attempt: Any) -> None:
        name = test.__name__.replace("_", " ")
        try:
            test(attempt)
        except NotImplementedError:
            print(f"{name}: not attempted yet")
        except Wrong as wrong:
            print(f"{name}: not yet. {wrong}")
        else:
            print(f"{name}: right")

    return check
