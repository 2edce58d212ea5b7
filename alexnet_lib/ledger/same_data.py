"""Whether two sets of runs saw the same images, by the fingerprints of their data."""

from __future__ import annotations

from typing import NamedTuple

from alexnet_lib.runs.records import Runs


class _Data(NamedTuple):
    """A data set as a record names it."""

    name: str
    train: int
    test: int
    fingerprint: str
    real: bool

    def text(self) -> str:
        return f"{self.name}, {self.train:,} + {self.test:,} images"


def difference(published: Runs, own: Runs) -> str:
    """Say how the data of `own` runs differ from those published; empty if not.

    Empty as well while there are no runs to compare.
    """
    ours, theirs = _data_of(published), _data_of(own)
    if not theirs or any(not data.real for data in theirs):
        return "synthetic images" if theirs else ""
    if not ours or ours == theirs:
        return ""
    shown = [" and ".join(sorted(d.text() for d in all_)) for all_ in (theirs, ours)]
    if shown[0] == shown[1]:
        return f"{shown[0]}, but not the published ones"
    return f"{shown[0]}; published: {shown[1]}"


def _data_of(runs: Runs) -> set[_Data]:
    return {
        _Data(*(run.data[field] for field in _Data._fields))
        for of_arm in runs.values()
        for run in of_arm
    }
