"""Metro systems of mainland China and Hong Kong in August 2026: a newer list than that of metro_systems."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "china_metro/china_metro_2026_summary.csv"
COLUMNS: Final = {"china_metro_stations_2026": "stationCount", "china_metro_km_2026": "estimatedNetworkKm"}
STATES: Final[dict[str, str]] = {"福州": "Fujian"}  # two cities are Fuzhou in Latin letters
LATIN: Final[dict[str, str]] = {"重庆": "Chongqing"}  # in Chinese it reads as the province-level municipality
HONG_KONG: Final = "香港"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the list; return one record a system and variable (RECORD_SCHEMA)."""
    table = read_csv(upstream.open(FILE), columns=["name", *COLUMNS.values()])
    systems = apply_corrections(table, FILE, meta.corrections)
    return pl.concat([place(_queries(systems, variable, column), cities) for variable, column in COLUMNS.items()])


def _queries(systems: pl.DataFrame, variable: str, column: str) -> pl.DataFrame:
    return systems.select(
        name=pl.col("name").replace(LATIN),
        country=pl.when(pl.col("name") == HONG_KONG).then(pl.lit("HK")).otherwise(pl.lit("CN")),
        admin1=pl.col("name").replace_strict(STATES, default=None, return_dtype=pl.String),
        variable=pl.lit(variable),
        amount=pl.col(column).cast(pl.Float64, strict=False),
        label="name",
        file=pl.lit(FILE),
        row=ROW,
    )
