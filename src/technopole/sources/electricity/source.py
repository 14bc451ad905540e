"""Share of electricity from nuclear and renewable sources, by country.

Rows without a code are groups of countries, as is the world. The mirror's files by grid zone are of a licence that
may not be shipped, and aren't read.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.national import country, national_records, number, year
from technopole.observations.placing import Resolver
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "electricity/owid_share-electricity-low-carbon.csv"
COLUMNS: Final = ["Country", "Code", "Year", "Electricity"]
WORLD: Final = "OWID_WRL"
OLDEST: Final = 2021


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:  # noqa: ARG001 (the Reader protocol)
    """Read the table; return records of the one variable (RECORD_SCHEMA). `cities` isn't needed."""
    table = apply_corrections(read_csv(upstream.open(FILE), columns=COLUMNS), FILE, meta.corrections)
    rows = table.filter(pl.col("Code").is_not_null() & (pl.col("Code") != WORLD)).select(
        ROW,
        written="Country",
        country=pl.coalesce(country("Code"), country("Country")),  # Kosovo's code is Our World in Data's own
        amount=number("Electricity"),
        year=year("Year"),
    )
    return national_records(rows, variable="low_carbon_electricity_percent", file=FILE, oldest=OLDEST)
