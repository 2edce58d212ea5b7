"""The long baseline's arms, seeds by arm, and what is kept of its runs."""

import pytest

from alexnet_lib.experiments.long_photographs import KERNELS_AFTER, PHOTOGRAPHS
from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.layers import Conv
from alexnet_lib.nets.shapes import layers_of
from alexnet_lib.runs.planned import PlanError, refuse_beyond_plan

ARMS = PHOTOGRAPHS.arms("laptop")


def test_every_net_ends_with_ten_outputs_of_the_same_crops():
    for arm, config in ARMS.items():
        assert config.network.input_shape == (3, 96, 96), arm
        assert layers_of(config.network)[-1].output_shape == (10,), arm
        assert config.data.name == "imagenette128"
        assert config.training == ARMS["baseline"].training


def test_the_control_of_colour_differs_in_what_conv2_reads():
    base, dense = ARMS["baseline"].network, ARMS["dense-conv2"].network
    changed = [(a, b) for a, b in zip(base.layers, dense.layers, strict=True) if a != b]
    ((before, after),) = changed
    assert isinstance(after, Conv)
    assert (before.groups, after.groups) == (2, 1)


def test_depth_takes_away_the_layers_named():
    whole = {layer.name for layer in count(ARMS["baseline"].network)}
    assert {"conv3", "conv4", "fc7"} <= whole
    for arm in ("without-conv3", "without-conv4", "without-fc7"):
        fewer = total(count(ARMS[arm].network)).parameters
        assert fewer < total(count(ARMS["baseline"].network)).parameters


def test_each_arm_has_the_seeds_of_its_own_plan():
    plan = PHOTOGRAPHS.plan["laptop"]
    assert plan.seeds_for(["baseline", "half"]) == 8
    assert plan.seeds_for(["baseline", "without-fc7"]) == 4
    refuse_beyond_plan(PHOTOGRAPHS, "half", 8, "laptop")
    refuse_beyond_plan(PHOTOGRAPHS, "without-fc7", 4, "laptop")
    with pytest.raises(PlanError, match="the plan has seeds 1 to 4"):
        refuse_beyond_plan(PHOTOGRAPHS, "without-fc7", 5, "laptop")


def test_kernels_through_training_are_kept_of_one_run():
    def epochs_of(arm, seed):
        return {a.epochs for a in PHOTOGRAPHS.artifacts(arm, seed) if a.name == "conv1"}

    assert epochs_of("baseline", 1) == {(), KERNELS_AFTER}
    assert epochs_of("baseline", 2) == {()}
    assert epochs_of("half", 1) == {()}


def test_retrieval_is_kept_of_the_baseline_before_and_after_training():
    def kept_of(arm, seed):
        return {a.name: a for a in PHOTOGRAPHS.artifacts(arm, seed)}

    assert kept_of("baseline", 8)["retrieval"].epochs == (0,)
    assert "retrieval" not in kept_of("without-fc7", 1)
    assert "pixels" in kept_of("baseline", 1)
    assert "pixels" not in kept_of("baseline", 2)
    assert all("views" in kept_of(arm, 1) for arm in ARMS)
