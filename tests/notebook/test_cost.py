"""The cost of published runs is the sum of what their records say."""

import dataclasses

from alexnet_lib.notebook import cost


def test_hours_are_summed_over_the_nets_of_a_seed(record):
    def took(seed, seconds, threads=1):
        environment = record.environment | {"threads": threads}
        return dataclasses.replace(
            record, seed=seed, wall_seconds=seconds, environment=environment
        )

    runs = {"a": [took(1, 3600), took(2, 900)], "b": [took(1, 1800, threads=2)]}
    assert cost.per_seed(runs).splitlines() == [
        "seed 1: 2 nets, 1.5 hours in all, threads: 1, 2",
        "seed 2: 1 net, 0.2 hours in all, threads: 1",
    ]
    assert cost.per_seed({}) == "not run yet"
