"""Organisations with many sites whose papers are split among other institutions, by the declared table splits.csv.

A line names an organisation and a *member*: the key of a campus, a school or a partner university, or, in the column
`country`, all placed institutions of a country. The organisation's papers are shared out to the places of its members
in proportion to the members' own papers (all venues and years). Places below LEAST_SHARE get nothing: the rest is
divided by what the others have. Nothing is split by head counts that we don't have: organisations whose members
aren't keys upstream (Inria, the Max Planck Society, companies) stay left out.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.cities.countries import country_codes
from technopole.observations.aggregate import steady_sum
from technopole.observations.placing import QUERY_COLUMNS

LEAST_SHARE: Final = 0.01
"""Smallest share of an organisation that one place gets."""

PLACE: Final = list(QUERY_COLUMNS)


def split(rows: pl.DataFrame, institutions: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    """Share out the rows of the declared organisations.

    Parameters
    ----------
    rows : ``file``, ``variable``, ``institution``, ``amount`` (papers).
    institutions : one row an institution: ``institution``, QUERY_COLUMNS, ``label``, ``reason`` (null where placed).
    splits : ``institution``, ``member`` (or null), ``country`` (alpha-2, or null).

    Returns
    -------
    DataFrame : the columns of `rows`, QUERY_COLUMNS, ``label`` and ``reason``. The amounts of each row of a split
        organisation add up to what it had; without a placed member it keeps its row and its reason.
    """
    shares = member_shares(rows, institutions, splits)
    asked = rows.join(institutions, on="institution", how="left", validate="m:1", maintain_order="left")
    whole = asked.join(shares, on="institution", how="anti", maintain_order="left")
    divided = (
        asked.drop(*PLACE, "reason")
        .join(shares, on="institution", how="inner", validate="m:m", maintain_order="left_right")
        .with_columns(amount=pl.col("amount") * pl.col("share"), reason=pl.lit(None, pl.String))
    )
    return pl.concat([whole, divided.select(whole.columns)])


def member_shares(rows: pl.DataFrame, institutions: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    """``institution``, QUERY_COLUMNS and ``share`` of each place of each organisation; the shares add up to 1."""
    papers = rows.group_by("institution").agg(papers=steady_sum("amount"))
    members = institutions.filter(
        pl.col("reason").is_null() & ~pl.col("institution").is_in(splits["institution"].implode())
    )
    placed = (
        members.with_columns(code=country_codes(members["country"]))
        .join(papers, on="institution", how="inner", validate="1:1")
        .rename({"institution": "member"})
    )
    named = splits.filter(pl.col("member").is_not_null()).select("institution", "member")
    of_country = splits.filter(pl.col("member").is_null()).select("institution", code="country")
    pairs = pl.concat(
        [
            named.join(placed, on="member", how="inner", validate="m:1").select("institution", *PLACE, "papers"),
            of_country.join(placed, on="code", how="inner", validate="m:m").select("institution", *PLACE, "papers"),
        ]
    )
    places = pairs.group_by("institution", *PLACE).agg(steady_sum("papers"))
    large = places.filter(pl.col("papers") >= LEAST_SHARE * steady_sum("papers").over("institution"))
    return (
        large.with_columns(share=pl.col("papers") / steady_sum("papers").over("institution"))
        .drop("papers")
        .sort("institution", *PLACE, nulls_last=True)
    )
