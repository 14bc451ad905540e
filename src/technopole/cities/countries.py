"""Any spelling of a country to its ISO 3166-1 alpha-2 code.

The declared table (countries.csv beside this file) lists codes, the English name and the variants that upstream
files use: official names, those of the UN, the World Bank and ISO, native names of a few countries. Territories that
the frame knows apart have their own code: Hong Kong HK, Macao MO, Puerto Rico PR, Taiwan TW. "Korea" alone is South
Korea and "Congo" alone the Republic of the Congo (UN usage); "Georgia" is the country. The nations of the United
Kingdom are GB. Kosovo has the user-assigned XK.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import polars as pl

from technopole.core.errors import UnknownNameError

TERRITORIES: Final[dict[str, tuple[str, ...]]] = {
    "AU": ("CX", "CC", "NF"),
    "CN": ("HK", "MO", "TW"),
    "DK": ("FO", "GL"),
    "FI": ("AX",),
    "FR": ("GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "WF", "YT"),
    "GB": ("AI", "BM", "FK", "GG", "GI", "IM", "JE", "KY", "MS", "SH", "TC", "VG"),
    "NL": ("AW", "BQ", "CW", "SX"),
    "NO": ("SJ",),
    "NZ": ("CK", "NU", "TK"),
    "US": ("AS", "GU", "MP", "PR", "VI"),
}
"""State -> territories with a code of their own that upstream files often write under the state's name.

They compete with the state as candidates; the point or the name decides which of them is meant. Taiwan stands under CN
because WHO and others file it there; this says nothing about status.
"""

_NOT_LETTERS = re.compile(r"[^\w]+|_")


@dataclass(frozen=True)
class Country:
    """One line of countries.csv."""

    code: str
    iso3: str
    numeric: int | None
    name: str
    variants: tuple[str, ...]


@cache
def countries() -> dict[str, Country]:
    """All countries and territories: alpha-2 code -> Country, sorted by code."""
    text = resources.files(__package__).joinpath("countries.csv").read_text(encoding="utf-8")
    return {
        row["code"]: Country(
            row["code"],
            row["iso3"],
            int(row["numeric"]) if row["numeric"] else None,
            row["name"],
            tuple(variant for variant in row["variants"].split("|") if variant),
        )
        for row in csv.DictReader(text.splitlines())
    }


def fold_country(text: str) -> str:
    """Key of a spelling: no accents, no case, no punctuation, no leading "the", "&" as "and"."""
    plain = unicodedata.normalize("NFKD", text.replace("&", " and "))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    words = _NOT_LETTERS.sub(" ", letters.replace("'", "").replace("’", "")).split()
    initials = len(words) > 1 and all(len(word) == 1 for word in words)  # "U. S. A."
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    return unicodedata.normalize("NFC", ("" if initials else " ").join(words))


@cache
def country_spellings() -> dict[str, str]:
    """Folded spelling -> alpha-2 code; alpha-2 and alpha-3 codes and the names win over variants."""
    table: dict[str, str] = {}
    for country in countries().values():
        for text in (country.code, country.iso3, country.name):
            table[fold_country(text)] = country.code
    for country in countries().values():
        for text in country.variants:
            table.setdefault(fold_country(text), country.code)
    return table


@cache
def numeric_codes() -> dict[int, str]:
    """ISO 3166-1 numeric code (as UN files write it) -> alpha-2 code."""
    return {country.numeric: country.code for country in countries().values() if country.numeric is not None}


def country_code(text: str | None) -> str | None:
    """Alpha-2 code of a country written in any way; None where the text is missing or names no country.

    "NA" is Namibia: read tables as text, or a CSV reader makes it missing.

    >>> country_code("Great Britain"), country_code("Korea, Rep."), country_code("Taiwan, Province of China")
    ('GB', 'KR', 'TW')
    >>> country_code("Atlantis") is None
    True
    """
    if text is None:
        return None
    return country_spellings().get(fold_country(text))


def country_codes(texts: pl.Series) -> pl.Series:
    """`country_code` of a text column: each distinct spelling is folded once; null where none is known."""
    unique = texts.drop_nulls().unique()
    known = {text: country_code(text) for text in unique.to_list()}
    return texts.cast(pl.String).replace_strict(known, default=None, return_dtype=pl.String)


def require_country(text: str) -> str:
    """`country_code` of a text that a person typed.

    Raises
    ------
    UnknownNameError : no country; suggests the nearest names.
    """
    code = country_code(text)
    if code is None:
        from rapidfuzz import process

        names = [country.name for country in countries().values()]
        near = [name for name, _, _ in process.extract(text, names, limit=3, score_cutoff=60)]
        raise UnknownNameError(
            f"{text!r} is no country that we know:",
            f"did you mean {', '.join(near)}?" if near else "write its English name or its ISO code.",
        )
    return code


def country_name(code: str) -> str:
    """English name of an alpha-2 code; the code itself where it is unknown."""
    country = countries().get(code)
    return country.name if country else code
