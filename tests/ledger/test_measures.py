"""Measures read the runs that they name, and say what they read."""

import dataclasses
import itertools

import numpy as np
import pytest

from alexnet_lib.ledger import estimate
from alexnet_lib.ledger.counted import Counted
from alexnet_lib.ledger.estimate import NotReached
from alexnet_lib.ledger.measures import (
    Contrast,
    Difference,
    FurtherApart,
    Mean,
    Ratio,
    Share,
    Within,
)
from alexnet_lib.runs import artifacts
from alexnet_lib.runs.artifacts import packed

VALUES = {
    "a": {1: 4.0, 2: 6.0, 3: 5.0},
    "b": {3: 2.0, 2: 1.0, 1: 3.0},
    "c": {1: 9.0, 2: 9.5, 3: 7.0},
}


@pytest.fixture
def runs(record):
    return {
        arm: [
            dataclasses.replace(record, arm=arm, seed=seed, result={"m": m, "n": 2 * m})
            for seed, m in by_seed.items()
        ]
        for arm, by_seed in VALUES.items()
    }


def missing(runs, arm, seed):
    """The runs, but one of them never reached `m`."""
    changed = [
        dataclasses.replace(run, result={"m": None}) if run.seed == seed else run
        for run in runs[arm]
    ]
    return runs | {arm: changed}


def test_a_mean_and_a_ratio(runs):
    assert Mean("a", "m", 100)(runs) == estimate.mean([400.0, 600.0, 500.0])
    expected = estimate.ratio([4.0, 6.0, 5.0], [2.0, 1.0, 3.0])
    assert Ratio("a", "b", "m")(runs) == expected


def test_a_ratio_can_leave_out_runs_that_another_metric_marks(runs):
    """n is twice m: of a the seed of 6 goes, of b none."""
    expected = estimate.ratio([4.0, 5.0], [2.0, 1.0, 3.0])
    assert Ratio("a", "b", "m", ("n", 10.0))(runs) == expected
    assert Ratio("a", "b", "m", ("n", 1.0))(runs) is None
    assert Ratio("a", "b", "m", ("n", 1.0)).metrics == ("m", "n")


def test_a_share_counts_the_runs_above(runs):
    assert Share("a", "m", 4.0)(runs) == estimate.share(2, 3)
    assert Share("d", "m", 4.0)(runs) is None


def test_runs_are_counted_whose_metrics_are_apart_as_in_none_of_another(runs):
    """n less m is m: above b's largest, 3, are all of a, above a's, 6, all of c."""
    metrics = ("m", "n")
    assert FurtherApart("a", "b", metrics)(runs) == estimate.share(3, 3)
    assert FurtherApart("b", "a", metrics)(runs) == estimate.share(0, 3)
    assert FurtherApart("a", "d", metrics)(runs) is None
    one = runs | {"b": [*runs["b"], runs["a"][2]]}  # 5 is no further apart than 5
    assert FurtherApart("a", "b", metrics[::-1])(one) == estimate.share(1, 3)


def test_a_difference_is_of_pairs_whatever_their_order(runs):
    pairs = estimate.difference([4.0, 6.0, 5.0], [3.0, 1.0, 2.0])
    assert Difference("a", "b", "m")(runs) == pairs


def test_a_pooled_difference_counts_every_complete_arm(runs):
    table = [[4.0, 6.0, 5.0], [3.0, 1.0, 2.0], [9.0, 9.5, 7.0]]
    pooled = estimate.pooled_difference(table)
    assert Difference("a", "b", "m")(runs, "pooled") == pooled
    incomplete = runs | {"d": runs["c"][:2]}
    assert Difference("a", "b", "m")(incomplete, "pooled") == pooled


def test_a_contrast_is_of_means_of_arms_by_seed(runs):
    """a and b less c, and the product of two choices out of four arms."""
    both = Contrast(("a", "b"), ("c",), "m", 10)
    by_seed = [3.5 - 9.0, 3.5 - 9.5, 3.5 - 7.0]
    assert both(runs) == estimate.mean([10 * x for x in by_seed])
    assert Contrast(("a",), ("b",), "m")(runs) == Difference("a", "b", "m")(runs)
    four = runs | {"d": runs["b"]}
    product = Contrast(("a", "d"), ("b", "c"), "m", 2)(four)
    expected = [a - c for a, c in ((4.0, 9.0), (6.0, 9.5), (5.0, 7.0))]
    assert product == estimate.mean(expected)
    assert both(missing(runs, "b", 2)) == NotReached(1, 3)
    assert both({**runs, "c": []}) is None


def test_within_runs_arms_are_averaged_by_seed(runs):
    """n less m is m: 3.5, 3.5 and 3.5 on average over a and b."""
    within = Within(("a", "b"), "n", "m", 10)(runs)
    assert within == estimate.mean([35.0, 35.0, 35.0])


@pytest.mark.parametrize(
    "measure",
    [
        Mean("a", "m"),
        Ratio("a", "b", "m"),
        Ratio("b", "a", "m"),
        Difference("a", "b", "m"),
        Difference("b", "a", "m"),
        Contrast(("a",), ("b",), "m"),
    ],
)
def test_a_run_without_the_number_is_counted_not_left_out(runs, measure):
    assert measure(missing(runs, "a", 2)) == NotReached(1, 3)
    for arm in measure.arms:
        assert measure({k: v for k, v in runs.items() if k != arm}) is None


