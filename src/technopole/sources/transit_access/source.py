"""Share of people with convenient access to public transport, by the city that upstream keys with a GeoNames id."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.schema import RECORD_SCHEMA
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "transit_access/pt-access.csv"
VARIABLE: Final = "transit_access_percent"
COLUMNS: Final = ["country_iso2", "city", "city_std", "geoname_id", "lat", "lon", "pct_pt_access"]
DISAGREE: Final = "repeated with other values"
SUBURB: Final = "a suburb, or a namesake of the city"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the table; return one record a listed place (RECORD_SCHEMA).

    A share can't be added up over the places of an agglomeration: only the row with the city's own id counts.
    """
    table = apply_corrections(read_csv(upstream.open(FILE), columns=COLUMNS), FILE, meta.corrections)
    values = pl.col("pct_pt_access").cast(pl.Float64, strict=False)
    same = values.n_unique().over("geoname_id") == 1
    places = (
        table.sort("geoname_id", pl.col(ROW).cast(pl.Int64))
        .with_columns(amount=values, agrees=same)
        .unique("geoname_id", keep="first", maintain_order=True)
        .sort(pl.col(ROW).cast(pl.Int64))
    )
    queries = places.select(
        "lat",
        "lon",
        "amount",
        country="country_iso2",
        name="city_std",
        variable=pl.lit(VARIABLE),
        label=pl.concat_str("city_std", "country_iso2", separator=" | "),
        file=pl.lit(FILE),
        row=ROW,
        reason=pl.when(~pl.col("agrees")).then(pl.lit(DISAGREE)),
    )
    placed = place(queries, cities)
    other = pl.col("place").is_not_null() & (places["geoname_id"] != pl.col("place"))
    return placed.with_columns(
        reason=pl.when(other).then(pl.lit(SUBURB)).otherwise("reason"),
        place=pl.when(~other).then("place"),
        ring=pl.when(~other & pl.col("place").is_not_null()).then(pl.lit(0)),
    ).select([pl.col(name).cast(kind) for name, kind in RECORD_SCHEMA.items()])
