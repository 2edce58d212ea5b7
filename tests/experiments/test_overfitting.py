"""§4.1's views: the arms, and where the window of a net without crops lies."""

import dataclasses

import pytest
import torch

from alexnet_lib.data.augment import random_draws
from alexnet_lib.data.views import centre_crop, crops
from alexnet_lib.experiments.cifar import CROPS
from alexnet_lib.experiments.measures import ShiftedErrors
from alexnet_lib.experiments.overfitting import (
    CENTRE,
    COLOUR_NOISE,
    CROPS_AND_MIRRORS,
    SHIFT,
)


def test_without_crops_it_is_always_the_centre():
    draws = random_draws(50, 32, CENTRE, torch.Generator().manual_seed(1))
    assert set(map(tuple, draws.offsets.tolist())) == {(4, 4)}
    images = torch.arange(32 * 32).reshape(1, 1, 32, 32).expand(50, 3, -1, -1)
    plain = torch.zeros(50, dtype=torch.bool)
    seen = crops(images, draws.offsets, plain, 24)
    assert torch.equal(seen, centre_crop(images, 24))


@pytest.mark.parametrize(("offsets", "first"), [(1, 4), (3, 3), (9, 0), (8, 0)])
def test_centred_offsets_lie_in_the_middle_of_the_room(offsets, first):
    how = dataclasses.replace(CROPS, offsets=offsets, centred=True)
    draws = random_draws(2000, 32, how, torch.Generator().manual_seed(1))
    found = draws.offsets.unique().tolist()
    assert found == list(range(first, first + offsets))


def test_colour_is_tested_by_twice_the_noise_that_was_trained_on():
    noises = {c.data.augmentation.colour for c in COLOUR_NOISE.arms("laptop").values()}
    assert noises == {0.0, SHIFT / 2}
    assert ShiftedErrors(SHIFT) in COLOUR_NOISE.measures("laptop")


def test_the_arms_differ_in_their_views_alone():
    for experiment in (CROPS_AND_MIRRORS, COLOUR_NOISE):
        first, *others = experiment.arms("laptop").values()
        for config in others:
            views = first.data.augmentation
            assert config.with_data(augmentation=views) == first
    views = {
        arm: config.data.augmentation
        for arm, config in CROPS_AND_MIRRORS.arms("laptop").items()
    }
    assert {arm for arm, how in views.items() if how.mirror} == {
        "centre-mirrored",
        "crops-mirrored",
    }
    assert {arm for arm, how in views.items() if how.centred} == {
        "centre-plain",
        "centre-mirrored",
    }
