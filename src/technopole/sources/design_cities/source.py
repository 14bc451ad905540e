"""UNESCO Cities of Design: member or not."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "design_cities/unesco_design_cities_40_torinodesigncity.csv"
VARIABLE: Final = "design_city"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the list; return one record a member (RECORD_SCHEMA)."""
    table = apply_corrections(read_csv(upstream.open(FILE), columns=["city", "country"]), FILE, meta.corrections)
    queries = table.select(
        "country", name="city", variable=pl.lit(VARIABLE), amount=pl.lit(1.0), file=pl.lit(FILE), row=ROW
    )
    return place(queries, cities)
