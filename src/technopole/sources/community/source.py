"""Groups of developers (Google Developer Groups, 2020) by the city that they give. Organisers' names aren't read."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "community/gdg_2020.csv"
VARIABLE: Final = "developer_groups"
COLUMNS: Final = ["city", "country", "state", "status", "lon", "lat"]
ACTIVE: Final = "Active"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the list; return one record an active group (RECORD_SCHEMA). The point helps where the name doesn't."""
    table = apply_corrections(read_csv(upstream.open(FILE), columns=COLUMNS), FILE, meta.corrections)
    groups = table.filter(pl.col("status") == ACTIVE)
    queries = groups.select(
        "country",
        pl.col("lat", "lon").cast(pl.Float64, strict=False),
        name="city",
        admin1="state",
        variable=pl.lit(VARIABLE),
        amount=pl.lit(1.0),
        label=pl.concat_str("city", "state", "country", separator=" | ", ignore_nulls=True),
        file=pl.lit(FILE),
        row=ROW,
    )
    return place(queries, cities)
