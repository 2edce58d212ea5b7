"""Do all processes mean the same run? Asked before the first step, told in one line.

Processes started with other words, data or code would train one net in silence, or
wait for each other for ever: of a longer data set one more batch is to come.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import torch.distributed as dist

from alexnet_lib.training.team import TeamError

_MOST = 3
"""How many items of those that differ the error names."""


def require_equal(facts: Mapping[str, Any]) -> None:
    """Raise `TeamError`, in every process, unless all name the same facts.

    All processes of the group call it together. Facts are plain JSON values by name.
    """
    everyone: list[dict[str, Any]] = [{} for _ in range(dist.get_world_size())]
    dist.all_gather_object(everyone, dict(items(facts)))
    names = dict.fromkeys(itertools.chain.from_iterable(everyone))
    unequal = {
        name: values
        for name in names
        if (values := [repr(own[name]) if name in own else "-" for own in everyone])
        and len(set(values)) > 1
    }
    if unequal:
        told = [f"{name} {_by_rank(values)}" for name, values in unequal.items()]
        more = f"; and {len(told) - _MOST} more" if len(told) > _MOST else ""
        raise TeamError(
            f"the processes differ: {'; '.join(told[:_MOST])}{more}. Start all with "
            "the same words, data and code, and one ALEXNET_RUNS that all machines see"
        )


def items(facts: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield all that is no mapping or list in `facts`, as `training.drop_epochs[0]`."""
    if isinstance(facts, Mapping):
        for key, value in facts.items():
            yield from items(value, f"{name}.{key}" if name else str(key))
    elif isinstance(facts, list | tuple):
        for index, value in enumerate(facts):
            yield from items(value, f"{name}[{index}]")
    else:
        yield name, facts


def _by_rank(values: list[str]) -> str:
    """Each value with the ranks that have it: `0.01 on rank 0, 0.5 on rank 1`."""
    ranks: dict[str, list[str]] = {}
    for rank, value in enumerate(values):
        ranks.setdefault(value, []).append(str(rank))
    return ", ".join(
        f"{value} on rank{'s' * (len(own) > 1)} {' '.join(own)}"
        for value, own in ranks.items()
    )
