"""Estimates against the textbook's formulas, and verdicts."""

import math

import numpy as np
import pytest
from scipy import stats

from alexnet_lib.experiments import EXPERIMENTS
from alexnet_lib.experiments.experiment import epochs_to
from alexnet_lib.ledger.claim import Claim
from alexnet_lib.ledger.claims import CLAIMS
from alexnet_lib.ledger.estimate import LEVEL, Estimate, difference, mean, ratio
from alexnet_lib.ledger.lab_notes import LabNote
from alexnet_lib.ledger.verdict import verdict

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
    assert ratio([2.0, 2.0], [1.0, 1.0]) == Estimate(2.0, 2.0, 2.0, 2)
    assert mean([2.0, 2.0]) == Estimate(2.0, 2.0, 2.0, 2)


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


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (5.0, 7.0, "reproduced"),
        (0.9, 7.0, "undecided"),
        (2.0, 3.0, "smaller effect"),
        (7.0, 9.0, "larger effect"),
        (0.8, 1.5, "not reproduced"),
        (0.3, 0.5, "not reproduced"),
        (0.9, 6.5, "undecided"),
        (None, None, "one seed only"),
    ],
)
def test_verdict_on_a_ratio(low, high, words):
    claim = Claim(
        name="x", section="§0", statement="x", unit="times", paper=6.0, null=1.0
    )
    assert verdict(claim, Estimate(1.0, low, high, 5)) == words
    assert verdict(claim, None) == "not run yet"


def test_verdict_on_a_lower_error():
    claim = Claim(
        name="x", section="§0", statement="x", unit="points", paper=-1.4, null=0.0
    )
    assert verdict(claim, Estimate(-0.5, -0.9, -0.1, 5)) == "smaller effect"
    assert verdict(claim, Estimate(-2.5, -3.0, -2.0, 5)) == "larger effect"
    assert verdict(claim, Estimate(0.5, 0.1, 0.9, 5)) == "not reproduced"


def test_verdict_without_a_null_is_yes_or_no():
    claim = Claim(name="x", section="§0", statement="x", unit="%", paper=13.0)
    assert verdict(claim, Estimate(14, 12.5, 15.5, 3)) == "reproduced"
    assert verdict(claim, Estimate(16, 15.5, 16.5, 3)) == "differs"


def test_claims_have_names_of_their_own_and_known_experiments():
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)
    for claim in CLAIMS:
        assert (claim.experiment is None) == (claim.measure is None)
        assert claim.experiment is None or claim.experiment in EXPERIMENTS


def curve(*errors):
    return [{"epoch": i, "train_error": e} for i, e in enumerate(errors, start=1)]


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
    got = epochs_to(curve(*errors), "train_error", 0.25)
    assert got == (expected if expected is None else pytest.approx(expected))


def test_an_epoch_without_the_error_is_left_out():
    epochs = [{"epoch": 0}, *curve(0.3, 0.2)]
    assert epochs_to(epochs, "train_error", 0.25) == pytest.approx(1.5)


def test_what_was_logged_and_not_printed_is_judged_by_the_log():
    log = LabNote(-1.2, "layer-params-150.cfg")
    claim = Claim(
        name="x",
        section="§0",
        statement="x",
        unit="points",
        paper=None,
        null=0.0,
        log=log,
    )
    assert verdict(claim, Estimate(-1.0, -1.5, -0.5, 3)) == "reproduced"
    assert verdict(claim, Estimate(-3.0, -4.0, -2.0, 3)) == "larger effect"


def test_every_claim_states_a_number():
    for claim in CLAIMS:
        assert claim.claimed == (
            claim.log.value if claim.paper is None else claim.paper
        )
        assert claim.null is None or claim.claimed != claim.null


def test_logged_differences_are_those_that_the_paper_rounds():
    """Each printed difference is its lab notes', rounded to a tenth."""
    for claim in CLAIMS:
        if claim.paper is not None and claim.log is not None:
            assert claim.log.value == pytest.approx(claim.paper, abs=0.0501)
