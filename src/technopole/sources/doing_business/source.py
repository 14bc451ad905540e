"""Reliability of electricity supply and transparency of tariffs, by economy, in 2019.

One of some 200 series of the file. The footer (two lines of text below the table) has no series code.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.national import country, national_records, number
from technopole.observations.placing import Resolver
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "doing_business/db.csv"
AMOUNT: Final = "2019 [YR2019]"
SERIES: Final = "IC.ELC.RSTT.XD.08.DFRN.DB1619"
POINTS: Final = 8 / 100
"""The file gives a score of 0 to 100, which is the published index of 0 to 8 points stretched."""


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:  # noqa: ARG001 (the Reader protocol)
    """Read the table; return records of the one variable (RECORD_SCHEMA). `cities` isn't needed."""
    columns = ["Country Name", "Country Code", "Series Code", AMOUNT]
    table = apply_corrections(read_csv(upstream.open(FILE), columns=columns), FILE, meta.corrections)
    rows = table.filter(pl.col("Series Code") == SERIES).select(
        ROW, written="Country Name", country=country("Country Code"), amount=(number(AMOUNT) * POINTS).round(4)
    )
    return national_records(rows, variable="electricity_reliability_points", file=FILE)
