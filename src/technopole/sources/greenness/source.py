"""Greenness of cities (NDVI, from satellites), by name: 1,038 cities, four years of which two are read."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver
from technopole.observations.singles import place_single
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "greenness/greenspace_data_share.csv"
ENCODING: Final = "windows-1252"  # Latin-1 with printed quotes ("Tianjia‘an")
VALUES: Final[dict[str, str]] = {  # variable -> column: of the greenest season, weighted by where people live
    "greenness_peak_ndvi": "peak_weight_2021",
    "greenness_peak_ndvi_2010": "peak_weight_2010",
}


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the table; return one record a listed city and variable with a value (RECORD_SCHEMA).

    A second city in brackets ("Osaka [Kyoto]") is the rest of the same measured area; the first names it.
    """
    columns = ["City", "Country", *VALUES.values()]
    table = read_csv(upstream.open(FILE), columns=columns, encoding=ENCODING)
    table = apply_corrections(table, FILE, meta.corrections)
    queries = [
        table.select(
            name=pl.col("City").str.replace(r"\s*\[.*$", ""),
            country=pl.col("Country").str.replace(r";.*$", ""),  # "France;Monaco"
            variable=pl.lit(variable),
            amount=pl.col(column).cast(pl.Float64, strict=False),
            label=pl.concat_str("City", "Country", separator=" | "),
            file=pl.lit(FILE),
            row=ROW,
        ).filter(pl.col("amount").is_not_null())
        for variable, column in VALUES.items()
    ]
    return place_single(pl.concat(queries), cities)
