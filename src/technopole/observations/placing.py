"""Rows with a written place become records with a city, or with the reason why not."""

from __future__ import annotations

from typing import Final, Protocol

import polars as pl

from technopole.observations.schema import RECORD_SCHEMA

QUERY_COLUMNS: Final = ("name", "country", "admin1", "lat", "lon")
OUTSIDE: Final = "outside the frame"
"""How the resolver's reason begins when the place is known and lies in no city."""


class Resolver(Protocol):
    """What placing needs of cities.resolve.Resolver."""

    def resolve(self, queries: pl.DataFrame) -> pl.DataFrame:
        """Resolve names and points (columns of QUERY_COLUMNS, any may be absent or null).

        Returns one row a query, in order: ``city`` (Int64, null when unresolved), ``ring`` (Int8), ``method`` and
        ``reason`` (String; the reason is null when resolved).
        """
        ...


def place(rows: pl.DataFrame, cities: Resolver) -> pl.DataFrame:
    """Place rows in cities.

    Parameters
    ----------
    rows : the columns ``variable``, ``amount``, ``file``, ``row``, optionally ``key``, ``label`` and any of
        QUERY_COLUMNS. A row that already has a ``reason`` (a rule left it out) keeps it and isn't resolved.
    cities : the resolver.

    Returns
    -------
    DataFrame in RECORD_SCHEMA, in the order of `rows`. `label` defaults to "name | admin1 | country".
    """
    asked = [column for column in QUERY_COLUMNS if column in rows.columns]
    unique = rows.select(asked).unique(maintain_order=True)
    answers = cities.resolve(unique)
    answered = unique.with_columns(
        place=answers["city"].cast(pl.String),
        ring=answers["ring"].cast(pl.Int8),
        resolution=answers["reason"],
    )
    texts = [pl.col(c).cast(pl.String) for c in ("name", "admin1", "country") if c in rows.columns]
    label = pl.concat_str(texts, separator=" | ", ignore_nulls=True) if texts else pl.lit(None, pl.String)
    defaults = {"key": pl.lit(None, pl.String), "label": label, "reason": pl.lit(None, pl.String)}
    full = rows.with_columns(**{name: value for name, value in defaults.items() if name not in rows.columns})
    joined = full.join(answered, on=asked, how="left", nulls_equal=True, validate="m:1", maintain_order="left")
    left_out = pl.col("reason").is_not_null()
    return joined.with_columns(
        level=pl.lit("city"),
        place=pl.when(left_out).then(None).otherwise(pl.col("place")),
        ring=pl.when(left_out).then(None).otherwise(pl.col("ring")),
        reason=pl.coalesce("reason", "resolution"),
    ).select([pl.col(name).cast(kind) for name, kind in RECORD_SCHEMA.items()])
