"""Cities of the user's own in the reference tables of an edition.

Upstream rows aren't placed anew: a city of one's own has what the user's rows say and what its country passes on.
Of everything else it has nothing, which is missing there, never zero. Names and points that are resolved with the new
edition do know it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from technopole.cities.countries import country_code
from technopole.cities.frame import radius_km
from technopole.cities.heads import slugs
from technopole.cities.names import fold, fold_series, script_expression
from technopole.cities.points import distance_km
from technopole.cities.tables import ALIAS_SCHEMA, ANCHOR_SCHEMA, FRAME_SCHEMA, GAZETTEER_SCHEMA, NAME_SCHEMA, CityTables
from technopole.core.errors import InputError, TechnopoleError, UnknownNameError
from technopole.snapshots.tables import ROW, read_csv

FIRST_ID: Final = 1_000_000_000
"""Ids of the user's own cities start here, far above those of GeoNames."""
MOST: Final = 2_000
LONGEST_NAME: Final = 200
REGION: Final = 1.5
COLUMNS: Final = ("name", "country", "latitude", "longitude", "population_thousands")


@dataclass(frozen=True)
class OwnCities:
    """Reference tables with the user's cities.

    `ids` of the new cities; `remarks`: one line for each that lies within the region of another.
    """

    tables: CityTables
    ids: tuple[int, ...]
    remarks: tuple[str, ...]


def with_cities(tables: CityTables, path: Path) -> OwnCities:
    """Add the cities of a CSV file: name, country, latitude, longitude, population_thousands, maybe radius_km.

    Parameters
    ----------
    tables : of the base edition. A radius that isn't given follows the frame's rule (cities.frame.radius_km).

    Raises
    ------
    InputError, UnknownNameError, UpstreamError : names the row, and says what is wrong with it.
    """
    if not path.is_file():
        raise InputError(f"{path} isn't there, or is no file.", "Name a CSV file of cities.")
    table = read_csv(path)
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise InputError(f"{path.name} lacks the column {missing[0]!r}; it has {', '.join(table.columns[1:])}.")
    if not 0 < table.height <= MOST:
        raise InputError(f"{path.name} has {table.height} cities:", f"1 to {MOST} are taken.")
    rows = []
    for row in table.iter_rows(named=True):
        try:
            rows.append(_city(row))
        except TechnopoleError as error:
            raise type(error)(f"{path.name} row {row[ROW]}: {error.what}", error.remedy) from error
    _refuse_known(rows, tables.frame, path.name)
    own = pl.DataFrame(rows, schema_overrides={"city": pl.Int64}).sort("city")
    own = own.with_columns(slug=_slugs(own, set(tables.frame["slug"])), kind=pl.lit("own"))
    return OwnCities(_added(tables, own, path.name), tuple(own["city"]), tuple(_within(own, tables.anchors, tables.frame)))


def _city(row: Mapping[str, Any]) -> dict[str, Any]:
    name = " ".join((row["name"] or "").split())
    if not fold(name) or len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError(f"{name[:40]!r} is no name of a city:", f"give one of 1 to {LONGEST_NAME} characters.")
    country = country_code(row["country"] or "")
    if country is None:
        raise UnknownNameError(f"there is no country {row['country']!r}:", "give its ISO code (JP) or English name.")
    latitude = _number(row, "latitude", -90, 90)
    longitude = _number(row, "longitude", -180, 180)
    population = _number(row, "population_thousands", 0.001, 100_000)
    radius = float(radius_km([population])[0])
    if row.get("radius_km"):
        radius = _number(row, "radius_km", 0.1, 100)
    identity = hashlib.sha256(f"{country}|{fold(name)}".encode()).hexdigest()
    return {
        "city": FIRST_ID + int(identity, 16) % FIRST_ID, "name": name, "country": country, "latitude": latitude,
        "longitude": longitude, "population_thousands": population, "radius_km": radius, ROW: row[ROW],
    }  # fmt: skip


