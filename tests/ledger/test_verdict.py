"""Each rule by which a number is judged, on made-up numbers."""

import dataclasses

import numpy as np
import pytest

from alexnet_lib.ledger.claim import (
    AtMost,
    Claim,
    Direction,
    Equivalence,
    InRuns,
    Roughly,
)
from alexnet_lib.ledger.estimate import Estimate, NotReached, counted, mean, share
from alexnet_lib.ledger.measures import Mean
from alexnet_lib.ledger.verdict import verdict

NORM = Claim(
    name="norm",
    section="§0",
    statement="an effect",
    unit="points",
    paper="-1.4",
    null=0.0,
    experiment="figure1",
    measure=Mean("2012-relu", "epochs_to_25"),
)
SPEED = dataclasses.replace(NORM, paper="6", null=1.0)
ERROR = dataclasses.replace(NORM, paper="13", null=None)


def elsewhere(claim):
    return dataclasses.replace(claim, kind="elsewhere")


def between(low, high, value=None, n=5):
    """A number between these bounds, as five seeds give it."""
    value = (low + high) / 2 if value is None else value
    return Estimate(value, low, high, n, n - 1)


def judged(claim, outcome, **more):
    return verdict(claim, outcome, planned=5, **more)


# --- the paper's own data -------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-1.6, -1.2, "reproduced"),
        (-2.0, -1.45, "undecided"),  # holds what rounds to -1.4, its centre does not
        (-2.9, -1.5, "larger effect"),
        (-1.2, -0.4, "smaller effect"),
        (-0.6, 0.5, "no effect"),
        (-1.5, 0.5, "undecided"),
        (0.2, 0.6, "opposite"),
        (-10.0, -0.1, "undecided"),
    ],
)
def test_an_effect_on_the_papers_own_data(low, high, words):
    assert judged(NORM, between(low, high)) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (5.0, 7.2, "reproduced"),
        (7.0, 9.0, "larger effect"),
        (2.0, 3.0, "smaller effect"),
        (0.8, 1.5, "no effect"),
        (0.3, 0.5, "opposite"),
        (0.9, 7.0, "undecided"),
    ],
)
def test_a_ratio_has_its_null_at_one(low, high, words):
    assert judged(SPEED, between(low, high)) == words


def test_an_interval_that_holds_nearly_anything_reproduces_nothing():
    """Centred on the claim, excluding no effect: but ten points wide."""
    claim = dataclasses.replace(NORM, paper="-5.1")
    assert judged(claim, between(-10.1, -0.1)) == "undecided"
    assert judged(claim, between(-7.6, -2.6)) == "reproduced"


@pytest.mark.parametrize("claim", [NORM, SPEED, ERROR], ids=["points", "times", "%"])
def test_more_precision_never_takes_reproduced_back(claim):
    draw = np.random.default_rng(0)
    for _ in range(300):
        value = claim.printed.value + draw.normal(0, 2)
        widths = np.sort(draw.exponential(2, 8))[::-1]
        words = [judged(claim, between(value - w, value + w, value)) for w in widths]
        if "reproduced" in words:
            first = words.index("reproduced")
            assert set(words[first:]) == {"reproduced"}


@pytest.mark.parametrize(
    ("paper", "low", "high"),
    [
        ("6", 5.5, 6.5),
        ("60", 55, 65),
        ("650", 645, 655),
        ("17.0", 16.95, 17.05),
        ("-1.7", -1.75, -1.65),
        ("36", 35.5, 36.5),
    ],
)
def test_a_number_in_print_stands_for_all_that_round_to_it(paper, low, high):
    printed = dataclasses.replace(NORM, paper=paper).printed
    assert printed == pytest.approx((float(paper), low, high))


def test_words_in_print_are_no_number():
    assert dataclasses.replace(NORM, paper="slightly less").printed is None
    assert dataclasses.replace(NORM, paper=None).printed is None


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (12.5, 13.4, "reproduced"),
        (13.2, 14.6, "undecided"),
        (14.0, 15.0, "larger"),
        (10.0, 12.4, "smaller"),
        (11.0, 15.0, "undecided"),
    ],
)
def test_a_plain_number_is_the_printed_one_or_lies_on_a_side(low, high, words):
    assert judged(ERROR, between(low, high)) == words


def test_a_count_needs_no_runs():
    claim = Claim(name="x", section="§0", statement="x", paper="60")
    assert verdict(claim, counted(60.97), planned=None) == "reproduced"
    assert verdict(claim, counted(65.1), planned=None) == "larger"


# --- elsewhere, extensions, and what is no verdict ------------------------------


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-9.0, -4.0, "same direction"),
        (-0.3, -0.1, "same direction"),
        (0.1, 3.0, "opposite direction"),
        (-0.6, 0.5, "no effect of half the claim"),
        (-0.8, 0.5, "undecided"),
    ],
)
def test_elsewhere_only_the_direction_is_said(low, high, words):
    assert judged(elsewhere(NORM), between(low, high)) == words


