"""The numbers that a run ends with, from epochs written out."""

import pytest

from alexnet_lib.experiments.metrics import EpochsTo, Gap, GreyCost, HalfColour, Last

EPOCHS = [
    {"epoch": 0, "test_top1": 0.9},
    {"epoch": 1, "test_top1": 0.5, "train_top1": 0.4, "train_running_top1": 0.5},
    {
        **{"epoch": 2, "test_top1": 0.3, "train_top1": 0.1, "train_running_top1": 0.2},
        "kernel_colour": [0.1, 0.3, 0.5, 0.9],
        "response_colour": [0.2, 0.1, 0.0, 0.1],
        "test_top1_grey_first": 0.45,
        "test_top1_grey_second": 0.35,
    },
]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (Last("test_top1"), 0.3),
        (Gap("test_top1", minus="train_top1"), 0.2),
        (EpochsTo("train_running_top1", 0.35), 1.5),
        (EpochsTo("train_running_top1", 0.1), None),
        (HalfColour(0), 0.2),
        (HalfColour(1), 0.7),
        (HalfColour(0, "response_colour"), 0.15),
        (GreyCost(), 0.05),
        (GreyCost(other=True), 0.15),
    ],
    ids=repr,
)
def test_a_metric_is_what_its_words_say_and_reads_what_it_names(metric, expected):
    assert metric(EPOCHS) == (expected and pytest.approx(expected))
    unread = [
        {k: v for k, v in epoch.items() if k in ("epoch", *metric.keys)}
        for epoch in EPOCHS
    ]
    assert metric(unread) == metric(EPOCHS)


def test_an_untrained_network_has_no_running_figure():
    assert Last("train_running_top1")(EPOCHS[:1]) is None