def _number(row: Mapping[str, Any], column: str, low: float, high: float) -> float:
    try:
        number = float(row[column])
    except (TypeError, ValueError):
        raise InputError(f"the {column} {row[column]!r} is no number:", f"give one of {low:g} to {high:g}.") from None
    if not (math.isfinite(number) and low <= number <= high):
        swapped = " (are latitude and longitude swapped?)" if column == "latitude" and abs(number) <= 180 else ""
        raise InputError(f"the {column} {row[column]!r} can't be{swapped}:", f"give one of {low:g} to {high:g}.")
    return number


def _refuse_known(rows: list[dict[str, Any]], frame: pl.DataFrame, file: str) -> None:
    folded = fold_series(frame["name"])
    known = dict(zip(zip(frame["country"], folded, strict=True), frame["slug"], strict=True))
    ids = set(frame["city"])
    for row in rows:
        key = (row["country"], fold(row["name"]))
        if key in known or row["city"] in ids:
            there = known.get(key, "another of the same id")
            raise InputError(
                f"{file} row {row[ROW]}: {row['name']} ({row['country']}) is in the edition already ({there}):",
                "leave it out, and name it by its slug in your rows.",
            )
        known[key] = f"row {row[ROW]}"
        ids.add(row["city"])


def _slugs(own: pl.DataFrame, taken: set[str]) -> pl.Series:
    none = pl.DataFrame(schema={"place": pl.Int64, "admin1": pl.String})
    result = []
    for slug, country, city in zip(slugs(own, none), own["country"], own["city"], strict=True):
        tries = (slug, f"{slug}-{country.lower()}", f"{slug}-{city}")
        chosen = next(text for text in tries if text not in taken)
        taken.add(chosen)
        result.append(chosen)
    return pl.Series("slug", result, dtype=pl.String)


def _added(tables: CityTables, own: pl.DataFrame, file: str) -> CityTables:
    """Tables with the cities, each in its schema and order."""
    latin = own.select("city", "name", script=script_expression(pl.col("name")))
    places = own.select(
        "name", "country", "latitude", "longitude", "city", place="city",
        population=(pl.col("population_thousands") * 1000).round().cast(pl.Int64), ring=pl.lit(0, pl.Int8),
    )  # fmt: skip
    aliases = own.select("city", "name").with_columns(
        folded=fold_series(own["name"]), place="city", primary=pl.lit(value=True)
    )
    anchors = own.with_columns(file=pl.lit(file), row=ROW)
    return CityTables(
        frame=_joined(tables.frame, own, FRAME_SCHEMA).sort("city"),
        anchors=_joined(tables.anchors, anchors, ANCHOR_SCHEMA).sort("city", "wup_code", "row", nulls_last=True),
        names=_joined(tables.names, latin, NAME_SCHEMA).sort("city", "script", "name"),
        gazetteer=_joined(tables.gazetteer, places, GAZETTEER_SCHEMA).sort("place"),
        aliases=_joined(tables.aliases, aliases, ALIAS_SCHEMA).sort("folded", "place"),
        admin1=tables.admin1,
    )


def _joined(first: pl.DataFrame, own: pl.DataFrame, schema: Mapping[str, Any]) -> pl.DataFrame:
    there = [pl.col(name).cast(kind) for name, kind in schema.items() if name in own.columns]
    return pl.concat([first, own.select(there)], how="diagonal").select(list(schema))


def _within(own: pl.DataFrame, anchors: pl.DataFrame, frame: pl.DataFrame) -> list[str]:
    """Say which own cities lie within the region of another: its counts hold theirs too."""
    names = dict(frame.select("city", "slug").iter_rows())
    remarks = []
    for name, latitude, longitude in own.select("name", "latitude", "longitude").iter_rows():
        distance = distance_km(latitude, longitude, anchors["latitude"].to_numpy(), anchors["longitude"].to_numpy())
        ratio = distance / anchors["radius_km"].to_numpy()
        nearest = int(ratio.argmin())
        if ratio[nearest] <= REGION:
            other = names[anchors["city"][nearest]]
            remarks.append(f"{name} lies within the region of {other}, whose counts aren't divided between them.")
    return remarks
