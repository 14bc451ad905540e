"""Natural Earth's populated places: the crosswalk between GeoNames and Wikidata, with names in several languages."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, Final

import polars as pl

from technopole.cities.countries import country_code
from technopole.cities.names import fold_expression
from technopole.cities.points import distance_km
from technopole.core.errors import UpstreamError
from technopole.snapshots.upstream import Upstream

ARCHIVE: Final = "naturalearth/ne_10m_populated_places.7z"
MEMBER: Final = "ne_10m_populated_places.json"
ENGLISH: Final = "NAME_EN"
SCHEMA: Final[dict[str, Any]] = {
    "place": pl.Int64,  # GeoNames id, null where unknown
    "wikidata": pl.String,
    "name": pl.String,
    "english": pl.String,
    "country": pl.String,  # alpha-3, as upstream has it
    "admin1_name": pl.String,
    "latitude": pl.Float64,
    "longitude": pl.Float64,
    "names": pl.List(pl.String),  # NAME and NAME_xx of every language that upstream has
}


def read_populated_places(upstream: Upstream) -> pl.DataFrame:
    """Read the archive.

    Returns
    -------
    DataFrame in SCHEMA, in the order of the file.

    Raises
    ------
    UpstreamError : not a 7z archive, the member is absent, or it isn't GeoJSON.
    """
    import py7zr

    path = upstream.open(ARCHIVE)
    try:
        with tempfile.TemporaryDirectory() as folder, py7zr.SevenZipFile(path) as archive:
            archive.extract(path=folder, targets=[MEMBER])
            content = json.loads((Path(folder) / MEMBER).read_text(encoding="utf-8"))
        rows = [_row(feature) for feature in content["features"]]
    except (py7zr.exceptions.ArchiveError, OSError, ValueError, KeyError, TypeError) as error:
        raise UpstreamError(f"{ARCHIVE} can't be read: {error}.", "Fetch it again.") from error
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _row(feature: dict[str, Any]) -> tuple[Any, ...]:
    known = feature["properties"]
    longitude, latitude = feature["geometry"]["coordinates"][:2]
    place = known.get("GEONAMEID")
    names = [text for key, text in known.items() if text and (key == "NAME" or (key[:5] == "NAME_" and len(key) == 7))]
    return (
        int(place) if place and place > 0 else None,
        known.get("wikidataid") or None,
        known["NAME"],
        known.get(ENGLISH) or None,
        known["ADM0_A3"],
        known.get("ADM1NAME") or None,
        float(latitude),
        float(longitude),
        sorted(set(names)),
    )


NEAR_KM: Final = 25.0


def wikidata_ids(cities: pl.DataFrame, names: pl.DataFrame, populated: pl.DataFrame) -> pl.Series:
    """Wikidata id of each city: by GeoNames id, else by any of its names in the country within NEAR_KM.

    Parameters
    ----------
    cities : ``city, country, latitude, longitude``; the result is in its order, null when unknown.
    names : ``city, name``, all names of the cities.

    An id is given once: to the city that has it by GeoNames id, otherwise to the nearest.
    """
    known = populated.drop_nulls("wikidata")
    by_place = known.drop_nulls("place").unique("place", keep="first", maintain_order=True)
    sure = cities.join(by_place.select(city="place", wikidata="wikidata"), on="city", how="inner", validate="m:1")
    codes = {code: country_code(code) for code in known["country"].unique()}
    spots = (
        known.join(sure.select("wikidata"), on="wikidata", how="anti")
        .select(
            "wikidata",
            country=pl.col("country").replace_strict(codes, return_dtype=pl.String),
            key=pl.concat_list(pl.col("name", "english")).list.drop_nulls(),
            to_latitude="latitude",
            to_longitude="longitude",
        )
        .explode("key")
        .with_columns(key=fold_expression(pl.col("key")))
        .unique()
    )
    pairs = (
        cities.join(sure, on="city", how="anti")
        .join(names.select("city", "name"), on="city", how="inner")
        .with_columns(key=fold_expression(pl.col("name")))
        .join(spots, on=["country", "key"], how="inner")
    )
    distance = distance_km(
        *(pairs[name].to_numpy() for name in ("latitude", "longitude", "to_latitude", "to_longitude"))
    )
    nearest = (
        pairs.with_columns(distance_km=pl.Series(distance))
        .filter(pl.col("distance_km") <= NEAR_KM)
        .sort("distance_km", "city", "wikidata")
        .unique("city", keep="first", maintain_order=True)
        .unique("wikidata", keep="first", maintain_order=True)
    )
    found = pl.concat([sure.select("city", "wikidata").sort("city"), nearest.select("city", "wikidata")])
    found = found.unique("wikidata", keep="first", maintain_order=True)
    return cities.join(found, on="city", how="left", validate="1:1", maintain_order="left")["wikidata"]
