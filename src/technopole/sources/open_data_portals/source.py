"""Open-data portals by place, a list mostly of 2011 to 2013: an older check of common_data_index."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "open_data_portals/dataportals.csv"
VARIABLE: Final = "open_data_portals_2013"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the list; return one record an active portal of a place (RECORD_SCHEMA).

    Points of countries are their middle, and some are mirrored, so the written place decides; portals of countries and
    provinces have no city.
    """
    table = read_csv(upstream.open(FILE), columns=["place", "country", "status"])
    portals = apply_corrections(table, FILE, meta.corrections).filter(
        pl.col("place").is_not_null() & (pl.col("status") == "active")
    )
    parts = pl.col("place").str.split(",").list.eval(pl.element().str.strip_chars()).list
    queries = portals.select(
        name=parts.first(),
        admin1=pl.when(pl.col("country").is_in(["US", "CA", "AU", "BR"]) & (parts.len() > 1)).then(
            parts.get(1, null_on_oob=True)
        ),
        country=pl.col("country").str.to_uppercase().replace("UK", "GB"),
        variable=pl.lit(VARIABLE),
        amount=pl.lit(1.0),
        label="place",
        file=pl.lit(FILE),
        row=ROW,
    )
    return place(queries, cities)
