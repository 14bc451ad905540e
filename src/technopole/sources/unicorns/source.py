"""Unicorns by headquarters city: how many, how valued, and how many joined since 2020.

`docs/sources/unicorns.md` explains each rule.
"""

from __future__ import annotations

from importlib import resources
from typing import Final

import polars as pl

from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_sheet
from technopole.snapshots.upstream import Upstream

HEADER_ROW: Final = 3  # two lines of title stand above it
VALUE: Final = "Valuation ($B)"
FACTS: Final = ("Company", VALUE, "Date Joined", "Country", "City", "Industry")  # investors' names are never read
SINCE: Final = "2020-01-01"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """One record for each company and variable, in RECORD_SCHEMA.

    Raises
    ------
    UpstreamError : the workbook is unreadable, lacks a column, or a valuation isn't a number.
    SourceCheckError : a correction is stale.
    """
    (path,) = upstream.paths(meta.files[0])
    table = read_sheet(upstream.open(path), header_row=HEADER_ROW, columns=list(FACTS))
    companies = with_places(distinct_companies(apply_corrections(table, path, meta.corrections), path))
    amounts = {
        "unicorns": (pl.lit(value=True), pl.lit(1.0)),
        "unicorn_value_usd_billion": (pl.lit(value=True), pl.col("value")),
        "unicorns_since_2020": (pl.col("Date Joined") >= SINCE, pl.lit(1.0)),
    }
    parts = []
    for variable in meta.variables:
        counts, amount = amounts[variable.id]
        parts.append(
            companies.filter(counts).select(
                variable=pl.lit(variable.id),
                amount=amount,
                file=pl.lit(path),
                row=ROW,
                name="place",
                country="Country",
                admin1="admin1",
                label=pl.concat_str("City", "Country", separator=" | ", ignore_nulls=True).replace("", None),
            )
        )
    return place(pl.concat(parts), cities)


def with_places(companies: pl.DataFrame) -> pl.DataFrame:
    """Add ``place`` and ``admin1``, the city and state to look for.

    They are what the list writes, except where its text names no one city (an American town without its state, a
    province) and the seats of all companies so written are known: these texts stand in places.csv, each with the
    reason.
    """
    text = resources.files(__package__).joinpath("places.csv").read_bytes()
    known = pl.read_csv(text, infer_schema=False).select("admin1", "place", City="city", Country="country")
    joined = companies.join(known, on=["City", "Country"], how="left", validate="m:1", maintain_order="left")
    return joined.with_columns(pl.coalesce("place", "City").alias("place"))


def distinct_companies(table: pl.DataFrame, path: str) -> pl.DataFrame:
    """Drop the page's own text and repeated rows; add ``value`` (billions of US dollars).

    The list was copied from a web page twice over: the page's footer (addresses, menus) stands between and after the
    companies, with nothing but its first column filled, and the last rows come again. A row that equals an earlier
    one in every fact is a repeat; two offices of one firm under one name (other city, other date) are not.

    Raises
    ------
    UpstreamError : a valuation isn't a number.
    """
    facts = table.filter(pl.any_horizontal(pl.col(FACTS[1:]).is_not_null()))
    value = facts[VALUE].cast(pl.Float64, strict=False)
    wrong = facts.filter(value.is_null())
    if wrong.height:
        raise UpstreamError(f"{path} row {wrong[ROW][0]}: {wrong[VALUE][0]!r} isn't a valuation in billions.")
    return facts.with_columns(value=value).unique(FACTS, keep="first", maintain_order=True)
