"""Internet exchange points and the buildings that house them, by the buildings' points.

Contacts of the exchanges are persons; they, addresses and links aren't read.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import read_json
from technopole.snapshots.upstream import Upstream

FILE: Final = "internet_exchanges/tg_ix_buildings.geojson"
SCHEMA: Final[dict[str, Any]] = {
    "row": pl.String,
    "country": pl.String,
    "metro_area": pl.String,
    "exchanges": pl.List(pl.String),
    "lat": pl.Float64,
    "lon": pl.Float64,
}


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the buildings; return one record a building, and one a building and exchange in it (RECORD_SCHEMA)."""
    buildings = apply_corrections(_buildings(upstream), FILE, meta.corrections).with_columns(
        pl.col("country").str.replace_all("-", " "),
        amount=pl.lit(1.0),
        label=pl.concat_str("metro_area", "country", separator=" | "),
        file=pl.lit(FILE),
    )
    housed = buildings.explode("exchanges").rename({"exchanges": "key"}).filter(pl.col("key").is_not_null())
    return pl.concat(
        [
            place(buildings.drop("exchanges").with_columns(variable=pl.lit("internet_exchange_buildings")), cities),
            place(housed.with_columns(variable=pl.lit("internet_exchanges")), cities),
        ]
    )


def _buildings(upstream: Upstream) -> pl.DataFrame:
    """One row a building, as SCHEMA; its exchanges by their slugs.

    Raises
    ------
    UpstreamError : not a collection of points with country, metropolitan area and exchanges.
    """
    content: Any = read_json(upstream.open(FILE))
    rows = []
    try:
        for number, one in enumerate(content["features"]):
            about, (lon, lat) = one["properties"], one["geometry"]["coordinates"]
            slugs = [str(exchange["slug"]) for exchange in about["exchanges"]]
            row = f"features[{number}].properties"
            rows.append((row, str(about["country"]), str(about["metro_area"]), slugs, float(lat), float(lon)))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UpstreamError(f"{FILE}: not a collection of points with their exchanges ({error!r}).") from error
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
