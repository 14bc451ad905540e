"""Names in the explorer's bundle: what a reader may type, and what the page shows in each language."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.cities.names import CHARACTERS, fold_expression
from technopole.editions.read import Edition

LANGUAGES: Final = ("ja", "ko", "zh")
SPELLINGS_OF_UNRANKED: Final = 5
CHARACTER_COUNTRIES: Final = frozenset({"CN", "TW", "HK", "MO", "JP"})
"""Countries whose cities Japanese writes with characters; elsewhere it writes kana."""
TRADITIONAL: Final = frozenset(CHARACTERS)
SIMPLIFIED: Final = frozenset(CHARACTERS.values()) - TRADITIONAL


def names_text(edition: Edition, cities: pl.DataFrame) -> str:
    """One line a city, in the order of `cities`: names in LANGUAGES, then every other spelling; tabs between.

    A name that isn't known is empty. The table of names says its script but not its language, so that the names
    shown are chosen by rule: `local_name`.
    """
    names = edition.cities().names.with_columns(key=fold_expression(pl.col("name")))
    grouped = names.group_by("city").agg("script", "name", "key")
    known = {row[0]: list(zip(*row[1:], strict=True)) for row in grouped.iter_rows()}
    shown = cities.select("city", "country", "eligible", key=fold_expression(pl.col("name")))
    return "\n".join(
        "\t".join(_line(key, country, known.get(city, []), None if eligible else SPELLINGS_OF_UNRANKED))
        for city, country, eligible, key in shown.iter_rows()
    )


def _line(english: str, country: str, names: list[tuple[str, str, str]], limit: int | None) -> list[str]:
    """Names in LANGUAGES, then the spellings that fold to something else, shortest first."""
    local = [local_name(language, country, [(script, name) for script, name, _ in names]) for language in LANGUAGES]
    seen = {english, *(key for _, name, key in names if name in local)}
    others = []
    for _, name, key in sorted(names, key=lambda one: (len(one[1]), one)):
        if key and key not in seen:
            seen.add(key)
            others.append(_plain(name))
    return [_plain(one) for one in local] + others[:limit]


def _plain(name: str) -> str:
    return " ".join(name.replace("<", " ").split())


def local_name(language: str, country: str, names: list[tuple[str, str]]) -> str:
    """Name to show in a language: the shortest in its script; "" when there is none.

    Chinese prefers simplified characters, Japanese those that aren't simplified.

    >>> local_name("ja", "JP", [("Han", "东京"), ("Han", "東京"), ("Han", "東京都")])
    '東京'
    >>> local_name("zh", "JP", [("Han", "东京"), ("Han", "東京"), ("Han", "東京都")])
    '东京'
    """
    if language == "ko":
        script, avoided = "Hangul", frozenset[str]()
    elif language == "zh":
        script, avoided = "Han", TRADITIONAL
    elif country in CHARACTER_COUNTRIES:
        script, avoided = "Han", SIMPLIFIED
    else:
        script, avoided = "Kana", frozenset[str]()
    found = [name for kind, name in names if kind == script and len(name) > 1]
    return min(found, key=lambda name: (sum(one in avoided for one in name), len(name), name), default="")
