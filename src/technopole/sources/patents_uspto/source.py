"""Inventors of granted US patents: points with a weight become mentions by city, by country, by Chinese province.

A point's country (``cc``) wins over its coordinates; the file of 2000 has no country, its points are placed by
coordinates alone. A point whose coordinates a correction removed (the middle of a province or country) says nothing of
where in it the inventors live: it counts nowhere, also not in the country, so that a city's share of its country is a
share of the mentions whose place is known.
"""

from __future__ import annotations

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.schema import RECORD_SCHEMA
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream
from technopole.sources.patents_uspto.china import provinces

FILE_2013 = "patents_uspto/uspto_inventors_filed2013_points.csv"
FILE_2000 = "patents_uspto/uspto_inventors_filed2000_points.csv"
NO_POINT = "the geocode is the middle of a province or a country"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read both years; return the records of the four variables (RECORD_SCHEMA)."""
    late = _points(upstream, FILE_2013, meta, ["lat", "lon", "inventors", "cc"])
    early = _points(upstream, FILE_2000, meta, ["lat", "lon", "inventors"])
    return pl.concat(
        [
            place(_queries(late, "inventor_mentions_2013"), cities),
            place(_queries(early, "inventor_mentions_2000"), cities),
            _wider(late, "inventor_mentions_country_2013", "country", pl.col("country")),
            _chinese_provinces(late),
        ]
    )


def _points(upstream: Upstream, file: str, meta: Meta, columns: list[str]) -> pl.DataFrame:
    """One row a point: lat, lon (null where a correction removed them), amount, country, label, file, row."""
    written = read_csv(upstream.open(file), columns=columns)
    country = pl.col("cc") if "cc" in columns else pl.lit(None, pl.String)
    point = pl.concat_str("lat", "lon", separator=",")
    labelled = written.with_columns(label=pl.concat_str(point, country, separator=" | ", ignore_nulls=True))
    return apply_corrections(labelled, file, meta.corrections).with_columns(
        pl.col("lat", "lon").cast(pl.Float64, strict=False),
        amount=pl.col("inventors").cast(pl.Float64, strict=False),
        country=country,
        file=pl.lit(file),
        row=pl.col(ROW),
    )


def _queries(points: pl.DataFrame, variable: str) -> pl.DataFrame:
    columns = ["variable", "amount", "file", "row", "label", "reason", "country", "lat", "lon"]
    reason = pl.when(pl.col("lat").is_null() | pl.col("lon").is_null()).then(pl.lit(NO_POINT))
    queries = points.with_columns(variable=pl.lit(variable), reason=reason).select(columns)
    # a column without any value would be a query of its own kind; the 2000 file is asked by point alone
    return queries.drop("country") if queries["country"].null_count() == queries.height else queries


def _wider(points: pl.DataFrame, variable: str, level: str, code: pl.Expr) -> pl.DataFrame:
    """Make records about countries or provinces: every located row counts, inside a city or not."""
    located = pl.col("lat").is_not_null() & pl.col("lon").is_not_null() & code.is_not_null()
    return points.with_columns(
        variable=pl.lit(variable),
        level=pl.lit(level),
        place=pl.when(located).then(code),
        ring=pl.when(located).then(0),
        key=pl.lit(None),
        reason=pl.when(~located).then(pl.lit(NO_POINT)),
    ).select([pl.col(name).cast(kind) for name, kind in RECORD_SCHEMA.items()])


def _chinese_provinces(points: pl.DataFrame) -> pl.DataFrame:
    chinese = points.filter(pl.col("country") == "CN")
    coded = chinese.with_columns(provinces(chinese["lat"], chinese["lon"]))
    return _wider(coded, "inventor_mentions_region_2013", "region", pl.col("province"))
