"""Nobel prizes by the city of the institution where the laureate worked; laureates themselves are never read."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "nobel/nobel_affiliations.csv"
SCIENCES: Final = ("Chemistry", "Economics", "Medicine", "Physics")
SINCE: Final = 1990
CAMPUSES: Final = "several campuses, and the list doesn't say which"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the list; return one record a prize's institution and variable (RECORD_SCHEMA)."""
    table = read_csv(upstream.open(FILE), columns=["year", "category", "name", "city", "country", "lat", "lon"])
    prizes = apply_corrections(table, FILE, meta.corrections).filter(pl.col("category").is_in(SCIENCES))
    recent = prizes.filter(pl.col("year").cast(pl.Int32, strict=False) >= SINCE)
    lists = {"nobel_affiliations": prizes, "nobel_affiliations_since_1990": recent}
    return pl.concat([place(_queries(table, variable), cities) for variable, table in lists.items()])


def _queries(prizes: pl.DataFrame, variable: str) -> pl.DataFrame:
    """American cities are written with the state's letters behind ("Pasadena CA")."""
    american = (pl.col("country") == "US") & pl.col("city").str.contains(r" [A-Z]{2}$")
    return prizes.select(
        "country",
        "lat",
        "lon",
        name=pl.when(american).then(pl.col("city").str.slice(0, pl.col("city").str.len_chars() - 3)).otherwise("city"),
        admin1=pl.when(american).then(pl.col("city").str.slice(-2)),
        variable=pl.lit(variable),
        amount=pl.lit(1.0),
        label=pl.concat_str("city", "country", separator=" | ", ignore_nulls=True).replace("", None),
        reason=pl.when(pl.col("name") == "University of California").then(pl.lit(CAMPUSES)),
        file=pl.lit(FILE),
        row=ROW,
    )
