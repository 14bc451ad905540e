"""Mean evaluation of one's own life on a ladder from 0 to 10, by country.

Two files of one survey. Gapminder's series (by year, on a scale of 0 to 100) is free to use with attribution and
gives the indicator. The report of 2025 may only be quoted: single figures of ten economies check the older series.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.national import country, national_records, number, year
from technopole.observations.placing import Resolver
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv, read_sheet
from technopole.snapshots.upstream import Upstream

SERIES: Final = "wdi/gapminder_ft_hapiscore_whr.csv"
REPORT: Final = "life_satisfaction/felicidad.xlsx"
OLDEST: Final = 2021
SCALE: Final = 10.0  # Gapminder writes tenths of a step
QUOTED: Final = ("CA", "CN", "FI", "GB", "HK", "JP", "KR", "SG", "TW", "US")
"""Economies of which a single figure of the report is quoted: those of the ten cities of the article, and Hong Kong."""


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:  # noqa: ARG001 (the Reader protocol)
    """Read both files; return records of both variables (RECORD_SCHEMA). `cities` isn't needed."""
    series = apply_corrections(
        read_csv(upstream.open(SERIES), columns=["country", "time", "hapiscore_whr"]), SERIES, meta.corrections
    ).select(
        ROW,
        written="country",
        country=country("country"),
        amount=(number("hapiscore_whr") / SCALE).round(4),
        year=year("time"),
    )
    report = apply_corrections(
        read_sheet(upstream.open(REPORT), header_row=1, columns=["Country", "Indice_de_felicidad"]),
        REPORT,
        meta.corrections,
    ).select(ROW, written="Country", country=country("Country"), amount=number("Indice_de_felicidad"))
    quoted = report.filter(pl.col("country").is_in(QUOTED))
    return pl.concat(
        [
            national_records(series, variable="life_evaluation", file=SERIES, oldest=OLDEST),
            national_records(quoted, variable="life_evaluation_2025_report", file=REPORT),
        ]
    )
