"""Unicorns by city in lists other than that of the source unicorns: how far lists differ, never a shown figure."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "unicorn_ranges/unicorn_city_counts_transcribed.csv"
SINCE: Final = "2022"
VARIABLE: Final = "unicorns_other_lists"
COUNTRY: Final[dict[str, str]] = {"San Francisco": "US", "New York": "US", "London": "GB", "Bengaluru": "IN"}


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the transcribed counts; return one record a city and list since 2022 (RECORD_SCHEMA)."""
    table = read_csv(upstream.open(FILE), columns=["city", "as_of", "list", "count"])
    lists = apply_corrections(table, FILE, meta.corrections).filter(pl.col("as_of") >= SINCE)
    queries = lists.select(
        name="city",
        country=pl.col("city").replace_strict(COUNTRY, default="CN", return_dtype=pl.String),
        variable=pl.lit(VARIABLE),
        amount=pl.col("count").cast(pl.Float64, strict=False),
        label="city",
        file=pl.lit(FILE),
        row=ROW,
    )
    return place(queries, cities)
