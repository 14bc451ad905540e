"""Semiconductor plants: Wikipedia's list of 2019 by point, and 79 plants with sources of 2026."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv, read_json
from technopole.snapshots.upstream import Upstream

LISTED: Final = "semiconductor_fabs/wiki_fabs_2019.csv"
SOURCED: Final = "semiconductor_fabs/dcmap_fabs_sourced.json"
OPERATING: Final = "operating"
SCHEMA: Final = {"name": pl.String, "country": pl.String, "lat": pl.Float64, "lon": pl.Float64, "row": pl.String}


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read both lists; return one record a plant (RECORD_SCHEMA)."""
    table = read_csv(upstream.open(LISTED), columns=["Company", "Latitude", "Longitude"])
    listed = apply_corrections(table, LISTED, meta.corrections).select(
        lat="Latitude",
        lon="Longitude",
        variable=pl.lit("semiconductor_plants"),
        amount=pl.lit(1.0),
        label="Company",
        file=pl.lit(LISTED),
        row=ROW,
    )
    sourced = apply_corrections(_sourced(upstream), SOURCED, meta.corrections).select(
        "lat",
        "lon",
        "country",
        variable=pl.lit("semiconductor_plants_sourced"),
        amount=pl.lit(1.0),
        label="name",
        file=pl.lit(SOURCED),
        row="row",
    )
    return pl.concat([place(listed, cities), place(sourced, cities)])


def _sourced(upstream: Upstream) -> pl.DataFrame:
    """Plants in operation, as SCHEMA; those under construction aren't.

    Raises
    ------
    UpstreamError : not a list of plants with name, country, status and point.
    """
    content: Any = read_json(upstream.open(SOURCED))
    try:
        rows = [
            (str(one["name"]), str(one["country"]), _degrees(one["lat"]), _degrees(one["lon"]), f"[{number}]")
            for number, one in enumerate(content)
            if one["status"] == OPERATING
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise UpstreamError(f"{SOURCED}: not plants with name, country, status and point ({error!r}).") from error
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _degrees(number: object) -> float | None:
    return float(str(number)) if number is not None else None
