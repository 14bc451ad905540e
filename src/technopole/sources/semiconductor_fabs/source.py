"""Semiconductor plants: Wikipedia's list of 2019 by point, and 79 plants with sources of 2026.

The points of the list of 2019 are a geocoder's. Where it found no plant it gave the middle of a country or a province:
these points are declared in middles.csv beside this file, and their plants stay unresolved. Where a plant's name says
its town, and the point is absent, such a middle, or in a namesake elsewhere, plants.csv has the town, with the reason.
"""

from __future__ import annotations

from importlib import resources
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
MIDDLE: Final = "the point is the middle of a country or a province: "
SCHEMA: Final = {"name": pl.String, "country": pl.String, "lat": pl.Float64, "lon": pl.Float64, "row": pl.String}


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read both lists; return one record a plant (RECORD_SCHEMA)."""
    table = read_csv(upstream.open(LISTED), columns=["Company", "Latitude", "Longitude", "Plant name"])
    listed = with_towns(with_middles(apply_corrections(table, LISTED, meta.corrections))).select(
        "reason",
        "country",
        "admin1",
        name="city",
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


def with_middles(table: pl.DataFrame) -> pl.DataFrame:
    """Add ``reason`` where a point (to a thousandth of a degree) is the middle of a country or a province."""
    text = resources.files(__package__).joinpath("middles.csv").read_bytes()
    middles = pl.read_csv(text).select("latitude", "longitude", reason=pl.lit(MIDDLE) + pl.col("of"))
    keys = {"latitude": "Latitude", "longitude": "Longitude"}
    rounded = [pl.col(text).cast(pl.Float64, strict=False).round(3).alias(key) for key, text in keys.items()]
    asked = table.with_columns(rounded)
    joined = asked.join(middles, on=list(keys), how="left", validate="m:1", maintain_order="left")
    return joined.drop(list(keys))


def with_towns(table: pl.DataFrame) -> pl.DataFrame:
    """Add ``city``, ``admin1``, ``country`` of the plants in plants.csv, whose point and reason go; null for others."""
    text = resources.files(__package__).joinpath("plants.csv").read_bytes()
    towns = pl.read_csv(text, infer_schema=False).rename({"company": "Company", "plant": "Plant name"}).drop("why")
    keys = ["Company", "Plant name"]
    joined = table.join(towns, on=keys, how="left", nulls_equal=True, validate="m:1", maintain_order="left")
    dropped = [pl.when(pl.col("city").is_null()).then(name).alias(name) for name in ("Latitude", "Longitude", "reason")]
    return joined.with_columns(dropped)


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
