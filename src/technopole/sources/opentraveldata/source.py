"""Non-stop air destinations: which other cities the airports of a city have flights to.

An airport counts for every city that OpenTravelData says it serves (Malpensa for Milan, not for the town beside it),
each placed at the point of that city; only where none of them lies in a city of the frame, the airport's own point
decides. The same destination city counts once, however many airports and airlines lead to it. Codes that aren't
airports (railway and bus stations, ports) are left out on both ends, and so are flights within one city.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.schema import RECORD_SCHEMA
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

ROUTES: Final = "opentraveldata/optd_airline_por.csv"
PLACES: Final = "opentraveldata/optd_por_best_known_so_far.csv"
VARIABLE: Final = "air_destinations"
KIND: Final = pl.col("pk").str.extract(r"^[^-]+-([A-Z]+)-")  # "MXP-A-3174133": A airport, C city, R railway station


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read routes and places; return one record an origin city, airport and destination city (RECORD_SCHEMA)."""
    places = _read(upstream, PLACES, ["pk", "iata_code", "latitude", "longitude", "city_code"], meta).with_columns(
        pl.col("latitude", "longitude").cast(pl.Float64, strict=False), kind=KIND
    )
    routes = _read(upstream, ROUTES, ["apt_org", "apt_dst", "flt_freq"], meta)
    points = _points(places, cities)
    main_city = _airports(places).select("iata_code", destination=pl.col("city_codes").list.first())
    rows = _best_rows(routes, main_city).join(
        points.select("iata_code", "lat", "lon"), left_on="apt_org", right_on="iata_code", validate="m:m"
    )
    queries = rows.select(
        "apt_dst",
        "lat",
        "lon",
        variable=pl.lit(VARIABLE),
        amount=pl.lit(1.0),
        key=pl.col("destination"),
        label=pl.col("apt_org"),
        file=pl.lit(ROUTES),
        row=pl.col(ROW),
    )
    return _without_own_city(place(queries, cities), queries["apt_dst"], points)


def _read(upstream: Upstream, file: str, columns: list[str], meta: Meta) -> pl.DataFrame:
    return apply_corrections(read_csv(upstream.open(file), columns=columns, separator="^"), file, meta.corrections)


def _airports(places: pl.DataFrame) -> pl.DataFrame:
    """One row an airport code: own point and the codes of the cities served."""
    airports = places.filter(pl.col("kind").str.contains("A")).unique("iata_code", keep="first", maintain_order=True)
    codes = pl.col("city_code").fill_null(pl.col("iata_code")).str.split(",")
    return airports.select("iata_code", "latitude", "longitude", city_codes=codes)


def _points(places: pl.DataFrame, cities: Resolver) -> pl.DataFrame:
    """Points at which each airport counts: ``iata_code``, ``lat``, ``lon``, ``city`` (null outside the frame)."""
    airports = _airports(places)
    towns = places.filter(pl.col("kind").str.contains("C")).select(
        pl.col("iata_code").alias("city_code"), lat="latitude", lon="longitude"
    )
    served = (
        airports.select("iata_code", pl.col("city_codes").alias("city_code"))
        .explode("city_code")
        .join(towns, on="city_code", validate="m:m")
        .select("iata_code", "lat", "lon", own=pl.lit(False))
    )
    own = airports.select("iata_code", lat="latitude", lon="longitude", own=pl.lit(True))
    both = pl.concat([served, own])
    answers = cities.resolve(both.select("lat", "lon"))
    placed = both.with_columns(city=answers["city"], ring=answers["ring"]).with_columns(
        serves=(pl.col("city").is_not_null() & ~pl.col("own")).any().over("iata_code")
    )
    in_frame = pl.col("city").is_not_null() & ~pl.col("own")
    chosen = placed.filter(in_frame | (~pl.col("serves") & pl.col("own")))
    return (
        chosen.sort("iata_code", "city", "ring", "lat", "lon")
        .unique(["iata_code", "city"], keep="first", maintain_order=True)
        .select("iata_code", "lat", "lon", "city")
    )


def _best_rows(routes: pl.DataFrame, main_city: pl.DataFrame) -> pl.DataFrame:
    """Keep the most flown row of each origin airport and destination city; other airlines of the route add nothing."""
    flown = routes.with_columns(flights=pl.col("flt_freq").cast(pl.Float64, strict=False), line=pl.col(ROW).cast(int))
    known = flown.join(main_city, left_on="apt_dst", right_on="iata_code", how="inner", validate="m:1")
    best = known.sort("flights", "line", descending=[True, False])
    return best.unique(["apt_org", "destination"], keep="first", maintain_order=True).sort("line")


def _without_own_city(placed: pl.DataFrame, destinations: pl.Series, points: pl.DataFrame) -> pl.DataFrame:
    """Drop flights to an airport of the same city of the frame."""
    own = points.select(pl.col("iata_code").alias("apt_dst"), place=pl.col("city").cast(pl.String)).drop_nulls()
    kept = placed.with_columns(apt_dst=destinations).join(own.unique(), on=["apt_dst", "place"], how="anti")
    return kept.select(list(RECORD_SCHEMA))
