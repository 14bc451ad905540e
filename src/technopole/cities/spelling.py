"""Misspelt names: the city that a text almost spells.

`rapidfuzz.fuzz.ratio` on folded names, with a population prior: only places of 100,000 and more can be meant by a
misspelling (a misspelt village is likelier to be another village). The first letter must agree, and the number of
wrong letters is bounded, so that Xuancheng never becomes Xuchang.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from technopole.cities.candidates import ALTERNATE_WEIGHT, DOMINANCE

LEAST_RATIO: Final = 83.0
LEAST_POPULATION: Final = 100_000.0
SHORTEST: Final = 5
LONG: Final = 9
"""Names of this length may have two wrong letters, shorter ones one."""


class Speller:
    """Names that a misspelling may mean, by country and first letter.

    State earned: the names are grouped once.
    """

    def __init__(self, candidates: pl.DataFrame) -> None:
        kept = candidates.filter(
            (pl.col("prior") >= LEAST_POPULATION * pl.when("primary").then(1.0).otherwise(ALTERNATE_WEIGHT))
            & (pl.col("folded").str.len_chars() >= SHORTEST)
            & (pl.col("step") != "declared alias")
            & pl.col("city").is_not_null()
        ).sort("folded", "prior", "city", descending=[False, True, False])
        self._names = kept.select(
            "folded", "city", "ring", "prior", "head", "primary", country="place_country",
            letter=pl.col("folded").str.slice(0, 1),
        )  # fmt: skip

    def correct(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Cities that unknown names almost spell.

        Parameters
        ----------
        asked : ``query``, ``folded`` and ``code`` (country, or null).

        With a country all its names are compared; without one only the own names of cities of the frame.

        Returns
        -------
        ``query, city, ring, method, reason`` of those that were recognised.
        """
        texts = asked.filter(pl.col("folded").str.len_chars().is_between(SHORTEST, 40)).with_columns(
            letter=pl.col("folded").str.slice(0, 1)
        )
        parts: list[pl.DataFrame] = []
        own = {key: group for key, group in self._names.group_by("country", "letter")}
        frame = {key: group for key, group in self._names.filter(pl.col("head") & pl.col("primary")).group_by("letter")}
        for (code, letter), group in texts.group_by("code", "letter"):
            names = frame.get((letter,)) if code is None else own.get((code, letter))
            if names is not None:
                parts.append(_nearest(group, names))
        found = (
            pl.concat(parts)
            if parts
            else texts.head(0).select("query", city=pl.lit(None, pl.Int64), ring=pl.lit(None, pl.Int8))
        )
        return found.with_columns(method=pl.lit("spelling"), reason=pl.lit(None, pl.String)).select(
            "query", pl.col("city").cast(pl.Int64), pl.col("ring").cast(pl.Int8), "method", "reason"
        )


def _nearest(asked: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Queries of one country and letter with their city, where one city stands out."""
    unique = asked["folded"].unique().sort()
    known = names["folded"].to_list()
    scores = process.cdist(unique.to_list(), known, scorer=fuzz.ratio, score_cutoff=LEAST_RATIO, dtype=np.float32)
    rows, columns = np.nonzero(scores)
    table = names[columns.astype(np.int64)].with_columns(
        asked=unique[rows.astype(np.int64)],
        score=pl.Series(scores[rows, columns]).cast(pl.Float64),
    )
    wrong = [OSA.distance(a, b) for a, b in table.select("asked", "folded").iter_rows()]
    allowed = pl.when(pl.col("asked").str.len_chars() >= LONG).then(2).otherwise(1)
    best = (
        table.with_columns(wrong=pl.Series(wrong, dtype=pl.Int64))
        .filter(pl.col("wrong") <= allowed)
        .filter(pl.col("wrong") == pl.col("wrong").min().over("asked"))
        .sort("asked", "prior", "city", descending=[False, True, False])
        .unique(["asked", "city"], keep="first", maintain_order=True)
        .filter(pl.col("prior") * DOMINANCE > pl.col("prior").max().over("asked"))
        .filter(pl.len().over("asked") == 1)
    )
    return asked.join(best, left_on="folded", right_on="asked", how="inner", validate="m:1").select(
        "query", "city", "ring"
    )


def suggestions(text: str, names: Iterable[str], limit: int) -> list[str]:
    """Nearest of some names to a folded text, best first."""
    return [
        name for name, _, _ in process.extract(text, list(names), scorer=fuzz.ratio, limit=limit, score_cutoff=55.0)
    ]