@pytest.mark.parametrize("claim", [NORM, elsewhere(NORM)])
def test_what_a_section_s_correction_takes_away_is_not_told(claim):
    alone = mean([-1.0, -1.9, -1.3, -1.4, -1.4])
    assert judged(claim, alone) in ("reproduced", "same direction")
    assert judged(claim, alone, p=0.2) == "undecided"


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-0.2, 0.3, "equivalent within ±0.3"),
        (0.1, 0.3, "equivalent within ±0.3"),  # told from 0, and small
        (-0.2, 0.31, "not shown equivalent within ±0.3"),
        (-0.31, 0.1, "not shown equivalent within ±0.3"),
        (0.5, 0.9, "not shown equivalent within ±0.3"),
    ],
)
def test_alike_is_what_the_whole_interval_says(low, high, words):
    alike = dataclasses.replace(
        NORM, kind="extension", paper=None, null=None, rule=Equivalence(0.3)
    )
    assert judged(alike, between(low, high)) == words
    assert judged(alike, between(low, high, n=4)) == "interim, 4 of 5"


@pytest.mark.parametrize(
    ("low", "high", "least", "words"),
    [
        (-0.9, -0.1, 0, "same direction"),
        (0.1, 0.9, 0, "opposite direction"),
        (-0.9, 0.1, 0, "undecided"),
        (-7.0, -4.0, 5, "same direction, by 5 or more"),
        (-6.0, -3.0, 5, "same direction, by less than 5"),
        (4.0, 9.0, 5, "opposite direction"),
        (-14.0, 1.0, 5, "undecided"),
    ],
)
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_claim_in_words_is_a_direction(sign, low, high, least, words):
    """And the mirror image: the claim of the other sign, of the other difference."""
    wordy = dataclasses.replace(
        elsewhere(NORM), paper="substantial", rule=Direction(sign, least)
    )
    low, high = sorted((-sign * low, -sign * high))
    assert judged(wordy, between(low, high)) == words
    assert judged(wordy, between(low, high), p=0.06) == "undecided"


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (1.6, 2.5, "same direction, roughly as printed"),
        (1.4, 2.9, "same direction, roughly as printed"),
        (1.3, 2.5, "same direction"),  # wider than roughly
        (1.6, 3.1, "same direction"),
        (1.5, 1.9, "same direction"),  # does not hold 2
        (2.1, 2.8, "same direction"),
        (0.9, 2.4, "undecided"),
        (0.8, 1.3, "no effect of half the claim"),
        (0.4, 0.6, "opposite direction"),
    ],
)
def test_a_ratio_that_is_printed_roughly(low, high, words):
    doubled = dataclasses.replace(
        elsewhere(SPEED), paper="2", unit="times", rule=Roughly(1.4, 2.9)
    )
    assert judged(doubled, between(low, high)) == words
    assert judged(doubled, between(low, high, n=4)) == "interim, 4 of 5"


@pytest.mark.parametrize(
    ("found", "words"), [(8, "seen"), (7, "seen"), (6, "not seen")]
)
def test_what_is_seen_in_runs_is_counted(found, words):
    wordy = dataclasses.replace(
        elsewhere(ERROR), paper="in every run", rule=InRuns(100 * 7 / 8)
    )
    assert judged(wordy, share(found, 8)) == words


def test_what_the_paper_does_not_claim_is_described():
    notes = dataclasses.replace(NORM, kind="extension", paper=None)
    assert judged(notes, between(-1.6, -1.2)) == "described, not judged"
    wordy = dataclasses.replace(NORM, paper="substantial")
    assert judged(wordy, between(-1.6, -1.2)) == "described, not judged"


def test_a_schedule_too_short_tests_nothing():
    claim = dataclasses.replace(NORM, epochs=90)
    words = "not tested at this scale: 7 of 90 epochs"
    assert judged(claim, between(-1.6, -1.2), epochs=7) == words
    assert judged(claim, between(-1.6, -1.2), epochs=90) == "reproduced"


def test_a_run_that_never_arrives_is_not_one_that_was_not_run():
    assert judged(SPEED, NotReached(2, 5)) == "not reached in 2 of 5"
    assert judged(SPEED, None) == "not run yet"
    assert judged(SPEED, None, needs="two GPUs") == "not run yet: needs two GPUs"


@pytest.mark.parametrize("outcome", [between(-1.6, -1.2, n=3), NotReached(1, 3)])
def test_until_the_plan_is_met_nothing_is_judged(outcome):
    assert judged(NORM, outcome) == "interim, 3 of 5"


def test_without_a_plan_nothing_is_judged():
    ours = between(-1.6, -1.2)
    assert verdict(NORM, ours, planned=None) == "no plan, not judged"


def test_one_seed_says_nothing():
    one = mean([-1.4])
    assert verdict(NORM, one, planned=1) == "one seed only"


@pytest.mark.parametrize(
    ("value", "words"), [(0.7, "within the bound"), (1.45, "above the bound")]
)
def test_a_number_that_is_at_most_another_is_not_rounded(value, words):
    bounded = dataclasses.replace(ERROR, paper="1 at most", rule=AtMost(1.0))
    assert judged(bounded, counted(value), done=5) == words
