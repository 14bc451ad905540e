"""What one test finds, and the words in which it says so."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from technopole.claims.declarations import Comparator
from technopole.claims.evidence import Item
from technopole.claims.words import ABOUT


class Outcome(StrEnum):
    """Of one test. `DEPENDS`: it holds under some boundaries only, or is neither likely nor unlikely."""

    HOLDS = "holds"
    FAILS = "fails"
    DEPENDS = "depends"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """Outcome of one test, a sentence made from the evidence (without full stop), and the evidence.

    `ranks`: of a test of rank, the best and the worst rank under the three boundaries. `lower_bound`: the value is one.
    """

    kind: str
    role: str
    outcome: Outcome
    sentence: str
    items: tuple[Item, ...] = ()
    ranks: tuple[int, int] | None = None
    lower_bound: bool = False

    @property
    def sources(self) -> frozenset[str]:
        """Whose numbers it rests on."""
        return frozenset(item.source for item in self.items)


COMPARED: Final[dict[Comparator, str]] = {
    "over": "over",
    "at_least": "at least",
    "under": "under",
    "at_most": "at most",
    "about": "about",
    "equals": "exactly",
    "in_year": "the year",
    "many": "at least",
}


def compares(value: float, comparator: Comparator, threshold: float, bound: str = "", reading: float = 1.0) -> bool:
    """Compare a value with a threshold; a `bound` value lies below ("nearly") or above ("more than") what is written.

    "about" is within a tenth of the threshold (times `reading`).
    """
    if comparator in {"over", "at_most"}:
        reached = value >= threshold if bound == "above" else value > threshold
        return reached if comparator == "over" else not reached
    if comparator in {"under", "at_least", "many"}:
        below = value <= threshold if bound == "below" else value < threshold
        return below if comparator == "under" else not below
    if comparator == "about":
        return abs(value - threshold) <= ABOUT * reading * abs(threshold) + 1e-12
    return math.floor(value) == threshold if comparator == "in_year" else math.isclose(value, threshold, rel_tol=1e-9)


def outcome_of(*, true: bool) -> Outcome:
    """HOLDS or FAILS."""
    return Outcome.HOLDS if true else Outcome.FAILS


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th … 11th, 12th, 13th."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def amount(value: float, unit: str = "") -> str:
    """Write a number with its unit: whole numbers with separators, others with four significant digits.

    >>> [amount(1.0, "companies"), amount(127418.0, "applications"), amount(28.98875, "% of generation")]
    ['1 company', '127,418 applications', '28.99 % of generation']
    """
    whole = math.isclose(value, round(value), abs_tol=1e-9) or abs(value) >= 10_000
    text = f"{value:,.0f}" if whole else f"{value:,.4g}"
    named = "%" if unit == "percent" else _singular(unit) if value == 1 else unit
    return f"{text} {named}" if named else text


def _singular(unit: str) -> str:
    """Unit of one thing: "companies" is "company"; what isn't a plain plural stays."""
    if " from " in unit or " per " in unit or not unit.endswith("s"):
        return unit
    return f"{unit[:-3]}y" if unit.endswith("ies") else unit[:-1]


def lower_first(title: str) -> str:
    """Lower the first letter of a title, unless it is an abbreviation or a digit."""
    return title if len(title) > 1 and (title[1].isupper() or title[1].isdigit()) else title[:1].lower() + title[1:]


def noted(text: str, note: str) -> str:
    """A sentence with the note of its test, which says whose definition it is."""
    return f"{text} – {note}" if note else text
