"""Whatever an experiment can ask for is taken, under keys that an epoch has."""

from typing import get_args

import pytest

from alexnet_lib.epochs import LOOP_KEYS, Epoch
from alexnet_lib.experiments.kept import Artifact
from alexnet_lib.experiments.measures import Measure
from alexnet_lib.runs import measured


def test_every_measure_and_everything_that_is_kept_has_its_function():
    assert set(measured.FIGURES) == set(get_args(Measure))
    assert set(measured.ARRAYS) == set(get_args(Artifact))


@pytest.mark.parametrize("measure", get_args(Measure), ids=lambda m: m.__name__)
def test_a_measure_writes_keys_of_an_epoch_that_no_other_writes(measure):
    others = {k for m in get_args(Measure) if m is not measure for k in m.keys}
    assert measure.keys
    assert set(measure.keys) <= set(Epoch.__annotations__) - LOOP_KEYS - others
