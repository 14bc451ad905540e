"""Rows of a table about countries become records: the newest usable year of each, or the reason why not."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.cities.countries import country_codes
from technopole.core.types import Level
from technopole.observations.schema import RECORD_SCHEMA
from technopole.snapshots.tables import ROW

NO_COUNTRY: Final = "no country of today"

WORLD_BANK_GROUPS: Final = frozenset(
    [
        "AFE",
        "AFW",
        "ARB",
        "CEB",
        "CHI",
        "CSS",
        "EAP",
        "EAR",
        "EAS",
        "ECA",
        "ECS",
        "EMU",
        "EUU",
        "FCS",
        "HIC",
        "HPC",
        "IBD",
        "IBT",
        "IDA",
        "IDB",
        "IDX",
        "INX",
        "LAC",
        "LCN",
        "LDC",
        "LIC",
        "LMC",
        "LMY",
        "LTE",
        "MEA",
        "MIC",
        "MNA",
        "NAC",
        "OED",
        "OSS",
        "PRE",
        "PSS",
        "PST",
        "SAS",
        "SSA",
        "SSF",
        "SST",
        "TEA",
        "TEC",
        "TLA",
        "TMN",
        "TSA",
        "TSS",
        "UMC",
        "WLD",
    ]
)
"""Codes of the World Bank's groups of economies (regions, incomes, the Channel Islands), which aren't countries."""


def national_records(
    rows: pl.DataFrame, *, variable: str, file: str, oldest: int | None = None, unusable: pl.Expr | None = None
) -> pl.DataFrame:
    """Make one record a country out of the rows of a national table.

    Parameters
    ----------
    rows : ``_row``; ``written`` (the economy as upstream writes it); ``country`` (alpha-2, null where it names none);
        ``amount`` in the variable's unit; with `oldest` also ``year`` (integer). Rows without an amount say nothing
        and are passed over.
    variable, file : of the records.
    oldest : the oldest year that is used; of several years of a country the newest counts. A country whose newest
        value is older becomes a record without a place, which says so.
    unusable : reason (text) why a row isn't used, null where it is; such rows never displace a usable one.

    Returns
    -------
    DataFrame in RECORD_SCHEMA, level country, sorted by label: one record for each `written`.
    """
    known = rows.filter(pl.col("amount").is_not_null()).with_columns(
        reason=pl.lit(None, pl.String) if unusable is None else unusable.cast(pl.String)
    )
    if oldest is None:
        known = known.with_columns(year=pl.lit(0))
    newest = (
        known.sort("written", pl.col("reason").is_null(), "year", ROW).group_by("written", maintain_order=True).last()
    )
    too_old = pl.col("year") < (0 if oldest is None else oldest)
    why = (
        pl.when(pl.col("reason").is_not_null())
        .then("reason")
        .when(pl.col("country").is_null())
        .then(pl.lit(NO_COUNTRY))
        .when(too_old)
        .then(pl.format("newest value is of {}, too old", pl.col("year")))
    )
    return (
        newest.with_columns(reason=why)
        .with_columns(
            variable=pl.lit(variable),
            level=pl.lit(Level.COUNTRY.value),
            place=pl.when(pl.col("reason").is_null()).then("country"),
            ring=pl.when(pl.col("reason").is_null()).then(0),
            key=pl.lit(None),
            file=pl.lit(file),
            row=pl.col(ROW),
            label=pl.col("written"),
        )
        .select([pl.col(name).cast(kind) for name, kind in RECORD_SCHEMA.items()])
        .sort("label")
    )


def country(column: str) -> pl.Expr:
    """Alpha-2 codes of a text column that names countries in any way; null where it names none."""
    return pl.col(column).map_batches(country_codes, return_dtype=pl.String)


def number(column: str) -> pl.Expr:
    """Read a text column as numbers; null where it holds none ("..", "NA", empty)."""
    return pl.col(column).str.strip_chars().cast(pl.Float64, strict=False)


def year(column: str) -> pl.Expr:
    """Read a text column as years; null where it holds none."""
    return pl.col(column).str.strip_chars().cast(pl.Int32, strict=False)
