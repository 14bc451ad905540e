"""The name of a city in the script of its country, where it was reviewed or declared, or a rule finds it.

Of China, Japan and Korea the explorer's reviewed names come first. The edition's table of names says the script of a
name but not its language, so that a rule can choose only where a country has one script and a word for "city".
Elsewhere native_names.csv declares which of the table's names it is; a test holds it to them.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

from technopole.editions.read import Edition
from technopole.publish.bundle_names import LANGUAGES, SIMPLIFIED, TRADITIONAL, reviewed

DECLARED: Final = Path(__file__).with_name("native_names.csv")
CITY_ENDINGS: Final = {
    "Han": ("市", "都", "府", "县", "縣"),
    "Hangul": ("시", "광역시", "특별시", "특별자치시"),
}
REVIEWED_IN: Final = {"CN": "zh", "JP": "ja", "KR": "ko"}
"""Country -> language of the reviewed names that is its own; those of Taiwan are in other characters than its own."""
SCRIPT: Final = {"CN": "Han", "JP": "Han", "KR": "Hangul", "TW": "Han"}
AVOIDED: Final = {"CN": TRADITIONAL, "JP": SIMPLIFIED, "TW": SIMPLIFIED}
"""Country -> characters that its names avoid, where it writes one of the two sets."""
FONT: Final = {"CN": "Noto Sans CJK SC", "TW": "Noto Sans CJK TC", "HK": "Noto Sans CJK TC", "MO": "Noto Sans CJK TC",
               "JP": "Noto Sans CJK JP", "KR": "Noto Sans CJK KR"}  # fmt: skip
"""Country -> family whose glyphs its names need; the others are in the main family or in that of their script."""


def native_name(edition: Edition, slug: str) -> str:
    """Name of a city in its country's script; "" where there is none, or none that can be told."""
    if slug in declared():
        return declared()[slug]
    city = edition.frame().filter(pl.col("slug") == slug).row(0, named=True)
    if city["country"] in REVIEWED_IN and slug in reviewed():
        local = reviewed()[slug][LANGUAGES.index(REVIEWED_IN[city["country"]])]
        if local:
            return local
    names = edition.cities().names.filter(pl.col("city") == city["city"])
    script = SCRIPT.get(city["country"])
    if script is None:
        return ""
    written = names.filter(pl.col("script") == script)["name"].to_list()
    return city_name(written, script, AVOIDED.get(city["country"], frozenset()))


def city_name(names: list[str], script: str, avoided: frozenset[str] = frozenset()) -> str:
    """Name without "city": the shortest of which the names also have a form with "city"; else "".

    Districts and older names of a city stand in the table too, but not with today's word for city.

    >>> city_name(["경성", "서울", "서울시", "서울특별시", "한성", "한양"], "Hangul")
    '서울'
    >>> city_name(["宝安", "深圳", "深圳市"], "Han")
    '深圳'
    >>> city_name(["경성"], "Hangul")
    ''
    """
    known = set(names)
    found = [name for name in known if any(name + ending in known for ending in CITY_ENDINGS[script])]
    return min(found, key=lambda name: (sum(one in avoided for one in name), len(name), name), default="")


@cache
def declared(path: Path = DECLARED) -> dict[str, str]:
    """Names that no rule finds, by slug."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["slug"]: row["name"] for row in csv.DictReader(file)}
