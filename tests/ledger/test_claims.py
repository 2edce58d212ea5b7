"""Claims hold together: with the experiments, the records, the authors' notes."""

import pytest

from alexnet_lib.experiments import EXPERIMENTS
from alexnet_lib.ledger.claims import CLAIMS
from alexnet_lib.ledger.measures import Counted
from alexnet_lib.runs import records

RUN = [pytest.param(c, id=c.name) for c in CLAIMS if c.experiment]


def test_claims_have_names_of_their_own():
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
@pytest.mark.parametrize("claim", RUN)
def test_a_claim_reads_arms_that_its_experiment_has(claim, scale):
    arms = EXPERIMENTS[claim.experiment].arms(scale)
    assert claim.measure.arms
    assert set(claim.measure.arms) <= set(arms)


@pytest.mark.parametrize("claim", RUN)
def test_a_claim_reads_metrics_that_its_experiment_and_its_runs_have(claim):
    read = set(claim.measure.metrics)
    assert read
    assert read <= set(EXPERIMENTS[claim.experiment].metrics)
    for runs in records.published(claim.experiment).values():
        for run in runs:
            assert run.arm not in claim.measure.arms or read <= set(run.result)


@pytest.mark.parametrize("claim", [pytest.param(c, id=c.name) for c in CLAIMS])
def test_a_claim_can_be_judged_or_says_what_that_would_take(claim):
    counted = isinstance(claim.measure, Counted)
    assert (claim.measure is None or counted) == (claim.experiment is None)
    elsewhere_or_counted = not claim.of_imagenet and claim.measure is not None
    assert bool(claim.needs) != elsewhere_or_counted
    if claim.measure is not None and claim.kind != "extension":
        assert claim.printed is not None
        assert claim.null is None or claim.printed.value != claim.null


def test_what_the_paper_does_not_print_is_an_extension():
    for claim in CLAIMS:
        assert (claim.kind == "extension") == (claim.paper is None), claim.name


def test_logged_numbers_are_those_that_the_paper_rounds():
    """Each printed number is its lab note's, rounded as it was."""
    both = [claim for claim in CLAIMS if claim.printed and claim.log]
    assert len(both) > 15
    for claim in both:
        _, low, high = claim.printed
        assert low - 5e-3 <= claim.log.value <= high + 5e-3, claim.name
