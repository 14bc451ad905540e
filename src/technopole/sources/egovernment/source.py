"""The E-Government Development Index and its online-service part, by country, rounded to twentieths.

The survey may be quoted, its table may not be copied: what leaves this reader is our own rounding, from which the
published table can't be made again. The other columns (rank, participation, human capital, telecom) aren't read.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.national import country, national_records, number
from technopole.observations.placing import Resolver
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "egovernment/EGOV_DATA_2024.csv"
COLUMNS: Final = {"E_Index": "egovernment_development", "Online_Service": "online_public_services"}
SURVEY: Final = "2024"
STEPS: Final = 20
"""Steps between 0 and 1. The index can hardly tell countries apart that are closer than a twentieth."""


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:  # noqa: ARG001 (the Reader protocol)
    """Read the table; return records of both variables (RECORD_SCHEMA). `cities` isn't needed.

    Raises
    ------
    UpstreamError : a row of another survey.
    """
    columns = ["Survey Year", "Country", *COLUMNS]
    table = apply_corrections(read_csv(upstream.open(FILE), columns=columns), FILE, meta.corrections)
    other = table.filter(pl.col("Survey Year").is_null() | (pl.col("Survey Year") != SURVEY))
    if other.height:
        raise UpstreamError(f"{FILE} line {other[ROW][0]} isn't of the survey of {SURVEY}.")
    rows = table.with_columns(written=pl.col("Country").str.strip_chars(), country=country("Country"))
    return pl.concat(
        [
            national_records(
                rows.select(ROW, "written", "country", amount=((number(column) * STEPS).round() / STEPS).round(2)),
                variable=variable,
                file=FILE,
            )
            for column, variable in COLUMNS.items()
        ]
    )
