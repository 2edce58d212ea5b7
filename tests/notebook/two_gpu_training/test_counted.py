"""Notebook 05's tables that follow from a definition, and its collective operations."""

from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.notebook.two_gpu_training import counted
from alexnet_lib.notebook.two_gpu_training.small_run import (
    BATCH,
    SmallRun,
    few_maps,
)
from alexnet_lib.parallel import collectives
from alexnet_lib.parallel.launch import launch


def cells(made):
    """The table's rows by their first cell, numbers as numbers."""
    rows = [[x.strip() for x in row.strip("| ").split("|")] for row in made.split("\n")]
    return {name: [_number(cell) for cell in rest] for name, *rest in rows[2:]}


def _number(cell):
    digits = cell.replace(",", "")
    return int(digits) if digits.isdigit() else cell


def test_figure_2_stands_beside_what_is_counted():
    rows = cells(counted.figure_2_table(alexnet("paper")))
    assert rows["conv1"] == [34944, 105415200, 290400, 253440, "**differs**"]
    assert rows["conv5"][2:4] == [43264, 43264]
    assert [name for name, row in rows.items() if row[-1] == "**differs**"] == ["conv1"]


def test_conv3_is_the_cheapest_of_the_convolutions_to_feed():
    rows = cells(counted.feeding_table(alexnet("paper")))
    received = {name: row[0] for name, row in rows.items()}
    convolutions = {n: x for n, x in received.items() if n.startswith("conv")}
    assert min(convolutions, key=convolutions.get) == "conv3"
    assert received["conv3"] == 128 * 13 * 13
    # half of the kernels, each reading 96 maps in windows of 5
    assert rows["conv2"] == [48 * 27**2, 128 * 27**2 * 96 * 25, 128 * 96 * 25 // 48]
    most = max(rows, key=lambda name: rows[name][2])
    assert most == "conv2"


def test_an_all_reduce_sends_what_two_gathers_send():
    received = cells(counted.feeding_table(alexnet("paper")))
    towers, sums = 2, 4096
    reduced = 2 * (towers - 1) * sums // towers
    assert reduced == received["fc7"][0] + received["fc8"][0]


def test_the_half_net_has_as_many_parameters_at_half_of_the_arithmetic():
    rows = cells(counted.sizes_table(counted.compared_nets(alexnet("paper"))))
    whole = rows["two GPUs, as in the paper"]
    assert whole == [60965224, 724406816]
    half = rows["one GPU, half the kernels"]
    assert 0.95 < half[0] / whole[0] < 1
    assert 0.5 < half[1] / whole[1] < 0.6
    widened = rows["no communication, widened"]
    assert rows["no communication"][0] < 0.6 * whole[0] < widened[0] < whole[0]


def test_bytes_sent_stand_beside_bytes_computed():
    maps = {"conv3": 16 * 3 * 3, "fc6": 16, "fc7": 32, "fc8": 32, "logits": 5}
    sent = {
        (name, way): 8 * BATCH * values * (way == "forward" or name != "logits")
        for name, values in maps.items()
        for way in ("forward", "backward")
    }
    rows = cells(counted.sent_table(SmallRun([], {}, sent), few_maps()))
    for name, values in maps.items():
        forward = 8 * BATCH * values
        backward = forward if name != "logits" else 0
        assert rows[name] == [forward, forward, backward, backward]
    spoilt = SmallRun([], {}, sent | {("fc6", "backward"): 1})
    assert cells(counted.sent_table(spoilt, few_maps()))["fc6"][2:] == [
        1,
        8 * BATCH * 16,
    ]


def test_after_the_collectives_both_have_all_numbers_and_their_sum():
    found = launch(collectives.gather_and_sum, 2, device="cpu")
    assert found == [
        {"rank": rank, "own": own, "gathered": [10.0, 20.0], "sum": 30.0}
        for rank, own in ((0, 10.0), (1, 20.0))
    ]
