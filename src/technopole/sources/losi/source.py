"""The Local Online Service Index of six cities: single figures, quoted as evidence."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.national import number
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "losi/losi_2024_selected.csv"
COLUMNS: Final = ["city", "country", "losi_2024"]


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the table; return records of the one variable (RECORD_SCHEMA)."""
    table = apply_corrections(read_csv(upstream.open(FILE), columns=COLUMNS), FILE, meta.corrections)
    rows = table.select(
        variable=pl.lit("local_online_services"),
        amount=number("losi_2024"),
        name="city",
        country="country",
        file=pl.lit(FILE),
        row=pl.col(ROW),
    )
    return place(rows.filter(pl.col("amount").is_not_null()), cities)
