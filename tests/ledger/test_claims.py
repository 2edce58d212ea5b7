"""Claims hold together: with the experiments, the records, the authors' notes."""

import re

import pytest

from alexnet_lib.experiments import EXPERIMENTS
from alexnet_lib.ledger.claim import Direction, Roughly, within
from alexnet_lib.ledger.claims import CLAIMS, PAPERS
from alexnet_lib.ledger.counted import Counted
from alexnet_lib.ledger.retrieval import Precision
from alexnet_lib.runs import records

RUN = [pytest.param(c, id=c.name) for c in CLAIMS if c.experiment]


def experiments_of(claim):
    """The claim's own, and that whose arms it is compared with."""
    return [EXPERIMENTS[n] for n in (claim.experiment, claim.beside) if n]


def test_arms_of_two_experiments_that_are_compared_differ_in_name():
    both = [claim for claim in CLAIMS if claim.beside]
    assert both
    for claim in both:
        own, other = (set(e.arms("laptop")) for e in experiments_of(claim))
        assert not own & other


def test_claims_have_names_of_their_own():
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
@pytest.mark.parametrize("claim", RUN)
def test_a_claim_reads_arms_that_its_experiment_has(claim, scale):
    arms, of_its_own = set(claim.measure.arms), EXPERIMENTS[claim.experiment]
    assert arms & set(of_its_own.arms(scale))
    assert arms <= {arm for e in experiments_of(claim) for arm in e.arms(scale)}


@pytest.mark.parametrize("claim", RUN)
def test_a_claim_reads_metrics_that_its_experiment_and_its_runs_have(claim):
    read = set(claim.measure.metrics)
    assert read or isinstance(claim.measure, Precision)  # of what is kept beside
    for experiment in experiments_of(claim):
        assert read <= set(experiment.metrics)
        for runs in records.published(experiment.name).values():
            for run in runs:
                assert run.arm not in claim.measure.arms or read <= set(run.result)


@pytest.mark.parametrize("claim", [pytest.param(c, id=c.name) for c in CLAIMS])
def test_a_claim_can_be_judged_or_says_what_that_would_take(claim):
    counted = isinstance(claim.measure, Counted)
    assert (claim.measure is None or counted) == (claim.experiment is None)
    elsewhere_or_counted = not claim.of_imagenet and claim.measure is not None
    assert bool(claim.needs) != elsewhere_or_counted
    assert claim.rule is None or claim.measure is not None
    if isinstance(claim.rule, Direction):
        assert claim.null == 0.0
    elif isinstance(claim.rule, Roughly):
        assert claim.null is not None
        assert claim.rule.low < claim.printed.value < claim.rule.high
    elif claim.rule is not None:
        assert claim.null is None  # no test of no effect, so not of its section's
    elif claim.measure is not None and claim.kind != "extension":
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


SELECTION = 100
"""From this seed on, runs choose a rate, and test no claim."""
PLANNED = [
    pytest.param(e, id=name)
    for name, e in EXPERIMENTS.items()
    if e.plan and not name.startswith("figure1") and e.first_seed < SELECTION
]


@pytest.mark.parametrize("experiment", PLANNED)
def test_what_a_plan_judges_has_its_row(experiment):
    """The endpoint of a planned experiment is read by a claim of its runs here."""
    read = {
        metric
        for claim in CLAIMS
        if claim.experiment == experiment.name and not claim.of_imagenet
        for metric in claim.measure.metrics
    }
    assert {plan.endpoint for plan in experiment.plan.values()} <= read


@pytest.mark.parametrize(
    "name",
    [
        "photographs",
        "cifar-crops",
        "cifar-colour",
        "cifar-biases",
        "start",
        "vgg-depth",
        "dropout-fit",
        "dropout-time",
    ],
)
def test_no_planned_arm_is_without_a_row(name):
    """Each arm is compared: none is trained for nothing."""
    read = {
        arm
        for claim in CLAIMS
        if claim.experiment == name and not claim.of_imagenet
        for arm in claim.measure.arms
    }
    assert read >= set(EXPERIMENTS[name].arms("laptop"))


@pytest.mark.parametrize(
    ("section", "asked", "is_in"),
    [
        ("§4.1", "4", True),
        ("§4.1", "§4", True),
        ("§4.1", "4.1", True),
        ("§4.1", "4.2", False),
        ("§3.1, Fig. 1", "3.1", True),
        ("§3.1, Fig. 1", "Fig. 1", True),
        ("§6, Table 1", "6", True),
        ("§6, Table 1", "Table 1", True),
        ("§6, Table 1", "6.1", False),
        ("abstract", "abstract", True),
        ("abstract", "1", False),
        ("§1", "1", True),
        ("§5", "", False),
        ("VGG §4.1", "4.1", False),
        ("VGG §4.1", "VGG §4", True),
        ("VGG Table 2", "VGG", True),
        ("VGG Table 2", "Table 2", False),
    ],
)
def test_a_section_has_what_lies_in_it(section, asked, is_in):
    assert within(section, asked) == is_in


def test_the_ledger_goes_through_the_paper_from_abstract_to_section_7():
    alexnet, _ = PAPERS.values()
    sections = list(dict.fromkeys(claim.section for claim in alexnet))
    assert sections == sorted(sections)
    for number in ("abstract", *"1234567"):
        assert any(within(section, number) for section in sections), number


def test_a_section_is_written_as_every_other():
    """By its number or its table: a filter, a notebook and a family go by it."""
    place = r"abstract|§\d(\.\d)?(, (Fig\.|Table) \d)?|VGG (§\d(\.\d)?|Table \d)"
    for claim in CLAIMS:
        assert re.fullmatch(place, claim.section), (claim.name, claim.section)
