"""International (PCT) patent applications by receiving office, national and regional; and two tables of `comparisons`.

The table nests economies ("World -> Asia -> Japan"); only its leaves are counted, so that nothing counts twice. The
one leaf that is itself a sum (`leaves.SUM_LEAVES`) is left out; then the leaves add up to the table's own world total.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver
from technopole.observations.schema import RECORD_SCHEMA
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream
from technopole.sources.ncses.comparisons import ai_patents, research_spending
from technopole.sources.ncses.leaves import leaves

FILE: Final = "ncses/pct_applications_by_economy_2000_2022.csv"
COLUMNS: Final = ["path", "year", "pct_applications"]
YEARS: Final = ("2018", "2019", "2020", "2021", "2022")
WORLD_TOLERANCE: Final = 0.001  # the table rounds a few leaves; a dropped economy of any size is larger


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:  # noqa: ARG001 (the Reader protocol)
    """Read the three tables; return records of the four variables (RECORD_SCHEMA). `cities` isn't needed.

    Raises
    ------
    UpstreamError : the leaves don't add up to the world.
    """
    table = apply_corrections(read_csv(upstream.open(FILE), columns=COLUMNS), FILE, meta.corrections).with_columns(
        amount=pl.col("pct_applications").cast(pl.Float64, strict=False)
    )
    rows = leaves(table)
    _check_world(table, rows)
    yearly = rows.filter(pl.col("year").is_in(YEARS)).with_columns(amount=pl.col("amount") / len(YEARS))
    of_office = pl.col("office").is_not_null()
    return pl.concat(
        [
            _records(yearly.filter(~of_office), "pct_applications", "country", "country"),
            _records(yearly.filter(of_office), "pct_applications_regional_office", "region", "office"),
            ai_patents(upstream, meta),
            research_spending(upstream, meta),
        ]
    )


def _check_world(table: pl.DataFrame, rows: pl.DataFrame) -> None:
    world = table.filter(pl.col("path") == "World").select("year", world="amount")
    compared = rows.group_by("year").agg(pl.col("amount").sum()).join(world, on="year", validate="1:1")
    off = compared.filter((pl.col("amount") - pl.col("world")).abs() > WORLD_TOLERANCE * pl.col("world"))
    if off.height:
        year, amount, total = off.select("year", "amount", "world").sort("year").row(0)
        raise UpstreamError(
            f"{FILE}: in {year} the economies add up to {amount:,.0f}, the table's world is {total:,.0f}:",
            "an economy is missing or counted twice; review leaves.SUM_LEAVES.",
        )


def _records(rows: pl.DataFrame, variable: str, level: str, place: str) -> pl.DataFrame:
    return rows.with_columns(
        variable=pl.lit(variable),
        level=pl.lit(level),
        place=pl.col(place),
        ring=pl.when(pl.col(place).is_not_null()).then(0),
        key=pl.lit(None),
        file=pl.lit(FILE),
        row=pl.col(ROW),
        label=pl.col("name"),
        reason=pl.when(pl.col(place).is_null()).then(pl.lit("no country of today")),
    ).select([pl.col(name).cast(kind) for name, kind in RECORD_SCHEMA.items()])
