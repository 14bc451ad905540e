"""Rows of which a city can have only one: a mean or a share can't be added up over the places of an agglomeration."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.placing import Resolver, place
from technopole.observations.schema import RECORD_SCHEMA

OWN_NAME: Final = "frame name"  # the resolver's method where a row is written with the name of the city itself
PART: Final = "a part of the city, or a place beside it"
SEVERAL: Final = "several rows for the city"


def place_single(rows: pl.DataFrame, cities: Resolver) -> pl.DataFrame:
    """Place rows by name, and keep at most one of each city and variable.

    A row stands for its city when it is the only one in the city's core that is written with the city's own name, or,
    where none is, the only one in the core at all. Of several alike none is preferred: all are left out.

    Parameters
    ----------
    rows, cities : as for `place`; `rows` has ``name`` and ``country``.

    Returns
    -------
    DataFrame in RECORD_SCHEMA, in the order of `rows`; rows that don't stand for their city have a reason.
    """
    placed = place(rows, cities)
    bare = cities.resolve(rows.select("name", "country"))  # with its state a suburb is answered like the city
    own = bare["method"].eq_missing(OWN_NAME) & bare["city"].cast(pl.String).eq_missing(placed["place"])
    placed = placed.with_columns(own=own)
    core = pl.col("place").is_not_null() & (pl.col("ring") == 0)
    group = ("variable", "place")
    named, inside = (pl.col("own") & core).sum().over(group), core.sum().over(group)
    kept = core & pl.when(named > 0).then(pl.col("own") & (named == 1)).otherwise(inside == 1)
    alike = core & pl.when(named > 0).then(pl.col("own")).otherwise(inside > 1)
    reason = pl.when(alike).then(pl.lit(SEVERAL)).otherwise(pl.lit(PART))
    left_out = pl.col("place").is_not_null() & ~kept
    return placed.with_columns(
        reason=pl.when(left_out).then(reason).otherwise("reason"),
        place=pl.when(~left_out).then("place"),
        ring=pl.when(~left_out).then("ring"),
    ).select([pl.col(name).cast(kind) for name, kind in RECORD_SCHEMA.items()])
