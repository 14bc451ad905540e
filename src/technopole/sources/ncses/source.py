"""International (PCT) patent applications by economy of the receiving office, and by regional receiving office.

The table nests economies ("World -> Asia -> Japan"); only its leaves are counted, so that nothing counts twice. The
one leaf that is itself a sum (`SUM_LEAVES`) is left out; then the leaves add up to the table's own world total.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from technopole.cities.countries import country_codes
from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver
from technopole.observations.schema import RECORD_SCHEMA
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "ncses/pct_applications_by_economy_2000_2022.csv"
COLUMNS: Final = ["path", "year", "pct_applications"]
YEARS: Final = ("2018", "2019", "2020", "2021", "2022")
SUM_LEAVES: Final = ("Other Europe",)  # the sum of the non-EU leaves without the United Kingdom
OFFICES: Final[dict[str, str]] = {  # regional receiving offices, by their WIPO ST.3 codes
    "African IPO": "OA",
    "African Regional IPO": "AP",
    "Eurasian Patent Organization": "EA",
    "European Patent Office": "EP",
    "Gulf States Patent Office": "GC",
    "WIPO": "IB",
}
_MARKUP: Final = re.compile(r"<[^>]*>[^<]*</[^>]*>")
_STEP: Final = " -> "
WORLD_TOLERANCE: Final = 0.001  # the table rounds a few leaves; a dropped economy of any size is larger


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:  # noqa: ARG001 (the Reader protocol)
    """Read the table; return records of both variables (RECORD_SCHEMA). `cities` isn't needed.

    Raises
    ------
    UpstreamError : the leaves don't add up to the world.
    """
    table = apply_corrections(read_csv(upstream.open(FILE), columns=COLUMNS), FILE, meta.corrections).with_columns(
        amount=pl.col("pct_applications").cast(pl.Float64, strict=False)
    )
    leaves = _leaves(table)
    _check_world(table, leaves)
    yearly = leaves.filter(pl.col("year").is_in(YEARS)).with_columns(amount=pl.col("amount") / len(YEARS))
    of_office = pl.col("office").is_not_null()
    return pl.concat(
        [
            _records(yearly.filter(~of_office), "pct_applications", "country", "country"),
            _records(yearly.filter(of_office), "pct_applications_regional_office", "region", "office"),
        ]
    )


def _leaves(table: pl.DataFrame) -> pl.DataFrame:
    """Rows of economies that contain no other, with ``name``, ``country`` (alpha-2) and ``office`` (ST.3)."""
    paths = table["path"].unique().to_list()
    parents = {path.rsplit(_STEP, 1)[0] for path in paths if _STEP in path}
    names = {path: _MARKUP.sub("", path.rsplit(_STEP, 1)[-1]).strip() for path in paths if path not in parents}
    kept = {path: name for path, name in names.items() if name not in SUM_LEAVES}
    leaves = table.filter(pl.col("path").is_in(list(kept))).with_columns(
        name=pl.col("path").replace_strict(kept, return_dtype=pl.String)
    )
    return leaves.with_columns(
        country=country_codes(leaves["name"]),
        office=pl.col("name").replace_strict(OFFICES, default=None, return_dtype=pl.String),
    )


def _check_world(table: pl.DataFrame, leaves: pl.DataFrame) -> None:
    world = table.filter(pl.col("path") == "World").select("year", world="amount")
    compared = leaves.group_by("year").agg(pl.col("amount").sum()).join(world, on="year", validate="1:1")
    off = compared.filter((pl.col("amount") - pl.col("world")).abs() > WORLD_TOLERANCE * pl.col("world"))
    if off.height:
        year, amount, total = off.select("year", "amount", "world").sort("year").row(0)
        raise UpstreamError(
            f"{FILE}: in {year} the economies add up to {amount:,.0f}, the table's world is {total:,.0f}:",
            "an economy is missing or counted twice; review SUM_LEAVES.",
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
