"""Every number about results in prose is a claim's, a record's, or an output's.

What is looked for: per cents, points, times and epochs, in digits or as a word, in
README and in the notebooks' markdown. Each must be, to its last digit and in its unit,
a number of the paper or of its authors' log, an estimate of the ledger or one of its
bounds, a length of a training; or, in any unit, one that the same notebook prints,
which a test computes again.
"""

import json
import random
import re
from collections import defaultdict

import pytest

from alexnet_lib.experiments import EXPERIMENTS
from alexnet_lib.ledger.estimate import LEVEL, Estimate
from alexnet_lib.ledger.lab_notes import LOG
from alexnet_lib.ledger.report import ledger
from alexnet_lib.settings import PROJECT

NOTEBOOKS = sorted((PROJECT / "notebooks").rglob("*.ipynb"))
DOCUMENTS = [PROJECT / "README.md", *NOTEBOOKS]


def name_of(path):
    return path.relative_to(PROJECT).as_posix()


SECTIONS_OF_OTHER_NUMBERS = {
    "Speed": "timings, by `alexnet bench` at a commit that is named; no run has them",
    "Data": "bytes and seconds of preparing, by `alexnet bench loader`",
}
"""Headings of README whose numbers are of machines, not of the paper, and why."""
ALLOWED = {
    ("README.md", "one epoch"): "Figure 1's probe is taken after the first epoch",
    ("notebooks/00_building_blocks.ipynb", "75 %"): "guessing among four classes",
    ("notebooks/04_overlapping_pooling.ipynb", "50 %"): "a net that is supposed",
}
"""Numbers that nothing gives: document and words, and why they may stand."""

WORDS = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
    *("seventeen", "eighteen", "nineteen", "twenty"),
]
NUMBER = rf"(?:\d[\d,]*(?:\.\d+)?|\.\d+|{'|'.join(WORDS)})"
JOINED = rf"{NUMBER}(?:(?: to | and | or | against | instead of |–|, ){NUMBER})*"
PATTERN = re.compile(
    rf"(?<![\w.#§:/])({JOINED})\s*(%|(?:per cent|points?|times|epochs?)\b)",
    re.IGNORECASE,
)


def prose_of(path):
    """The document's own sentences: no code, no tables, no targets of links."""
    if path.suffix == ".md":
        text = path.read_text(encoding="utf-8")
        parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
        titles, bodies = ["", *parts[1::2]], parts[::2]
        kept = [
            f"{title}\n{body}"
            for title, body in zip(titles, bodies, strict=True)
            if title not in SECTIONS_OF_OTHER_NUMBERS
        ]
        text = "\n".join(kept)
    else:
        text = "\n\n".join(
            "".join(cell["source"])
            for cell in cells_of(path)
            if cell["cell_type"] == "markdown"
        )
    for other in (r"(?s)```.*?```", r"`[^`\n]*`", r"\]\([^)]*\)", r"(?m)^\|.*$"):
        text = re.sub(other, " ", text)
    return " ".join(text.split())


