"""Companies that carry passengers in automated vehicles, or test with a view to it, from a log of dated events.

A service exists where a company's latest ``service_created`` in a city isn't followed by ``service_ended``. A test
counts where the company has ``service_testing`` and hasn't started (or ended) a service there since. Announcements
and later changes of a service count for nothing, nor do events without a source address.

The log names cities without a country: places.csv (beside this file) gives name, state and country of each. Where an
event has a point (written longitude first), the point decides inside that country.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "robotaxi/av_events.csv"
COLUMNS: Final = ["date", "event_type", "company", "city", "geometry_file", "source_url"]
CREATED, TESTING, ENDED = "service_created", "service_testing", "service_ended"
POINT: Final = r"^\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*$"
UNKNOWN: Final = "the city isn't in places.csv"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the log; return one record a company and city for each variable (RECORD_SCHEMA)."""
    events = apply_corrections(read_csv(upstream.open(FILE), columns=COLUMNS), FILE, meta.corrections).filter(
        pl.col("source_url").is_not_null()
    )
    latest = _latest(events)
    places = read_csv(Path(__file__).with_name("places.csv")).drop(ROW)
    placed = latest.join(places, on="city", how="left", validate="m:1", maintain_order="left")
    wanted = {"robotaxi_services": CREATED, "robotaxi_testing": TESTING}
    return pl.concat(
        [
            place(_queries(placed.filter(pl.col("event_type") == kind), variable), cities)
            for variable, kind in wanted.items()
        ]
    )


def _latest(events: pl.DataFrame) -> pl.DataFrame:
    """The event that says how things stand between each company and city: the latest start, test or end.

    Of events on one day an end wins over a start, a start over a test. A test after the start of a service doesn't
    end the service.
    """
    order = {TESTING: 0, CREATED: 1, ENDED: 2}
    told = events.filter(pl.col("event_type").is_in(list(order))).with_columns(
        weight=pl.col("event_type").replace_strict(order, return_dtype=pl.Int8), line=pl.col(ROW).cast(pl.Int64)
    )
    serving = told.filter(pl.col("event_type") != TESTING)
    pairs = ["company", "city"]
    by_date = ["date", "weight", "line"]
    last_service = serving.sort(by_date).unique(pairs, keep="last", maintain_order=True)
    only_tested = told.join(serving, on=pairs, how="anti").sort(by_date)
    last_test = only_tested.unique(pairs, keep="last", maintain_order=True)
    return pl.concat([last_service, last_test]).sort("line")


def _queries(rows: pl.DataFrame, variable: str) -> pl.DataFrame:
    """One query a row: the point where there is one, the name otherwise."""
    lon = pl.col("geometry_file").str.extract(POINT, 1).cast(pl.Float64, strict=False)
    lat = pl.col("geometry_file").str.extract(POINT, 2).cast(pl.Float64, strict=False)
    named = rows.with_columns(lat=lat, lon=lon)
    return named.select(
        "country",
        "lat",
        "lon",
        variable=pl.lit(variable),
        amount=pl.lit(1.0),
        key=pl.col("company"),
        label=pl.col("city"),
        file=pl.lit(FILE),
        row=pl.col(ROW),
        name=pl.when(pl.col("lat").is_null()).then("name"),
        admin1=pl.when(pl.col("lat").is_null()).then("admin1"),
        reason=pl.when(pl.col("country").is_null()).then(pl.lit(UNKNOWN)),
    )
