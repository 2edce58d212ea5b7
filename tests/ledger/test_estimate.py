"""Estimates against the textbook's formulas, and against scipy's."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from alexnet_lib.ledger.estimate import (
    LEVEL,
    Estimate,
    NotReached,
    counted,
    difference,
    holm,
    mean,
    over_images,
    pooled_difference,
    ratio,
    share,
    told_apart,
)

T_975 = {2: 4.302653, 4: 2.776445}  # Student's t, by degrees of freedom


def test_mean_has_students_interval():
    got = mean([1.0, 2.0, 4.0, 4.0, 9.0])
    deviation = math.sqrt(sum((v - 4) ** 2 for v in (1, 2, 4, 4, 9)) / 4)
    half = T_975[4] * deviation / math.sqrt(5)
    assert got.value == pytest.approx(4.0)
    assert (got.low, got.high) == pytest.approx((4 - half, 4 + half), rel=1e-5)
    assert got.n == 5


def test_ratio_has_welchs_interval_on_logarithms():
    # equal variances and sizes: Welch's degrees of freedom are 2 (n - 1) = 4
    top, bottom = [2.0, 4.0, 8.0], [1.0, 2.0, 4.0]
    error = math.log(2) * math.sqrt(2 / 3)
    got = ratio(top, bottom)
    assert got.value == pytest.approx(2.0)
    assert got.low == pytest.approx(2 * math.exp(-T_975[4] * error), rel=1e-5)
    assert got.high == pytest.approx(2 * math.exp(T_975[4] * error), rel=1e-5)


@pytest.mark.parametrize("sizes", [(2, 2), (2, 7), (9, 3)])
def test_ratio_of_any_two_samples_has_scipys_interval(sizes):
    draw = np.random.default_rng(sizes)
    top = draw.uniform(1, 3, sizes[0])
    bottom = draw.uniform(1, 40, sizes[1])
    welch = stats.ttest_ind(np.log(top), np.log(bottom), equal_var=False)
    got = ratio(top, bottom)
    want = np.exp(welch.confidence_interval(LEVEL))
    assert (got.low, got.high) == pytest.approx(tuple(want))


def test_values_that_do_not_differ_have_an_interval_of_no_width():
    assert ratio([2.0, 2.0], [1.0, 1.0]) == Estimate(2.0, 2.0, 2.0, 2, 2.0, ratio=True)
    assert mean([2.0, 2.0]) == Estimate(2.0, 2.0, 2.0, 2, 1)


def test_difference_has_students_interval_on_the_pairs():
    # pairs differ by 1, 2 and 3: mean 2, deviation 1, whatever the seeds share
    got = difference([11.0, 22.0, 33.0], [10.0, 20.0, 30.0])
    half = T_975[2] / math.sqrt(3)
    assert got.value == pytest.approx(2.0)
    assert (got.low, got.high) == pytest.approx((2 - half, 2 + half), rel=1e-5)
    assert got.n == 3
    assert difference([1.0], [3.0]) == Estimate(-2.0, None, None, 1)


@pytest.mark.parametrize("pair", [([1.0, 2.0], [1.0]), ([1.0], [1.0, 2.0]), ([], [])])
def test_a_difference_needs_pairs(pair):
    with pytest.raises(ValueError, match=r"shorter|longer|at least one"):
        difference(*pair)


def test_one_seed_has_no_interval():
    assert mean([3.0]) == Estimate(3.0, None, None, 1)
    single = ratio([6.0], [2.0, 2.0])
    assert single.value == pytest.approx(3.0)
    assert (single.low, single.high, single.n) == (None, None, 1)
    assert mean([3.0]).text() == "3.0, n=1"
    with pytest.raises(ValueError, match="at least one"):
        mean([])


def test_p_values_are_students_and_welchs():
    draw = np.random.default_rng(0)
    values, others = draw.normal(5, 1, 6), draw.normal(4, 3, 9)
    student = stats.ttest_1samp(values, 4.5).pvalue
    assert mean(list(values)).p(4.5) == pytest.approx(student)
    welch = stats.ttest_ind(np.log(values), np.log(values[:3] * 1.2), equal_var=False)
    assert ratio(values, values[:3] * 1.2).p(1.0) == pytest.approx(welch.pvalue)
    assert mean(list(others)).p(0.0) == pytest.approx(
        stats.ttest_1samp(others, 0).pvalue
    )
    assert mean([3.0]).p(0.0) is None
    assert counted(60.0).p(0.0) is None


@pytest.mark.parametrize("seed", range(5))
def test_p_is_below_five_percent_exactly_where_the_interval_excludes_none(seed):
    values = np.random.default_rng(seed).normal(0.7, 1, 5)
    estimate = mean(list(values))
    assert estimate.p(estimate.low) == pytest.approx(0.05)
    assert (estimate.p(0.0) < 0.05) == (estimate.side() != "around")


def least_squares_difference(table):
    """The first arm less the second by a regression on arms and seeds as dummies."""
    arms, seeds = table.shape
    design = np.zeros((arms * seeds, arms + seeds - 1))
    for arm in range(arms):
        for seed in range(seeds):
            row = design[arm * seeds + seed]
            row[arm] = 1
            if seed:
                row[arms + seed - 1] = 1
    fit, (squares,), *_ = np.linalg.lstsq(design, table.ravel(), rcond=None)
    df = arms * seeds - design.shape[1]
    contrast = np.zeros(design.shape[1])
    contrast[:2] = 1, -1
    spread = contrast @ np.linalg.inv(design.T @ design) @ contrast
    half = stats.t.ppf(0.975, df) * math.sqrt(squares / df * spread)
    return contrast @ fit, half, df


@pytest.mark.parametrize("shape", [(2, 3), (4, 3), (5, 2), (11, 5)])
def test_the_pooled_error_is_that_of_a_regression_on_arms_and_seeds(shape):
    table = np.random.default_rng(shape).normal(size=shape)
    value, half, df = least_squares_difference(table)
    got = pooled_difference(table)
    assert (got.value, got.n, got.df) == (pytest.approx(value), shape[1], df)
    assert (got.low, got.high) == pytest.approx((value - half, value + half))


def test_pooled_over_two_arms_is_their_pairs():
    pairs = difference([1.0, 2.5, 4.0], [0.5, 2.0, 1.0])
    pooled = pooled_difference([[1.0, 2.5, 4.0], [0.5, 2.0, 1.0]])
    assert (pooled.value, pooled.df) == (pytest.approx(pairs.value), pairs.df)
    assert (pooled.low, pooled.high) == pytest.approx((pairs.low, pairs.high))


def test_what_all_arms_of_a_seed_share_is_no_error():
    table = np.random.default_rng(3).normal(size=(4, 5))
    easier = table + np.array([0.0, 5.0, -9.0, 2.0, 1.0])
    assert pooled_difference(easier).high == pytest.approx(
        pooled_difference(table).high
    )


def test_a_pooled_error_states_its_degrees_of_freedom():
    table = [[1.0, 2.0, 4.0], [3.0, 2.0, 1.0], [0.0, 1.0, 1.0], [5.0, 4.0, 4.0]]
    assert pooled_difference(table).text().endswith("n=3, df=6")
    assert difference(*table[:2]).text().endswith("n=3")
    assert pooled_difference([[1.0], [3.0]]) == Estimate(-2.0, None, None, 1)


def closed_test(p_values):
    """Holm from its definition: reject what every set of hypotheses with it rejects."""
    corrected = []
    for i in range(len(p_values)):
        others = [j for j in range(len(p_values)) if j != i]
        sets = (
            [i, *chosen]
            for size in range(len(others) + 1)
            for chosen in itertools.combinations(others, size)
        )
        corrected.append(
            max(min(1.0, len(s) * min(p_values[j] for j in s)) for s in sets)
        )
    return corrected


@pytest.mark.parametrize("seed", range(20))
def test_holm_is_the_closed_test_by_bonferroni(seed):
    draw = np.random.default_rng(seed)
    p_values = list(draw.choice([0.001, 0.02, 0.02, 0.04, 0.3, 0.9], 5) * draw.random())
    assert holm(p_values) == pytest.approx(closed_test(p_values))


def test_holm_of_one_and_of_none():
    assert holm([0.04]) == [0.04]
    assert holm([]) == []
    assert holm([0.01, 0.04]) == pytest.approx([0.02, 0.04])


def test_what_is_told_apart_alone_may_not_be_in_company():
    weak = mean([0.2, 1.0, 2.0, 2.5, 0.8])
    assert weak.side() == "above"
    strong = mean([-5.0, -5.1, -4.9])
    noise = [mean([-1.0, 1.0, 0.1 * i]) for i in range(6)]
    assert told_apart([weak]) == ["above"]
    assert told_apart([weak, strong, *noise])[:2] == ["around", "below"]
    assert told_apart([mean([3.0]), strong]) == [None, "below"]


def test_a_count_is_exact_and_a_run_that_never_arrived_says_so():
    assert counted(60.965).text() == "61.0, counted"
    assert counted(290400.0).text() == "290,400, counted"
    assert NotReached(2, 5).text() == "not reached in 2 of 5"


def drawn(draw, seeds, images, deviations):
    """Differences about 1 by seed and image: what each of both adds, and a rest."""
    of_seed, of_image, of_both = deviations
    return (
        1.0
        + of_seed * draw.standard_normal((seeds, 1))
        + of_image * draw.standard_normal((1, images))
        + of_both * draw.standard_normal((seeds, images))
    )


@pytest.mark.parametrize(
    "deviations", [(0.05, 0.3, 1.0), (0.02, 1.0, 0.5), (0.3, 0.3, 1.0)]
)
def test_an_interval_over_images_holds_the_truth_as_often_as_it_says(deviations):
    """Simulated: seeds and images are drawn anew each time, as a reader's would be."""
    draw, held, alone, rounds = np.random.default_rng(7), 0, 0, 500
    for _ in range(rounds):
        table = drawn(draw, 5, 80, deviations)
        seeds = mean(table.mean(1).tolist())
        both = over_images(seeds, table)
        held += both.low <= 1.0 <= both.high
        alone += seeds.low <= 1.0 <= seeds.high
    assert 0.92 <= held / rounds <= 0.99
    assert held >= alone


