"""Notebook 05's kernels of both towers: those kept, those begun with, the change."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from alexnet_lib.evaluation.colour import colour_shares
from alexnet_lib.figures.kernels import kernels
from alexnet_lib.modules.build import build
from alexnet_lib.notebook.two_gpu_training import kernels_by_tower as by_tower
from alexnet_lib.notebook.two_gpu_training import published as two_gpus
from alexnet_lib.runs import artifacts, records


@pytest.fixture(scope="module")
def photographs():
    return records.published("first-711-updates")


@pytest.fixture(scope="module")
def kept(photographs):
    return [run for arm in ("source", "half") for run in photographs[arm]]


def rows_of(table):
    lines = table.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]


def test_the_kernels_that_a_run_began_with_are_those_of_the_whole_network(photographs):
    run = photographs["source"][2]
    whole = dict(build(run.config.network, run.seed).named_parameters())
    expected = whole["conv1.weight"].detach().numpy()
    np.testing.assert_array_equal(by_tower.initial_kernels(run), expected)


def alikeness(final, initial):
    """The median cosine of the kernels with those that they may have begun as."""
    flat = (kernels.reshape(len(kernels), -1) for kernels in (final, initial))
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in flat)
    return np.median((a * b).sum(1))


def test_the_kernels_kept_grew_out_of_their_own_seed_s_and_of_no_other(kept):
    for run in kept:
        final = by_tower.final_kernels(run)
        assert alikeness(final, by_tower.initial_kernels(run)) > 0.5
        other = dataclasses.replace(run, seed=run.seed + 1)
        assert abs(alikeness(final, by_tower.initial_kernels(other))) < 0.05


@pytest.fixture
def doubled(record, tmp_path):
    """A run whose kernels are twice those of its beginning, the second half thrice."""
    config = records.published("first-711-updates")["source"][0].config
    shares = [0.25] * 48 + [0.75] * 48
    run = dataclasses.replace(
        record,
        **{"experiment": "first-711-updates", "arm": "source", "seed": 1},
        config=config,
        epochs=[{"epoch": 7, "kernel_colour": shares}],
    )
    path = records.write(tmp_path, run)
    weight = by_tower.initial_kernels(run) * np.repeat([2, 3], 48)[:, None, None, None]
    artifacts.write(artifacts.path_of(path, "conv1"), {"weight": weight})
    return records.read(path)


def test_distances_are_in_lengths_of_the_initial_kernel(doubled):
    expected = np.repeat([1.0, 2.0], 48)
    np.testing.assert_allclose(by_tower.distances(doubled), expected, rtol=1e-5)


def test_the_table_has_the_distance_the_colours_and_the_chance(doubled):
    bare = dataclasses.replace(doubled, arm="no-communication", path=None)
    runs = {"source": [doubled], "no-communication": [bare]}
    with_kernels, without = rows_of(by_tower.moved_table(runs, list(runs)))
    colour = colour_shares(build(doubled.config.network, 1)[1].weight.detach())
    means = " and ".join(f"{half.mean():.2f}" for half in colour.chunk(2))
    chance = stats.mannwhitneyu([0.25] * 48, [0.75] * 48).pvalue
    end = ["0.25 and 0.75", f"{chance:.2g}"]
    assert with_kernels == ["source", "1", "1.50", means, *end]
    assert without == ["no-communication", "1", *["not kept"] * 2, *end]


def test_without_runs_the_table_says_so():
    assert "not run yet" in by_tower.moved_table({}, ["source"])


def test_both_towers_are_drawn_at_each_moment(doubled):
    initial = by_tower.initial_kernels(doubled)
    factor = np.repeat([2, 3], 48)[:, None, None, None]
    expected = {
        "before training": initial,
        "after training": initial * factor,
        "the change": initial * (factor - 1),
    }
    for show, weight in expected.items():
        picture = by_tower.both_towers({"source": [doubled]}, 1, show)
        right = kernels(weight, "all", "", ("tower 0", "tower 1"))
        for ax, other in zip(picture.figure.axes, right.figure.axes, strict=True):
            found, wanted = (np.asarray(x.images[0].get_array()) for x in (ax, other))
            np.testing.assert_allclose(found, wanted, atol=1e-5)
        images = f"{doubled.data['train']:,} photographs"
        assert f"seed 1, 7 epochs of {images}: {show}." in picture.alt


def test_the_notebook_s_words_on_the_kernels_hold(photographs):
    """What the prose after the table says of the published runs, in numbers."""
    rows = rows_of(by_tower.moved_table(photographs, two_gpus.ARMS))
    kept = [row for row in rows if row[2] != "not kept"]
    assert len(kept) == 10
    for arm, _, moved, colour, *_ in kept:
        if arm == "source":  # about as far as it was long
            assert 0.9 < float(moved) < 1.3
        halves = map(float, colour.split(" and "))
        assert max(halves) < 0.45  # two thirds in the noise
    chances = [float(row[-1]) for row in rows if row[0] == "source"]
    assert len(chances) == 5
    assert min(chances) > 0.05
