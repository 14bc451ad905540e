"""Metro systems: length and stations, placed by the city's name; upstream's coordinates are wrong and never read."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "metro_systems/metro_systems.csv"
COLUMNS: Final = {"metro_length_km": "system_length", "metro_stations": "stations"}
STATES: Final[dict[tuple[str, str], str]] = {
    # Two Chinese cities are written Taizhou. The rail system of this name (opened 2022) runs in Zhejiang.
    ("Taizhou", "China"): "Zhejiang",
    # Two are written Fuzhou; the metro runs in the capital of Fujian, Jiangxi's has none.
    ("Fuzhou", "China"): "Fujian",
}


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the list; return one record a system and variable (RECORD_SCHEMA)."""
    table = read_csv(upstream.open(FILE), columns=["city", "country", "name", *COLUMNS.values()])
    systems = apply_corrections(table, FILE, meta.corrections).with_columns(_state())
    return pl.concat([place(_queries(systems, variable, column), cities) for variable, column in COLUMNS.items()])


def _state() -> pl.Expr:
    """State or province of the cities whose name and country don't decide; null for all others."""
    expression = pl.lit(None, pl.String)
    for (city, country), state in STATES.items():
        here = (pl.col("city") == city) & (pl.col("country") == country)
        expression = pl.when(here).then(pl.lit(state)).otherwise(expression)
    return expression.alias("admin1")


def _queries(systems: pl.DataFrame, variable: str, column: str) -> pl.DataFrame:
    return systems.filter(pl.col(column).is_not_null()).select(
        variable=pl.lit(variable),
        amount=pl.col(column).cast(pl.Float64, strict=False),
        name="city",
        country="country",
        admin1="admin1",
        file=pl.lit(FILE),
        row=pl.col(ROW),
    )
