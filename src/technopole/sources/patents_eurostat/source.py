"""Applications to the European Patent Office by the inventor's country and NUTS 2 region, mean of 2009 to 2011."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver
from technopole.observations.schema import RECORD_SCHEMA
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "patents_eurostat/pat_ep_rtot_nuts_1977_2012.csv"
YEARS: Final = ("2009.0", "2010.0", "2011.0")  # 2012 was incomplete when the table was made (Germany 19 % below 2011)
UNIT: Final = "NR"  # number of applications; the other units are ratios of it
ISO: Final[dict[str, str]] = {"EL": "GR", "UK": "GB"}  # Eurostat's own country codes
NO_REGION: Final = ("ZZ", "XX")  # endings of codes that stand for "outside the regions" and "not attributed"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:  # noqa: ARG001 (the Reader protocol)
    """Read the table; return records by country and by NUTS 2 region (RECORD_SCHEMA). `cities` isn't needed."""
    table = read_csv(upstream.open(FILE), columns=["unit", "geo", "time", "values"])
    wanted = apply_corrections(table, FILE, meta.corrections).filter(
        (pl.col("unit") == UNIT) & pl.col("time").is_in(YEARS)
    )
    letters = pl.col("geo").str.len_chars()
    no_region = pl.col("geo").str.slice(2).is_in(NO_REGION)
    countries = wanted.filter(letters == 2).with_columns(place=pl.col("geo").replace(ISO))
    regions = wanted.filter(letters == 4).with_columns(place=pl.when(~no_region).then(pl.col("geo")))
    return pl.concat(
        [_records(countries, "epo_applications", "country"), _records(regions, "epo_applications_nuts2", "region")]
    )


def _records(rows: pl.DataFrame, variable: str, level: str) -> pl.DataFrame:
    return rows.with_columns(
        variable=pl.lit(variable),
        level=pl.lit(level),
        ring=pl.when(pl.col("place").is_not_null()).then(0),
        amount=pl.col("values").cast(pl.Float64, strict=False) / len(YEARS),
        key=pl.lit(None),
        file=pl.lit(FILE),
        row=pl.col(ROW),
        label=pl.col("geo"),
        reason=pl.when(pl.col("place").is_null()).then(pl.lit("not attributed to a region")),
    ).select([pl.col(name).cast(kind) for name, kind in RECORD_SCHEMA.items()])
