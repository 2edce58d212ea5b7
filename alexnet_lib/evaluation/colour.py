"""The two towers' halves of a layer's kernels, to compare their colour (§6.1)."""

from __future__ import annotations


def by_tower(shares: list[float]) -> tuple[list[float], list[float]]:
    """`shares` of the first half of the kernels, tower 0's, and of the second.

    In a net without towers the halves are two arbitrary ones, to compare with.
    """
    middle = len(shares) // 2
    return shares[:middle], shares[middle:]
