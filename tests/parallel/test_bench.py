"""The bench of towers counts what it computes."""

import pytest

from alexnet_lib.bench.towers import measure
from alexnet_lib.nets.counts import count, total
from alexnet_lib.parallel import costs
from alexnet_lib.parallel.equality import small_alexnet
from alexnet_lib.parallel.sharding import Layout, traffic


def test_the_bench_counts_what_it_computes():
    net = small_alexnet()
    found = measure(trials=1, batch=2, network=net, device="cpu")
    computed = found["bytes_computed"]
    assert computed == costs.sent(net, Layout(), 2) == found["bytes"]
    assert list(computed) == [row.name for row in traffic(net, Layout())]
    seconds = found["seconds"]
    assert set(seconds) == {"one", "half", "towers", "float16"}
    for side in ("one", "half"):
        ratio = seconds[side] / seconds["towers"]
        assert found[f"{side}_over_towers"] == pytest.approx(ratio)
    assert 0 < found["waited_seconds"] < 60
    memory = found["memory"]
    parameters = total(count(net)).parameters
    assert memory["one"]["state"] == 12 * parameters / 2**20
    assert sum(m["state"] for m in memory["towers"]) == memory["one"]["state"]
    assert found["environment"]["device"] == "cpu"
