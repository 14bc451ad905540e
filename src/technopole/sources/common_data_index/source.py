"""Government data catalogues by city: whether there is a data portal, a geoportal, an API.

Upstream places a catalogue in a country or a state; which city it is of, only the owner's name says (owners.py).
Counts favour agglomerations of many municipalities, so what is asked is which *kinds* there are.
`docs/sources/common_data_index.md` explains each rule.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from technopole.core.errors import UpstreamError
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv, read_parquet
from technopole.snapshots.upstream import Upstream
from technopole.sources.common_data_index.owners import WIDER, place_name

FILE: Final = "common_data_index/full.parquet"
REGIONS: Final = Path(__file__).with_name("regions.csv")
COLUMNS: Final = ["catalog_type", "api", "api_status", "status", "owner"]
CITY_STATES: Final = ("SG", "HK", "MO", "MC", "GI")
KINDS: Final[dict[str, tuple[str, pl.Expr]]] = {
    "open_data_portal": ("portal", pl.col("catalog_type") == "Open data portal"),
    "open_data_geoportal": ("geoportal", pl.col("catalog_type") == "Geoportal"),
    "open_data_api": ("api", pl.col("api") & (pl.col("api_status") == "active")),
}


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:  # noqa: ARG001 (the Reader protocol)
    """Read the catalogue of catalogues; return one record a city government's catalogue and variable."""
    table = _active(read_parquet(upstream.open(FILE), columns=COLUMNS))
    governments = _city_governments(table)
    parts = [_records(governments, "government_catalogues", None)]
    for variable, (kind, where) in KINDS.items():
        mine = governments.filter(where.fill_null(value=False))
        parts += [_records(mine, variable, None), _records(mine, "open_data_channels", kind)]
    return place(pl.concat(parts), cities)


def _active(table: pl.DataFrame) -> pl.DataFrame:
    """Active catalogues of governments: ``owner``, ``type``, ``country``, ``region`` and what COLUMNS has.

    Raises
    ------
    UpstreamError : the owner isn't described as it was.
    """
    owner, location = pl.col("owner").struct, pl.col("owner").struct.field("location").struct
    try:
        flat = table.with_columns(
            owner=owner.field("name"),
            type=owner.field("type"),
            country=location.field("country").struct.field("id").cast(pl.String).str.strip_chars('"'),
            region=location.field("subregion").struct.field("id").cast(pl.String).str.strip_chars('"'),
        )
    except pl.exceptions.PolarsError as error:
        raise UpstreamError(f"{FILE}: the owner has no name, type and location ({error}).") from error
    government = pl.col("type").str.ends_with("government").fill_null(value=False)
    person = pl.col("owner").str.contains("@", literal=True).fill_null(value=False)  # an e-mail address for a name
    return flat.filter(government & ~person & (pl.col("status") == "active"))


def _city_governments(table: pl.DataFrame) -> pl.DataFrame:
    """Catalogues of city governments with ``name``, the name of the city (null in a city state, which is one).

    A city government is a local one whose name gives a place, that of a region which is a city (regions.csv) or whose
    name says that it is a city's ("Toulouse Métropole"), or any of a city state. All others (ministries, states,
    counties) aren't a city's.
    """
    names = pl.col("owner").map_elements(place_name, return_dtype=pl.String, skip_nulls=True)
    wider = pl.col("owner").str.contains(f"(?i){WIDER.pattern}").fill_null(value=False)
    stated = pl.col("owner").map_elements(_stated_city, return_dtype=pl.String, skip_nulls=True)
    local, regional = pl.col("type") == "Local government", pl.col("type") == "Regional government"
    city_state = pl.col("country").is_in(CITY_STATES)
    joined = table.join(
        read_csv(REGIONS).select("region", "city"), on="region", how="left", validate="m:1", maintain_order="left"
    )
    named = joined.with_columns(
        name=pl.when(local)
        .then(pl.coalesce(names, pl.when(~wider).then("city")))
        .when(regional)
        .then(pl.coalesce("city", stated)),
        admin1=pl.when(pl.col("city").is_null()).then(pl.col("region").str.split("-").list.get(1, null_on_oob=True)),
    )
    return named.filter(city_state | pl.col("name").is_not_null()).with_columns(
        name=pl.when(~city_state).then("name"), admin1=pl.when(~city_state).then("admin1")
    )


def _stated_city(owner: str) -> str | None:
    return place_name(owner, local=False)


def _records(rows: pl.DataFrame, variable: str, key: str | None) -> pl.DataFrame:
    return rows.select(
        "name",
        "country",
        "admin1",
        variable=pl.lit(variable),
        amount=pl.lit(1.0),
        key=pl.lit(key, pl.String),
        label=pl.col("owner").fill_null("") + " | " + pl.col("region").fill_null(pl.col("country")).fill_null(""),
        file=pl.lit(FILE),
        row=ROW,
    )
