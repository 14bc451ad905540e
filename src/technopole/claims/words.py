"""What vague words of a claim mean: declared once, for every claim and every city, before any verdict is computed.

A claim that says "one of the biggest" gets the criterion of these words and never one of its own.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final

MOST_PLACES: Final = 10
SHARE_OF_LIST: Final = 3
NOTABLE_SHARE: Final = 10
LAG_YEARS: Final = 2.0
EARLIER_PLACES: Final = 10
MANY: Final = {"things": 10, "cities": 100, "several cities": 10}
"""Least number that a plural takes: of things in one city, of "many cities", of "cities"."""
ABOUT: Final = 0.1
LIKELY: Final = 0.9
READINGS: Final = {"strict": 0.5, "as declared": 1.0, "loose": 2.0}
"""How far all vague words together reach, to see which verdicts hang on them."""


class Word(StrEnum):
    """A vague word, by how far down a list it reaches."""

    FIRST = "the first"
    ONE_OF = "one of the first"
    NOTABLE = "notable"
    GOOD = "good"


PHRASES: Final[dict[str, Word]] = {
    **dict.fromkeys(("highest number", "superpower", "leader", "epicenter"), Word.FIRST),
    **dict.fromkeys(("one of the", "some of the most", "among the top"), Word.ONE_OF),
    **dict.fromkeys(
        ("many", "rich array", "renowned", "famed", "giant", "major force", "great strides", "highly", "picture of",
         "continued growth", "crosshairs", "pushed the limits"),
        Word.NOTABLE,
    ),
    **dict.fromkeys(("efficient", "quite high", "improve"), Word.GOOD),
}  # fmt: skip
"""Words of a text -> the vague word that they are. A claim names the phrase; its tests have no word of their own."""


_CODES: Final[dict[str, str]] = {
    "Asia": "AE AF AM AZ BD BH BN BT CN CY GE HK ID IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP OM"
    " PH PK PS QA SA SG SY TH TJ TL TM TR TW UZ VN YE",
    "the Far East": "CN HK JP KP KR MN MO TW",
    "Europe": "AD AL AT BA BE BG BY CH CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL"
    " PT RO RS RU SE SI SK SM UA VA XK",
    "the USA": "US",
    "Canada": "CA",
}
REGIONS: Final[dict[str, frozenset[str]]] = {name: frozenset(codes.split()) for name, codes in _CODES.items()}
"""Region -> its countries and territories (UN M49; the Far East is Eastern Asia)."""


def reach(word: Word, size: int, reading: float = 1.0) -> int:
    """Lowest rank in a list of `size` places that the word still allows; at least 1.

    The list of a measure are the ranked cities that it covers; of a published rank its own. `reading` stretches the
    reach of every word but "the first", which is no vague word. Other words: "one of the first to" is no later than
    two years after the first place that was found, and with fewer than ten places earlier; "about" is within a tenth;
    "belongs to" is with a probability of at least 90 % (and doesn't with at most 10 %); `MANY` says what plurals take.
    """
    allowed = {
        Word.FIRST: 1.0,
        Word.ONE_OF: min(MOST_PLACES, size // SHARE_OF_LIST) * reading,
        Word.NOTABLE: math.ceil(size / NOTABLE_SHARE) * reading,
        Word.GOOD: size // 2 * reading,
    }
    return min(max(int(allowed[word]), 1), max(size, 1))


def number(plural: str, reading: float = 1.0) -> float:
    """Least number of things that a plural takes; a looser reading asks for fewer."""
    return MANY[plural] / reading
