"""conv1's kernels in the towers of published runs, and how far training moved them.

A run keeps its kernels at the end. Those that it began with are made again from its
seed: the same seed gives the same weights.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from statistics import fmean
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from alexnet_lib.evaluation.colour import colour_shares
from alexnet_lib.experiments.kept import FirstLayer
from alexnet_lib.experiments.metrics import by_tower
from alexnet_lib.figures.kernels import kernels
from alexnet_lib.figures.picture import Picture, own_settings
from alexnet_lib.ledger.retrieval import kept_of
from alexnet_lib.modules.build import build
from alexnet_lib.nets.layers import Conv
from alexnet_lib.notebook.two_gpu_training.tower_colour import chance
from alexnet_lib.runs import artifacts
from alexnet_lib.runs.records import Record, Runs
from alexnet_lib.tables import NOT_RUN_YET, Table, table

Moment = Literal["after training", "before training", "the change"]
_TOWERS = ("tower 0", "tower 1")


def final_kernels(run: Record) -> NDArray:
    """The kernels of conv1 that a run has kept, (maps, 3, H, W) float32.

    Raises what `artifacts.read` does if they are missing or damaged.
    """
    assert run.path is not None
    kept = artifacts.read(artifacts.path_of(run.path, FirstLayer.name))
    return kept["weight"].astype(np.float32)


def initial_kernels(run: Record) -> NDArray:
    """The kernels of conv1 that a run began with, (maps, 3, H, W) float32.

    Only what comes before conv2 is built: weights are drawn from the seed in order.
    """
    layers = run.config.network.layers
    first = next(i for i, layer in enumerate(layers) if isinstance(layer, Conv))
    start = dataclasses.replace(run.config.network, layers=layers[: first + 1])
    return build(start, run.seed).state_dict()["conv1.weight"].numpy()


def change(run: Record) -> NDArray:
    """The kernels of conv1 at the end minus those at the beginning: what it learned."""
    return final_kernels(run) - initial_kernels(run)


def distances(run: Record) -> NDArray:
    """Distance of each kernel from its initialisation, in lengths of that: (maps,)."""
    return _lengths(change(run)) / _lengths(initial_kernels(run))


def _lengths(weight: NDArray) -> NDArray:
    return np.linalg.norm(weight.reshape(len(weight), -1), axis=1)


@own_settings
def both_towers(runs: Runs, seed: int, show: Moment = "after training") -> Picture:
    """Draw conv1's kernels of #145, tower by tower: of a seed, at one moment."""
    run = next(run for run in runs["source"] if run.seed == seed)
    weight = {
        "after training": final_kernels,
        "before training": initial_kernels,
        "the change": change,
    }[show](run)
    updates = f"{run.epochs[-1]['epoch']} epochs of {run.data['train']:,} photographs"
    return kernels(weight, "all", f"#145, seed {seed}, {updates}: {show}", _TOWERS)


def moved_table(runs: Runs, arms: Sequence[str]) -> Table:
    """A row per run: how far its kernels moved, and the colour of both halves.

    Moved: the median over all kernels, in lengths of the initial one. Colour: each
    half's mean share, of the change and of the kernels in the end. Chance: of so
    large a gap in the end, by `tower_colour.chance`.
    """
    rows = [
        [run.arm, str(run.seed), *_of_change(run), *_in_the_end(run)]
        for arm in arms
        for run in runs.get(arm, ())
    ]
    colours = "colour of the change, by half", "colour in the end, by half"
    return table(["arm", "seed", "moved", *colours, "chance"], rows, NOT_RUN_YET)


def _of_change(run: Record) -> list[str]:
    """The distance and both halves' colour, or that no kernels were kept."""
    if kept_of(run, FirstLayer.name) is None:
        return ["not kept"] * 2
    colour = colour_shares(torch.from_numpy(change(run))).numpy()
    means = (f"{half.mean():.2f}" for half in np.split(colour, 2))
    return [f"{np.median(distances(run)):.2f}", " and ".join(means)]


def _in_the_end(run: Record) -> list[str]:
    halves = by_tower(run.epochs[-1]["kernel_colour"])
    means = (f"{fmean(shares):.2f}" for shares in halves)
    return [" and ".join(means), f"{chance(*halves):.2g}"]
