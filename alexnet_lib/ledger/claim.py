"""A claim: one number of the paper, and how ours comes out of an experiment's runs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal, NamedTuple

from alexnet_lib.ledger.lab_notes import LabNote
from alexnet_lib.ledger.measures import Measure

Kind = Literal["own data", "elsewhere", "extension"]


class Printed(NamedTuple):
    """A number in print, and the bounds of what is printed so."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Direction:
    """A claim in words: the `sign` of an effect, which is no less than `least`."""

    sign: Literal[-1, 1]
    least: float = 0.0


@dataclass(frozen=True)
class Equivalence:
    """A difference that is none: its interval within this much to either side of 0."""

    within: float


@dataclass(frozen=True)
class Roughly:
    """A ratio that is printed roughly: its interval holds it, within `low`, `high`."""

    low: float
    high: float


@dataclass(frozen=True)
class InRuns:
    """A thing that is seen in runs: in `least` per cent of them or more."""

    least: float


@dataclass(frozen=True)
class AtMost:
    """A number that is said to be no larger than `most`."""

    most: float


Rule = Direction | Equivalence | Roughly | InRuns | AtMost


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One number of the paper, or one that its authors logged and did not print.

    - `paper`: the number as printed (its digits say how it was rounded), words where
      the paper has no number, None where it says nothing.
    - `null`: what would mean no effect, 1 for a ratio, 0 for a difference; None for a
      plain number, as an error rate is, and where a rule asks of no effect.
    - `kind`: tested on the paper's `own data`, or `elsewhere`, or an `extension`: what
      the paper does not claim is described and, without a `rule`, not judged.
    - `rule`: how a claim in words is judged, and an extension that is; from the plan
      of `experiment`.
    - `beside`: another experiment, some of whose arms are compared with.
    - `measure`: our number from the runs of `experiment`. Runs on ImageNet count for a
      claim `of_imagenet` alone, and no others do for it.
    - `epochs`: runs that are shorter do not test the claim.
    - `needs`: what a test would take, of a claim that nothing here tests.
    """

    name: str
    section: str
    statement: str
    unit: str = ""
    paper: str | None = None
    null: float | None = None
    kind: Kind = "own data"
    rule: Rule | None = None
    log: LabNote | None = None
    experiment: str | None = None
    beside: str | None = None
    measure: Measure | None = None
    of_imagenet: bool = False
    epochs: int | None = None
    needs: str = ""

    @property
    def printed(self) -> Printed | None:
        """The paper's number, give or take half of its last digit; None for words.

        Zeros that end a whole number are no digits of it: 60 is any of 55 to 65.
        """
        try:
            number = Decimal(self.paper or "")
        except InvalidOperation:
            return None
        digits = number if "." in str(number) else number.normalize()
        half = Decimal(5).scaleb(int(digits.as_tuple().exponent) - 1)
        return Printed(float(number), float(number - half), float(number + half))


class Told(NamedTuple):
    """A sentence of the text on how something was done, and the code in that place.

    - `text`: what the text says of it; `same`: whether the code does that.
    - `code`: what the code does; `source`: its file, with lines where it is a few.
    """

    section: str
    name: str
    statement: str
    text: str
    same: bool
    code: str
    source: str

    @property
    def verdict(self) -> str:
        """The text's words as the code has them, or not."""
        return "as in the code" if self.same else "not as in the code"


def within(section: str, asked: str) -> bool:
    """Whether a section is the one asked for, or in it: 4 has §4.1, and 6 Table 1.

    VGG has all of the other paper's.
    """
    asked, own = asked.removeprefix("§"), section.removeprefix("§")
    number, *places = own.split(", ")
    inner = number.startswith((f"{asked}.", f"{asked} "))
    return inner or asked in (own, number, *places)
