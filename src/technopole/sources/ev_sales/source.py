"""Share of new cars that are electric, by country. Rows without a code are groups of countries, as is the world."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.national import country, national_records, number, year
from technopole.observations.placing import Resolver
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "ev_sales/owid_electric-car-sales-share.csv"
AMOUNT: Final = "Share of new cars that are electric"
WORLD: Final = "OWID_WRL"
OLDEST: Final = 2022  # the share doubles in a year: an older one is another quantity


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:  # noqa: ARG001 (the Reader protocol)
    """Read the table; return records of the one variable (RECORD_SCHEMA). `cities` isn't needed."""
    table = apply_corrections(
        read_csv(upstream.open(FILE), columns=["Entity", "Code", "Year", AMOUNT]), FILE, meta.corrections
    )
    rows = table.filter(pl.col("Code").is_not_null() & (pl.col("Code") != WORLD)).select(
        ROW, written="Entity", country=country("Code"), amount=number(AMOUNT), year=year("Year")
    )
    return national_records(rows, variable="electric_car_sales_percent", file=FILE, oldest=OLDEST)
