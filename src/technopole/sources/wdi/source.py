"""Seven series of the World Development Indicators, in two forms.

The bank's own export has a header in row 5, a column a year and its codes of economies; Gapminder's copies have a row
a year and codes in lower case. Groups of economies (WORLD_BANK_GROUPS) aren't countries. Taiwan isn't among the bank's
economies.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.cities.countries import country_codes
from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.national import WORLD_BANK_GROUPS, country, national_records, number, year
from technopole.observations.placing import Resolver
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

EXPORTS: Final = {  # variable -> (file, series code, oldest year)
    "research_spending_percent_gdp": ("wdi/API_GB.XPD.RSDV.GD.ZS_DS2_en_csv_v2_232.csv", "GB.XPD.RSDV.GD.ZS", 2017),
    "researchers_per_million": ("wdi/API_SP.POP.SCIE.RD.P6_DS2_en_csv_v2_37695.csv", "SP.POP.SCIE.RD.P6", 2017),
    "resident_patent_applications": ("wdi/API_IP.PAT.RESD_2026-01.csv", "IP.PAT.RESD", 2019),
}
COPIES: Final = {  # variable -> (column and end of the file's name, oldest year)
    "high_technology_exports_percent": ("high_technology_exports_percent_of_manufactured_exports", 2020),
    "fixed_broadband_per_100": ("broadband_subscribers_per_100_people", 2020),
    "mobile_subscriptions_per_100": ("cell_phones_per_100_people", 2020),
    "internet_users_percent": ("internet_users", 2020),
}
GAPMINDER_CODES: Final = {"nld_curacao": "CW"}  # all others are ISO 3166-1 alpha-3
FIRST_CELL: Final = "Data Source"
NAMES: Final = ["Country Name", "Country Code", "Indicator Name", "Indicator Code"]
WIDTH: Final = 120
"""Columns that an export may have; a column a year since 1960."""


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:  # noqa: ARG001 (the Reader protocol)
    """Read the files; return records of the seven variables (RECORD_SCHEMA). `cities` isn't needed.

    Raises
    ------
    UpstreamError : an export without its first line or header, or of another series.
    """
    parts = []
    for variable, (file, series, oldest) in EXPORTS.items():
        table = apply_corrections(_export(upstream, file, series), file, meta.corrections)
        parts.append(national_records(_long(table), variable=variable, file=file, oldest=oldest))
    for variable, (column, oldest) in COPIES.items():
        file = f"wdi/gapminder_{column}.csv"
        table = apply_corrections(
            read_csv(upstream.open(file), columns=["geo", "time", column]), file, meta.corrections
        )
        rows = table.select(
            ROW,
            written="geo",
            country=pl.coalesce(
                pl.col("geo").replace_strict(GAPMINDER_CODES, default=None, return_dtype=pl.String), country("geo")
            ),
            amount=number(column),
            year=year("time"),
        )
        parts.append(national_records(rows, variable=variable, file=file, oldest=oldest))
    return pl.concat(parts)


def _export(upstream: Upstream, file: str, series: str) -> pl.DataFrame:
    """Table of an export as text, columns named by its header (a row below the first lines, wherever it stands)."""
    grid = read_csv(upstream.open(file), header=False, columns=[f"c{number:03}" for number in range(WIDTH)])
    first = grid.sort(pl.col(ROW).cast(pl.Int64))["c000"][0]
    header = grid.filter(pl.col("c000") == NAMES[0])
    if first != FIRST_CELL or header.height != 1:
        raise UpstreamError(f"{file} isn't an export of the World Bank: its first cell is {first!r}.")
    named = {cell: column for column, cell in header.drop(ROW).row(0, named=True).items() if cell}
    if any(name not in named for name in NAMES):
        raise UpstreamError(f"{file} line {header[ROW][0]} doesn't name the columns {', '.join(NAMES)}.")
    table = grid.select(ROW, *[pl.col(column).alias(name) for name, column in named.items()])
    rows = table.filter(pl.col("Indicator Code").is_not_null() & (pl.col("Indicator Code") != "Indicator Code"))
    if set(rows["Indicator Code"]) != {series}:
        raise UpstreamError(f"{file} holds the series {sorted(set(rows['Indicator Code']))[:3]}, {series} expected.")
    return rows


def _long(table: pl.DataFrame) -> pl.DataFrame:
    """One row a country and year, without groups of economies."""
    years = [name for name in table.columns if name.isdecimal()]
    long = table.filter(~pl.col("Country Code").is_in(WORLD_BANK_GROUPS)).unpivot(
        on=years, index=[ROW, "Country Name", "Country Code"], variable_name="year", value_name="value"
    )
    return long.select(
        ROW,
        written="Country Name",
        country=country_codes(long["Country Code"]),
        amount=number("value"),
        year=year("year"),
    )
