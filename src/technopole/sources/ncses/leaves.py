"""Tables of the Science and Engineering Indicators nest economies ("World -> Asia -> Japan"); only leaves count."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from technopole.cities.countries import country_codes

STEP: Final = " -> "
SUM_LEAVES: Final = ("Other Europe",)  # the sum of the non-EU leaves without the United Kingdom
OFFICES: Final[dict[str, str]] = {  # regional receiving offices, by their WIPO ST.3 codes
    "African IPO": "OA",
    "African Regional IPO": "AP",
    "Eurasian Patent Organization": "EA",
    "European Patent Office": "EP",
    "Gulf States Patent Office": "GC",
    "WIPO": "IB",
    "World Intellectual Property Organization": "IB",
}
_MARKUP: Final = re.compile(r"<[^>]*>[^<]*</[^>]*>")  # footnote marks


def plain_name(path: str) -> str:
    """Name of an economy: the last step of its path, without footnote marks.

    >>> plain_name("World -> Europe -> EU-27<sup>b</sup>")
    'EU-27'
    """
    return _MARKUP.sub("", path.rsplit(STEP, 1)[-1]).strip()


def leaves(table: pl.DataFrame) -> pl.DataFrame:
    """Rows of economies that contain no other.

    Parameters
    ----------
    table : a column ``path``.

    Returns
    -------
    The leaves' rows with ``name``, ``country`` (alpha-2) and ``office`` (ST.3), null where there is none.
    """
    paths = table["path"].drop_nulls().unique().to_list()
    parents = {path.rsplit(STEP, 1)[0] for path in paths if STEP in path}
    names = {path: plain_name(path) for path in paths if path not in parents}
    kept = {path: name for path, name in names.items() if name not in SUM_LEAVES}
    rows = table.filter(pl.col("path").is_in(list(kept))).with_columns(
        name=pl.col("path").replace_strict(kept, default=None, return_dtype=pl.String)
    )
    return rows.with_columns(
        country=country_codes(rows["name"]),
        office=pl.col("name").replace_strict(OFFICES, default=None, return_dtype=pl.String),
    )