def test_images_that_all_answer_alike_add_nothing():
    table = np.array([[1.0] * 40, [3.0] * 40, [2.0] * 40])
    seeds = mean([1.0, 3.0, 2.0])
    both = over_images(seeds, table)
    assert (both.low, both.high) == pytest.approx((seeds.low, seeds.high))
    assert both.text() == "2.0 [-0.5, 4.5], n=3, over 40 images too"


def test_seeds_that_agree_leave_what_the_images_do():
    """Then it is Student's interval of the images, as if each were a run."""
    images = np.random.default_rng(2).standard_normal(50)
    both = over_images(mean([images.mean()] * 4), np.tile(images, (4, 1)))
    wanted = stats.ttest_1samp(images, 0).confidence_interval(LEVEL)
    assert (both.low, both.high) == pytest.approx((wanted.low, wanted.high))
    assert (both.p(0.0) < 1 - LEVEL) == (both.side() != "around")


def test_one_seed_has_no_interval_over_images_either():
    one = over_images(mean([2.0]), np.ones((1, 9)))
    assert (one.low, one.images, one.over) == (None, None, "seeds")


@pytest.mark.parametrize(("found", "n"), [(0, 15), (1, 15), (7, 15), (15, 15), (3, 4)])
def test_a_share_has_the_exact_interval(found, n):
    got = share(found, n)
    want = stats.binomtest(found, n).proportion_ci(LEVEL, method="exact")
    assert got.value == pytest.approx(100 * found / n)
    assert (got.low, got.high) == pytest.approx((100 * want.low, 100 * want.high))
