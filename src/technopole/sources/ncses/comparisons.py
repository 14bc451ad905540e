"""Two tables about countries: granted patents in artificial intelligence, and spending on research.

Both name economies in a column that upstream calls time_period. The table of spending has two rows an economy, money
first and the share of gross domestic product second; the number of the row says which is which.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.cities.countries import country_codes
from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.national import national_records, number, year
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream
from technopole.sources.ncses.leaves import leaves, plain_name

AI_PATENTS: Final = "ncses/10564.csv"
SPENDING: Final = "ncses/6304.csv"
COLUMNS: Final = ["row_id", "time_period", "value"]
WORLD: Final = "World"
ROUNDING: Final = 0.5  # each economy is rounded to a whole patent
GROUPS: Final = "Selected country groups"
LEAST_SPENDING: Final = 500.0  # millions of dollars: who spends less isn't in the table
OLDEST: Final = 2017


def ai_patents(upstream: Upstream, meta: Meta) -> pl.DataFrame:
    """Return records of the granted patents in artificial intelligence, one a country.

    Raises
    ------
    UpstreamError : the economies don't add up to the world.
    """
    table = _read(upstream, meta, AI_PATENTS).select(ROW, path="time_period", amount=number("value"))
    rows = leaves(table)
    world = float(table.filter(pl.col("path") == WORLD)["amount"].sum())
    total = float(rows["amount"].sum())
    if abs(total - world) > ROUNDING * rows.height:
        raise UpstreamError(
            f"{AI_PATENTS}: the economies add up to {total:,.0f}, the table's world is {world:,.0f}:",
            "an economy is missing or counted twice.",
        )
    office = pl.when(pl.col("office").is_not_null()).then(pl.lit("a patent office, not a country"))
    return national_records(
        rows.select(ROW, "country", "amount", "office", written="name"),
        variable="ai_patents",
        file=AI_PATENTS,
        unusable=office,
    )


def research_spending(upstream: Upstream, meta: Meta) -> pl.DataFrame:
    """Return records of spending on research in % of gross domestic product, one a country.

    Raises
    ------
    UpstreamError : an economy without its two rows, or whose first row isn't money.
    """
    table = (
        _read(upstream, meta, SPENDING)
        .filter(~pl.col("time_period").str.starts_with(GROUPS))
        .select(
            ROW, "time_period", number=pl.col("row_id").str.extract(r"^r(\d+)$").cast(pl.Int64), amount=number("value")
        )
        .sort("number")
    )
    pairs = table.group_by("time_period", maintain_order=True).agg(
        pl.len(), money=pl.col("amount").first(), amount=pl.col("amount").last(), row=pl.col(ROW).last()
    )
    wrong = pairs.filter((pl.col("len") != 2) | (pl.col("money") < LEAST_SPENDING) | (pl.col("amount") >= 100))
    if wrong.height:
        raise UpstreamError(
            f"{SPENDING}: {wrong['time_period'][0]!r} doesn't have spending in one row and its share in the next:",
            "the table has another form.",
        )
    named = pairs.with_columns(
        pl.col("time_period")
        .map_elements(plain_name, return_dtype=pl.String)
        .str.extract_groups(r"^(?<written>.*) \((?<year>\d{4})\)$")
    ).unnest("time_period")
    return national_records(
        named.select(
            "written",
            "amount",
            pl.col("row").alias(ROW),
            country=country_codes(named["written"]),
            year=year("year"),
        ),
        variable="research_spending_percent_gdp_2019",
        file=SPENDING,
        oldest=OLDEST,
    )


def _read(upstream: Upstream, meta: Meta, file: str) -> pl.DataFrame:
    return apply_corrections(read_csv(upstream.open(file), columns=COLUMNS), file, meta.corrections).filter(
        pl.col("time_period").is_not_null()
    )
