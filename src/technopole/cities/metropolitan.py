"""Titles of American metropolitan areas ("New York-Newark-Jersey City, NY-NJ-PA"): the city and state named first."""

from __future__ import annotations

from typing import Final

import polars as pl

HYPHENATED: Final = r"^(Winston-Salem|Wilkes-Barre)\b"
"""Cities with a hyphen of their own; every other hyphen of a title stands between two cities."""


def first_city(title: str) -> pl.Expr:
    """Name of the first city of a column of titles.

    >>> pl.DataFrame({"t": ["Urban Honolulu, HI", "Winston-Salem, NC", "Louisville/Jefferson County, KY-IN"]}).select(
    ...     first_city("t")
    ... )["t"].to_list()
    ['Honolulu', 'Winston-Salem', 'Louisville']
    """
    plain = pl.col(title).str.replace(r"^Urban ", "")
    return pl.coalesce(plain.str.extract(HYPHENATED), plain.str.extract(r"^([^-/,]+)")).str.strip_chars()


def first_state(title: str) -> pl.Expr:
    """Postal letters of the first state of a column of titles; null where a title names none."""
    return pl.col(title).str.extract(r", ([A-Z]{2})(?:-[A-Z]{2})*(?:\s|$)")
