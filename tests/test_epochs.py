"""Epochs to a target."""

import pytest

from alexnet_lib.epochs import epochs_to


def curve(*errors):
    return [{"epoch": i, "train_top1": e} for i, e in enumerate(errors, start=1)]


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ((0.5, 0.3, 0.2), 2.5),
        ((0.5, 0.25, 0.2), 2.0),
        ((0.5, 0.3, 0.35, 0.15), 3.5),
        ((0.2, 0.1), 1.0),
        ((0.5, 0.4), None),
        ((), None),
    ],
)
def test_epochs_to_a_target_are_interpolated(errors, expected):
    got = epochs_to(curve(*errors), "train_top1", 0.25)
    assert got == (expected if expected is None else pytest.approx(expected))


def test_an_epoch_without_the_error_is_left_out():
    epochs = [{"epoch": 0}, *curve(0.3, 0.2)]
    assert epochs_to(epochs, "train_top1", 0.25) == pytest.approx(1.5)
