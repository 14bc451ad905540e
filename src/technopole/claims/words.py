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
ABOUT: Final = 0.1
LIKELY: Final = 0.9


class Word(StrEnum):
    """A vague word, by how far down a list it reaches."""

    FIRST = "the first"  # "the highest", "the leader", "the epicentre", "superpower"
    ONE_OF = "one of the first"  # "one of the biggest", "among the top"
    NOTABLE = "notable"  # "many", "a rich array", "renowned", "known for"
    GOOD = "good"  # "efficient", "quite high", "made available"


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


def reach(word: Word, size: int) -> int:
    """Lowest rank in a list of `size` places that the word still allows; at least 1.

    Counts are listed for the cities that have any. Good: fewer than half of the ranked cities have more. Other words:
    "one of the first to" is no later than two years after the first place that was found, and with fewer than ten
    places earlier; "about" is within a tenth; "belongs to" is with a probability of at least 90 % (and doesn't with at
    most 10 %); "many cities" are a hundred, "several" or "many" things in one city are ten.
    """
    allowed = {
        Word.FIRST: 1,
        Word.ONE_OF: min(MOST_PLACES, size // SHARE_OF_LIST),
        Word.NOTABLE: math.ceil(size / NOTABLE_SHARE),
        Word.GOOD: size // 2,
    }
    return max(allowed[word], 1)
