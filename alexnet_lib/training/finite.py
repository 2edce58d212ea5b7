"""Training that diverges is ended, in one line that says where and what to try."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from alexnet_lib.config import TrainingConfig


class TrainingError(RuntimeError):
    """Training that cannot go on; the message says where and what to try."""


def require_finite(
    figures: Mapping[str, Any], when: str, config: TrainingConfig, title: str
) -> None:
    """Raise `TrainingError`, with its name and `when`, if a figure is not finite."""
    if (name := _not_finite(dict(figures))) is not None:
        raise TrainingError(
            f"{title}: {name} {when}, is not finite, at learning rate "
            f"{config.learning_rate:g}; lower the learning rate, or check the "
            "scale of the input and the init"
        )


def _not_finite(figures: Any, name: str = "") -> str | None:
    """The name of the first number in nested `figures` that is not finite, if any."""
    if isinstance(figures, list):
        figures = dict(enumerate(figures))
    if isinstance(figures, dict):
        found = (_not_finite(v, f"{name} {k}".strip()) for k, v in figures.items())
        return next((f for f in found if f is not None), None)
    return name if isinstance(figures, float) and not math.isfinite(figures) else None
