"""When the rate drops, from the epochs that are finished."""

import pytest

from alexnet_lib.schedule import FixedDrops, Plateau


def history(*errors):
    epochs = [{"epoch": i, "validation_top1": e} for i, e in enumerate(errors, start=1)]
    return [{"epoch": 0, "validation_top1": 0.9}, *epochs]


def divisors(schedule, errors):
    """What the rate is divided by in each epoch of a run with these errors."""
    return [schedule.divisor(history(*errors[:n])) for n in range(len(errors) + 1)]


def test_fixed_drops_are_where_they_are_named():
    errors = [0.5] * 6
    assert divisors(FixedDrops((2, 5)), errors) == [1, 1, 10, 10, 10, 100, 100]
    assert divisors(FixedDrops(), errors) == [1] * 7
    assert not FixedDrops((2,)).finished(history(*errors))


def test_the_rate_drops_when_the_error_stops_improving():
    errors = [0.5, 0.4, 0.4, 0.4, 0.3, 0.3, 0.3, 0.3]
    plateau = Plateau(patience=2, drops=3)
    assert divisors(plateau, errors) == [1, 1, 1, 1, 10, 10, 10, 100, 100]


def test_an_improvement_that_is_too_small_does_not_count_and_small_ones_add_up():
    slow = [0.5 - 0.002 * i for i in range(8)]
    assert divisors(Plateau(patience=2, by=0.005), slow)[-1] == 100
    assert divisors(Plateau(patience=3, by=0.005), slow)[-1] == 1
    assert divisors(Plateau(patience=2, by=0.002), slow)[-1] == 1


def test_the_run_ends_at_the_plateau_after_the_last_drop():
    flat = [0.5] + [0.5] * 8
    plateau = Plateau(patience=2, drops=3)
    assert divisors(plateau, flat)[-1] == 1000
    assert [plateau.finished(history(*flat[:n])) for n in (7, 8, 9)] == [False] * 2 + [
        True
    ]


@pytest.mark.parametrize("patience", [1, 3])
def test_a_plateau_is_counted_again_from_nothing_after_each_drop(patience):
    flat = [0.5] * (1 + 2 * patience)
    assert Plateau(patience=patience, drops=9).plateaus(history(*flat)) == 2
