"""Names in the explorer's bundle: what a reader may type, and what the page shows in each language."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

from technopole.cities.names import CHARACTERS, fold_expression
from technopole.editions.read import Edition

LANGUAGES: Final = ("ja", "ko", "zh")
REVIEWED: Final = Path(__file__).with_name("local_names.csv")
"""Names to show of the ranked cities, read through one by one: the edition's table of names says the script of a name
but not its language, its age or its dialect, so that no rule can choose (the shortest Hangul name of Seoul is that of
1910). A city that isn't in it is shown by its English name."""
SPELLINGS_OF_UNRANKED: Final = 5
TRADITIONAL: Final = frozenset(CHARACTERS)
SIMPLIFIED: Final = frozenset(CHARACTERS.values()) - TRADITIONAL


def names_text(edition: Edition, cities: pl.DataFrame) -> str:
    """One line a city, in the order of `cities`: names in LANGUAGES, then every other spelling; tabs between.

    The names shown are those of REVIEWED; one that isn't there is empty. Every other spelling is there to be typed.
    """
    names = edition.cities().names.with_columns(key=fold_expression(pl.col("name")))
    grouped = names.group_by("city").agg("script", "name", "key")
    known = {row[0]: list(zip(*row[1:], strict=True)) for row in grouped.iter_rows()}
    shown = cities.select("city", "slug", "eligible", key=fold_expression(pl.col("name")))
    unknown = ("",) * len(LANGUAGES)
    return "\n".join(
        "\t".join(
            _line(key, reviewed().get(slug, unknown), known.get(city, []), None if eligible else SPELLINGS_OF_UNRANKED)
        )
        for city, slug, eligible, key in shown.iter_rows()
    )


def _line(english: str, local: tuple[str, ...], names: list[tuple[str, str, str]], limit: int | None) -> list[str]:
    """Names in LANGUAGES, then the spellings that fold to something else, shortest first."""
    seen = {english, *(key for _, name, key in names if name in local)}
    others = []
    for _, name, key in sorted(names, key=lambda one: (len(one[1]), one)):
        if key and key not in seen:
            seen.add(key)
            others.append(_plain(name))
    return [_plain(one) for one in local] + others[:limit]


def _plain(name: str) -> str:
    return " ".join(name.replace("<", " ").split())


@cache
def reviewed(path: Path = REVIEWED) -> dict[str, tuple[str, ...]]:
    """Slug -> names in LANGUAGES; "" where none was found that is in use."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["slug"]: tuple(row[language] for language in LANGUAGES) for row in csv.DictReader(file)}