IMAGES = 200


def wrong_of(arm, seed, metric):
    """Made-up answers: which of 200 images this run is wrong about."""
    draw = np.random.default_rng([seed, ord(arm), len(metric)])
    hard = np.random.default_rng(ord(arm)).uniform(size=IMAGES) < 0.4
    return hard ^ (draw.uniform(size=IMAGES) < 0.1)


@pytest.fixture
def answered(record, tmp_path):
    """Runs of two arms whose answers are kept beside their records."""
    runs = {"a": [], "b": []}
    for arm, seed in itertools.product("ab", (1, 2, 3, 4)):
        wrong = {m: wrong_of(arm, seed, m) for m in ("test_top1", "test_top1_ten")}
        path = tmp_path / f"{arm}.s{seed}.json"
        result = {metric: float(w.mean()) for metric, w in wrong.items()}
        made = {"arm": arm, "seed": seed, "result": result, "path": path}
        runs[arm].append(dataclasses.replace(record, **made))
        kept = {m.removeprefix("test_"): packed(~w) for m, w in wrong.items()}
        kept["images"] = np.array(IMAGES)
        artifacts.write(artifacts.path_of(path, "right"), kept)
    return runs


OF_IMAGES = [
    Difference("a", "b", "test_top1", 100, of_images=True),
    Within(("a", "b"), "test_top1_ten", "test_top1", 100, of_images=True),
]


@pytest.mark.parametrize("measure", OF_IMAGES)
def test_what_is_said_of_images_counts_them(answered, measure):
    """The same, from the answers themselves: pairs by image, then the estimate's."""
    found = measure(answered)
    if isinstance(measure, Difference):
        pairs = [[("a", "test_top1", "b", "test_top1")]] * 4
    else:
        pairs = [[(arm, "test_top1_ten", arm, "test_top1") for arm in "ab"]] * 4
    table = 100 * np.stack(
        [
            np.mean(
                [
                    wrong_of(arm, seed, metric) * 1.0 - wrong_of(less, seed, of_less)
                    for arm, metric, less, of_less in of_seed
                ],
                axis=0,
            )
            for seed, of_seed in enumerate(pairs, start=1)
        ]
    )
    wanted = estimate.over_images(estimate.mean(table.mean(1).tolist()), table)
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))
    assert found.images == IMAGES
    plain = dataclasses.replace(measure, of_images=False)(answered)
    assert found.value == pytest.approx(plain.value)
    wider = found.high - found.low > plain.high - plain.low
    assert wider == isinstance(measure, Difference)  # each arm has its hard images
    assert plain.over is None


@pytest.mark.parametrize("measure", OF_IMAGES)
def test_without_the_answers_of_a_run_it_is_over_seeds_only(answered, measure):
    plain = dataclasses.replace(measure, of_images=False)(answered)
    (first, *others) = answered["b"]
    elsewhere = dataclasses.replace(first, data=first.data | {"fingerprint": "other"})
    for run in (dataclasses.replace(first, path=None), elsewhere):
        found = measure(answered | {"b": [run, *others]})
        assert found == dataclasses.replace(plain, over="seeds")
        assert found.text().endswith("n=4, over seeds only")
    artifacts.path_of(first.path, "right").unlink()
    assert measure(answered).over == "seeds"


def test_what_a_measure_reads_is_data():
    assert Difference("a", "b", "m").arms == ("a", "b")
    assert Within(("a", "b"), "n", "m").metrics == ("n", "m")
    assert Mean("a", "m") == Mean("a", "m")


def test_the_networks_counts_are_the_sums_over_its_layers():
    assert Counted("paper", "parameters")({}).value == 60_965_224
    assert Counted("paper", "units", 1e3)({}).text() == "659.3, counted"


def test_a_layer_of_the_network_is_counted_alone():
    """55 x 55 places of 96 maps, and of each an 11 x 11 kernel over three colours."""
    assert Counted("paper", "units", layer="conv1")({}).value == 55 * 55 * 96
    parameters = Counted("paper", "parameters", layer="conv1")({})
    assert parameters.value == 96 * (11 * 11 * 3 + 1)


def test_parts_of_the_network_are_counted_too():
    """The input, the kinds of layers, and the largest convolution."""
    assert Counted("paper", "inputs")({}).value == 3 * 224 * 224
    assert Counted("paper", "convolutions")({}).text() == "5, counted"
    # conv3: 384 kernels of 3x3x256, and a bias each
    largest = Counted("paper", "largest convolution's part")({}).value
    assert largest == pytest.approx(100 * 384 * (9 * 256 + 1) / 60_965_224)


@pytest.mark.parametrize("asked", [("neurons",), ("inputs", 1.0, "conv1")])
def test_what_is_not_counted_is_refused(asked):
    with pytest.raises(ValueError, match="is not counted; known: parameters, units"):
        Counted("paper", *asked)