def cells_of(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def numbers_in(words):
    """(value, decimals) of each number in a few words."""
    for found in re.findall(NUMBER, words, re.IGNORECASE):
        if found.lower() in WORDS:
            yield float(WORDS.index(found.lower())), 0
        else:
            yield float(found.replace(",", "")), len(found.partition(".")[2])


def printed_by(path):
    """Every number in the text outputs of a notebook."""
    if path.suffix == ".md":
        return
    for cell in cells_of(path):
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            texts = [output.get("text", ""), data.get("text/plain", "")]
            for text in [*texts, data.get("text/markdown", "")]:
                for found in re.findall(r"\d[\d,]*(?:\.\d+)?|\.\d+", "".join(text)):
                    yield float(found.replace(",", ""))


UNITS = {"per cent": "%", "point": "points", "epoch": "epochs"}


@pytest.fixture(scope="module")
def everywhere():
    """Numbers that any document may name, by their unit."""
    known = defaultdict(set)
    known["%"] |= {100 * LEVEL, *(n.top1 for n in LOG.values())}
    known["%"] |= {note.top5 for note in LOG.values()}
    for row in ledger("laptop"):
        of_unit, estimate = known[row.claim.unit], row.published
        of_unit |= {row.claim.printed.value} if row.claim.printed else set()
        of_unit |= {row.claim.log.value} if row.claim.log else set()
        if isinstance(estimate, Estimate):
            of_unit |= {estimate.value, estimate.low, estimate.high} - {None}
    for experiment in EXPERIMENTS.values():
        known["epochs"] |= {plan.epochs for plan in experiment.plan.values()}
        for scale in ("laptop", "paper"):
            arms = experiment.arms(scale).values()
            known["epochs"] |= {arm.training.epochs for arm in arms}
    return {unit: {abs(value) for value in values} for unit, values in known.items()}


def is_known(value, decimals, known):
    """Whether a known number is this one when it is rounded so."""
    half = 0.5 * 10.0**-decimals + 1e-9
    return any(abs(value - other) <= half for other in known)


def unknown_in(path, everywhere):
    """The document and the words of each number that nothing gives."""
    words = unknown_words(prose_of(path), set(printed_by(path)), everywhere)
    return {(name_of(path), found) for found in words}


def unknown_words(prose, printed, everywhere):
    for numbers, unit in PATTERN.findall(prose):
        known = everywhere[UNITS.get(unit.lower(), unit.lower())] | printed
        if not all(is_known(*number, known) for number in numbers_in(numbers)):
            yield f"{numbers} {unit}"


@pytest.mark.parametrize("path", [pytest.param(p, id=name_of(p)) for p in DOCUMENTS])
def test_a_number_about_results_is_given_by_something(path, everywhere):
    assert not unknown_in(path, everywhere) - ALLOWED.keys()


def test_nothing_is_allowed_that_need_not_be(everywhere):
    unknown = [unknown_in(path, everywhere) for path in DOCUMENTS]
    assert ALLOWED.keys() <= set.union(*unknown)


def test_numbers_are_found_however_they_are_written():
    text = "from 13 % to 11 per cent, 1.4 and 1.2 points, Seven times, .5 points, #145"
    assert [" ".join(found) for found in PATTERN.findall(text)] == [
        *("13 %", "11 per cent", "1.4 and 1.2 points", "Seven times", ".5 points")
    ]
    assert list(numbers_in("1,024 to .75 and seven")) == [(1024, 0), (0.75, 2), (7, 0)]
    assert not PATTERN.findall("notebook 05, layers-145.cfg:35, §3.1, 24 pixels")


@pytest.mark.parametrize("path", [pytest.param(p, id=name_of(p)) for p in DOCUMENTS])
def test_a_wrong_number_would_be_found(path, everywhere):
    """Most numbers that one might invent are given by nothing, in any unit."""
    printed = set(printed_by(path))
    draw = random.Random(1)
    for unit in ("%", "points", "times", "epochs"):
        known = everywhere[unit] | printed
        invented = [round(draw.uniform(0, 100), 1) for _ in range(200)]
        assert sum(is_known(value, 1, known) for value in invented) < 100


@pytest.mark.parametrize(
    ("name", "true", "false"),
    [
        ("README.md", "seven times", "nine times"),
        ("notebooks/03_local_response_normalization.ipynb", "13 %", "93 %"),
        ("notebooks/05_two_gpu_training.ipynb", "18.0 %", "23.7 %"),
    ],
)
def test_a_number_that_is_changed_is_found(name, true, false, everywhere):
    path = PROJECT / name
    prose, printed = prose_of(path), set(printed_by(path))
    assert true in prose
    assert true not in set(unknown_words(prose, printed, everywhere))
    changed = set(unknown_words(prose.replace(true, false), printed, everywhere))
    assert any(found.endswith(false) for found in changed)
