"""When the rate drops: #145's diary, the plateau rule, the runs' own drops."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alexnet_lib.experiments.photographs import recipe
from alexnet_lib.notebook.details_of_learning import schedules
from tests.drawn import Panel, assert_shows, panel_of, unnoticed

ERRORS = [0.6, 0.5, 0.503, 0.497, 0.52, 0.46, 0.459, 0.458, 0.457, 0.456, 0.47]


def test_the_diary_drops_where_the_experiment_of_the_paper_s_scale_does():
    drops = recipe("paper").schedule.epochs
    rates = dict.fromkeys(range(schedules.KILLED), 0.0)
    for stage in schedules.STAGES:
        rates |= dict.fromkeys(range(stage.begin, schedules.KILLED), stage.others)
    assert rates == pytest.approx(
        {epoch: 0.01 / 10 ** sum(epoch >= d for d in drops) for epoch in rates}
    )


def test_the_stages_are_a_row_each():
    rows = schedules.stage_table().splitlines()[2:]
    assert rows[0] == "| 0 to 25 | 0.01 | 0.01 |"
    assert rows[-1] == "| 79 to 91 | 1e-05 | frozen |"
    assert len(rows) == len(schedules.STAGES)


def test_the_stages_are_drawn_as_steps():
    picture = schedules.stages()
    (panel,) = map(panel_of, picture.figure.axes)
    others, conv1 = panel.steps
    assert list(others) == [1e-2, 1e-3, 1e-4, 1e-4, 1e-4, 1e-5]
    assert list(conv1) == [1e-2, 1e-3, 1e-4, 1e-5]
    assert "conv1 frozen from 72 on" in picture.alt
    panels = [Panel([[(0, 0.02), (91, 0.02)]], steps=[others, conv1])]
    assert_shows(picture, panels, ["from 51 on 0.0001", "stopped at 91"])


def by_hand(errors, patience, by):
    """The rule as a person would keep it: how long ago is the last new minimum?"""
    minima, found, begun = [], [], 0
    best = float("inf")
    for epoch, error in enumerate(errors, start=1):
        if error <= best - by:
            best = error
            minima.append(epoch)
        since = max([begun, *minima])
        if epoch - since == patience:
            found.append(epoch)
            begun = epoch
    return found


@given(st.lists(st.integers(0, 40), max_size=40), st.integers(1, 6), st.integers(0, 4))
def test_drops_are_where_a_person_would_have_them(errors, patience, by):
    """In whole points, so that no sum rounds."""
    assert schedules.drops(errors, patience, by) == by_hand(errors, patience, by)


def test_a_curve_is_drawn_with_its_drops():
    picture = schedules.plateau(ERRORS, "some run", patience=3, by_points=0.5)
    at = schedules.drops(ERRORS, 3, 0.005)
    assert at == [5, 9]
    curve = [(epoch, 100 * e) for epoch, e in enumerate(ERRORS, start=1)]
    lines = [curve, [(5, 0), (5, 1)], [(9, 0), (9, 1)], [(10, 45.6)]]
    words = [
        "some run: 47.0 % after 11 epochs",
        "lowest 45.6 % after 10",
        "after: 5, 9",
    ]
    assert_shows(picture, [Panel(lines)], words)
    assert unnoticed(picture, [Panel(lines)], words) == []
    assert schedules.plateau(ERRORS, "x", patience=11).alt.endswith("after: never")


def test_where_a_run_s_drops_fell_is_read_off_its_rates(record):
    rates = [0.003] * 5 + [0.0003] * 4 + [0.00003]
    epochs = [{"epoch": 0}]
    epochs += [{"epoch": i, "learning_rate": r} for i, r in enumerate(rates, start=1)]
    run = dataclasses.replace(
        record,
        epochs=epochs,
        result={"validation_top1": 0.25, "test_top1": 0.262},
    )
    assert schedules.fallen(run) == [5, 9]
    table = schedules.fallen_table({"plateau": [run]})
    assert "| plateau | 1 | 5, 9 | 10 | 25.0 | 26.2 |" in table
    steady = dataclasses.replace(run, epochs=epochs[:5])
    assert "| none | 4 |" in schedules.fallen_table({"plateau": [steady]})
    assert "not run yet" in schedules.fallen_table({})


def test_a_drop_is_marked_once_in_the_legend():
    picture = schedules.marked(ERRORS, [3, 6, 9], "x")
    (legend,) = picture.figure.legends
    assert [text.get_text() for text in legend.texts] == [
        *("x", "the rate is divided", "lowest")
    ]
    assert np.isclose(picture.figure.axes[0].lines[1].get_xdata(), 3).all()
