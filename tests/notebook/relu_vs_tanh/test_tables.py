"""The tables of notebook 02 say what the records hold."""

import dataclasses

import pytest

from alexnet_lib.experiments.figure1 import CHOSEN_RATE
from alexnet_lib.notebook.relu_vs_tanh import measured, rates
from alexnet_lib.runs.records import published


def rows_of(table):
    lines = table.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def followed(run, rate, errors, limit, seed=100):
    """`run` as if at `rate` its training errors had been these."""
    epochs = [{"epoch": 0}] + [
        {"epoch": number, "train_running_top1": error}
        for number, error in enumerate(errors, start=1)
    ]
    below = [n for n, error in enumerate(errors, start=1) if error <= 0.25]
    return dataclasses.replace(
        run,
        arm=f"2012-tanh-{rate:g}",
        seed=seed,
        config=run.config.with_training(learning_rate=rate, epochs=limit),
        epochs=epochs,
        result={"epochs_to_25": float(below[0]) if below else None},
    )


def test_the_rates_of_the_race_are_what_the_grid_gives():
    taken = {
        net: float(rate)
        for net, rate, *_, remark in rows_of(
            rates.grid_table(published("figure1-rates"))
        )
        if remark == rates.CHOSEN
    }
    assert taken == CHOSEN_RATE


def test_rates_followed_to_the_endpoint_are_told_with_the_first_and_the_races():
    (run, *_) = published("figure1")["2012-tanh"]
    runs = {
        "2012-tanh-0.01": [followed(run, 0.01, [0.5, 0.4, 0.25], 60)],
        "2012-tanh-0.005": [
            followed(run, 0.005, [0.4, 0.25], 60),
            followed(run, 0.005, [0.4, 0.3, 0.3, 0.2], 60, seed=101),
        ],
        "2012-tanh-0.02": [followed(run, 0.02, [0.5, 0.4], 2)],
    }
    assert rows_of(rates.endpoint_table(runs)) == [
        ["2012-tanh", "0.005", "2.0, 4.0", "first of these"],
        ["2012-tanh", "0.01", "3.0", rates.CHOSEN],
        ["2012-tanh", "0.02", "not within 2", ""],
    ]


def test_runs_of_one_rate_only_have_a_rate():
    (run, *_) = published("figure1")["2012-tanh"]
    other = followed(run, 0.005, [0.4], 60)
    assert rates.rate_of([run, run]) == 0.01
    with pytest.raises(ValueError, match="too many values"):
        rates.rate_of([run, other])


def probed(run, flat, gradient):
    """`run` with the same probe after each of two epochs but for the gradient."""
    units = {f"unit{i}": {"flat": share} for i, share in enumerate(flat, start=1)}
    return dataclasses.replace(
        run,
        epochs=[
            {"epoch": n, "probe": units | {"conv1": {"relative_gradient": g}}}
            for n, g in enumerate(gradient)
        ],
    )


def test_flat_shares_and_steps_are_means_over_seeds():
    (run, *_) = published("figure1")["2012-tanh"]  # at a rate of .01
    runs = {
        "2012-tanh": [
            probed(run, (0.9, 0.5, 0.2), (9.0, 0.2, 0.05)),
            probed(run, (1.0, 0.7, 0.4), (9.0, 0.4, 0.07)),
        ]
    }
    assert rows_of(measured.flat_table(runs)) == [["2012-tanh", "95%", "60%", "30%"]]
    assert rows_of(measured.steps_table(runs)) == [
        ["2012-tanh", "0.01", "3.00", "0.60"]
    ]
