"""Queries of `technopole resolve`: reading them and giving the answers their documented shape."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from technopole.cities.resolve import Resolver
from technopole.core.errors import InputError
from technopole.editions.read import Edition, open_edition
from technopole.observations.placing import QUERY_COLUMNS
from technopole.snapshots.tables import ROW, read_csv

QUERY_SCHEMA: dict[str, Any] = {
    "name": pl.String,
    "country": pl.String,
    "admin1": pl.String,
    "lat": pl.Float64,
    "lon": pl.Float64,
}


@lru_cache(maxsize=2)
def resolver(folder: Path) -> Resolver:
    """Resolver over an edition's reference tables, made once."""
    return Resolver(open_edition(folder).cities())


def single_query(
    name: str | None, country: str | None, admin1: str | None, lat: float | None, lon: float | None
) -> pl.DataFrame:
    """One query as a table.

    Raises
    ------
    InputError : half a point.
    """
    if (lat is None) != (lon is None):
        raise InputError("a point needs both --lat and --lon.")
    row = {"name": [name], "country": [country], "admin1": [admin1], "lat": [lat], "lon": [lon]}
    return pl.DataFrame(row, schema=QUERY_SCHEMA)


def read_queries(path: Path) -> pl.DataFrame:
    """Read a CSV file with the columns name, country, admin1, lat, lon (any cell may be empty).

    Raises
    ------
    InputError : the file is absent, or a coordinate isn't a number (the line is named).
    UpstreamError : not UTF-8, not CSV, empty, or a column is missing.
    """
    if not path.is_file():
        raise InputError(f"{path} isn't there.", "Name a CSV file that exists.")
    table = read_csv(path, columns=list(QUERY_COLUMNS))
    numbers = table.with_columns(pl.col("lat", "lon").cast(pl.Float64, strict=False))
    for column in ("lat", "lon"):
        wrong = table.filter(table[column].is_not_null() & numbers[column].is_null())
        if wrong.height:
            raise InputError(
                f"{path.name} line {wrong[ROW][0]}: {column} is {wrong[column][0]!r}:", "give degrees as a number."
            )
    return numbers.select(list(QUERY_SCHEMA))


def resolve_queries(edition: Edition, queries: pl.DataFrame) -> list[dict[str, Any]]:
    """Resolve queries to the documented shape, in their order."""
    answers = resolver(edition.folder).resolve(queries).select("city", "method", "reason")
    named = answers.join(
        edition.frame().select("city", "slug", "name", "country"),
        on="city",
        how="left",
        validate="m:1",
        maintain_order="left",
    )
    return [
        {
            "input": {key: _finite(value) for key, value in asked.items()},
            "id": row["city"],
            "slug": row["slug"],
            "name": row["name"],
            "country": row["country"],
            "method": row["method"],
            "reason": row["reason"],
        }
        for asked, row in zip(queries.iter_rows(named=True), named.iter_rows(named=True), strict=True)
    ]


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
