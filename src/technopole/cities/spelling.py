"""Misspelt names: the city that a text almost spells.

`rapidfuzz.fuzz.ratio` on folded names, with a population prior: only places of 100,000 and more (LEAST) can be meant by
a misspelling: a misspelt village is likelier to be another village. The first letter must agree, and the number of
wrong letters is bounded, so that Xuancheng never becomes Xuchang.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from technopole.cities.candidates import DOMINANCE

LEAST_RATIO: Final = 83.0
LEAST: Final = 100_000.0
"""Inhabitants that a place needs before a misspelling may mean it."""

LEAST_DENSE: Final = 2_000_000.0
"""The same in countries whose romanised names are short and alike: there one letter makes another town."""

LEAST_ANYWHERE: Final = 1_000_000.0
"""The same where no country is given."""

DENSE: Final = ("CN", "JP", "KR", "TH", "TW", "VN")
LEAST_NEAR: Final = 55.0
"""Ratio of a name that is worth suggesting."""

SHORTEST: Final = 5
LONGEST: Final = 40
LONG: Final = 9
"""Names of this length may have two wrong letters, shorter ones one."""


class Speller:
    """Names that a misspelling may mean, by country and first letter.

    State earned: the names are grouped once.
    """

    def __init__(self, candidates: pl.DataFrame) -> None:
        kept = candidates.filter(
            "primary",
            pl.col("prior") >= pl.when(pl.col("place_country").is_in(DENSE)).then(LEAST_DENSE).otherwise(LEAST),
            pl.col("folded").str.len_chars() >= SHORTEST,
            pl.col("step") != "declared alias",
            pl.col("city").is_not_null(),
        ).sort("folded", "prior", "city", descending=[False, True, False])
        self._names = kept.select("folded", "city", "ring", "prior", admin1="place_admin1").with_row_index("line")
        letters = kept.select(
            "folded",
            code="place_country",
            letter=pl.col("folded").str.slice(0, 1),
            own=pl.col("head") & (pl.col("prior") >= LEAST_ANYWHERE),
        ).with_row_index("line")
        self._own = {
            (code, letter): (np.array(lines, dtype=np.uint32), texts)
            for code, letter, lines, texts in letters.group_by("code", "letter").agg("line", "folded").iter_rows()
        }
        self._frame = {
            letter: (np.array(lines, dtype=np.uint32), texts)
            for letter, lines, texts in letters.filter("own").group_by("letter").agg("line", "folded").iter_rows()
        }

    def correct(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Cities that unknown names almost spell.

        Parameters
        ----------
        asked : ``query``, ``folded``, ``code`` (country, or null) and ``state`` (GeoNames code, or null).

        With a country (and its state) its places are compared; without one only large cities of the frame.

        Returns
        -------
        ``query, city, ring, method, reason`` of those that were recognised.
        """
        texts = asked.filter(pl.col("folded").str.len_chars().is_between(SHORTEST, LONGEST))
        unique = texts.select("folded", "code").unique().sort("code", "folded", nulls_last=True)
        groups = unique.with_columns(letter=pl.col("folded").str.slice(0, 1)).group_by("code", "letter").agg("folded")
        pairs: list[tuple[pl.Series, pl.Series, str | None]] = []
        for code, letter, written in groups.sort("code", "letter").iter_rows():
            group = self._frame.get(letter) if code is None else self._own.get((code, letter))
            if group is None:
                continue
            scores = process.cdist(written, group[1], scorer=fuzz.ratio, score_cutoff=LEAST_RATIO, dtype=np.uint8)
            rows, columns = np.nonzero(scores)
            if len(rows):
                asked_texts = pl.Series(written)[rows.astype(np.uint32)]
                pairs.append((asked_texts, pl.Series(group[0][columns]), code))
        empty = pl.DataFrame(schema={"asked": pl.String, "line": pl.UInt32, "code": pl.String})
        near = pl.concat(
            [empty]
            + [
                pl.DataFrame({"asked": a, "line": line, "code": [code] * len(a)}, schema=empty.schema)
                for a, line, code in pairs
            ]
        )
        where = texts.select("code", "state", asked="folded").unique()
        pairs_found = (
            near.join(self._names, on="line", how="left", validate="m:1")
            .join(where, on=["asked", "code"], how="inner", nulls_equal=True)
            .filter(pl.col("state").is_null() | (pl.col("state") == pl.col("admin1")).fill_null(value=False))
        )
        keys = ["folded", "code", "state"]
        found = texts.join(_closest(pairs_found).rename({"asked": "folded"}), on=keys, how="inner", nulls_equal=True)
        return found.select(
            "query",
            pl.col("city").cast(pl.Int64),
            pl.col("ring").cast(pl.Int8),
            method=pl.lit("spelling"),
            reason=pl.lit(None, pl.String),
        )


def _closest(pairs: pl.DataFrame) -> pl.DataFrame:
    """``asked, code, state, city, ring``: the city with the fewest wrong letters, where one stands out."""
    asked, known = pairs["asked"].to_list(), pairs["folded"].to_list()
    wrong = process.cpdist(asked, known, scorer=OSA.distance, dtype=np.int32)
    allowed = pl.when(pl.col("asked").str.len_chars() >= LONG).then(2).otherwise(1)
    group = ["asked", "code", "state"]
    return (
        pairs.with_columns(wrong=pl.Series(wrong, dtype=pl.Int32))
        .filter((pl.col("wrong") <= allowed) & (pl.col("wrong") > 0))
        .filter(pl.col("wrong") == pl.col("wrong").min().over(group))
        .sort("asked", "code", "state", "prior", "city", descending=[False, False, False, True, False], nulls_last=True)
        .unique([*group, "city"], keep="first", maintain_order=True)
        .filter(pl.col("prior") * DOMINANCE > pl.col("prior").max().over(group))
        .filter(pl.len().over(group) == 1)
        .select("asked", "code", "state", "city", "ring")
    )


def suggestions(text: str, names: Iterable[str], limit: int) -> list[str]:
    """Nearest of some names to a folded text, best first."""
    found = process.extract(text, list(names), scorer=fuzz.ratio, limit=limit, score_cutoff=LEAST_NEAR)
    return [name for name, _, _ in found]
