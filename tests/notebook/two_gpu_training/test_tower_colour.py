"""Notebook 05's colour of the towers, from records."""

import dataclasses

import pytest

from alexnet_lib.notebook.two_gpu_training import tower_colour


def coloured(record, arm, seed, shares):
    epochs = [{"epoch": 1, "kernel_colour": shares}]
    return dataclasses.replace(record, arm=arm, seed=seed, epochs=epochs)


@pytest.fixture
def runs(record):
    apart = [0.1004 + i / 1000 for i in range(48)] + [
        0.8004 + i / 1000 for i in range(48)
    ]
    alike = [0.5 + (2 * i % 95) / 1000 for i in range(96)]
    return {
        "source": [coloured(record, "source", s, apart) for s in (1, 2)],
        "half": [coloured(record, "half", 1, alike)],
    }


def test_towers_apart_are_told_from_halves_alike(runs):
    rows = tower_colour.colour_table(runs, ["source", "half"]).splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("| ").split("|")] for row in rows]
    assert [row[:2] for row in cells] == [
        ["source", "1"],
        ["source", "2"],
        ["half", "1"],
    ]
    assert cells[0][2:5] == ["0.124", "0.824", "0.700"]
    assert float(cells[0][5]) < 1e-10
    assert float(cells[2][5]) > 0.05


def test_a_point_per_kernel_and_a_mean_per_half(runs):
    (ax,) = tower_colour.strips(runs, ["source", "half"]).figure.axes
    kernels = [line for line in ax.lines if line.get_marker() == "_"]
    means = [line for line in ax.lines if line.get_marker() == "D"]
    assert [len(line.get_ydata()) for line in kernels] == [48] * 6
    assert means[1].get_ydata()[0] == pytest.approx(0.8239)


def test_without_runs_it_says_so():
    assert "not run yet" in tower_colour.colour_table({}, ["source"])
    assert len(tower_colour.strips({}, ["source"]).figure.axes[0].lines) == 1
